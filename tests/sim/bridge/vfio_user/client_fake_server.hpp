#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "sim/bridge/vfio_user/protocol.hpp"
#include "sim/bridge/vfio_user/stream.hpp"

namespace lmsim::tests {

using Bytes = std::vector<std::uint8_t>;

/// What a server sends back: none if `silent`.
struct FakeReply {
    std::uint32_t error = 0;
    Bytes payload;
    bool silent = false;
};

/// A server of an NVMe function without a process and without a socket: it answers while the client
/// still writes. A test puts its own answer in the place of any command's.
class FakeServer : public sim::vfio_user::Stream {
  public:
    using Answer = std::function<FakeReply(const Bytes& payload)>;

    /// `file`: there is something to poll, as a socket has.
    explicit FakeServer(bool file = false);

    std::ptrdiff_t read(std::uint8_t* to, std::size_t most, std::vector<sim::Fd>& fds,
                        Wait wait) override;
    bool write(const Part* parts, std::size_t count, const std::vector<int>& fds) override;
    int poll_fd() const override { return wake_.get(); }

    /// A message to the client, whatever it is.
    void send(const sim::vfio_user::Header& header, const Bytes& payload);
    /// Bytes to the client that need not be a message.
    void send_raw(const Bytes& bytes);

    std::map<sim::vfio_user::Command, Answer> answers;
    /// Called with every command before it is answered.
    std::function<void(const sim::vfio_user::Header&, const Bytes&)> sees;
    /// Called when a command of its own has been answered.
    std::function<void()> replied;
    /// So many commands are answered, then the server is gone.
    std::size_t lives_for = SIZE_MAX;
    /// At most so many bytes come with one read.
    std::size_t at_once = SIZE_MAX;

    Bytes config;                                      // PCI configuration space
    std::map<std::uint64_t, std::uint64_t> registers;  // BAR 0
    std::vector<sim::Fd> eventfds;                     // of SET_IRQS, as they came
    std::vector<sim::vfio_user::Command> log;
    std::vector<std::size_t> fd_counts;                             // of each command
    std::vector<std::pair<sim::vfio_user::Header, Bytes>> replies;  // to commands of its own
    std::string version_data;

  private:
    void take(const sim::vfio_user::Header& header, const Bytes& payload);
    FakeReply answer(sim::vfio_user::Command command, const Bytes& payload);
    FakeReply read_region(const Bytes& payload);
    FakeReply write_region(const Bytes& payload);

    void wake();

    sim::Fd wake_;
    Bytes in_;   // from the client, not yet a message
    Bytes out_;  // to the client
    std::vector<sim::Fd> fds_;
    std::size_t given_ = 0;
    bool gone_ = false;
};

/// A payload of little-endian dwords, and of quadwords.
Bytes dwords(std::initializer_list<std::uint32_t> values);
Bytes quads(std::initializer_list<std::uint64_t> values);
Bytes operator+(Bytes a, const Bytes& b);

}  // namespace lmsim::tests
