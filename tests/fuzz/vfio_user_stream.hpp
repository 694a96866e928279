#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "model/wire/bits.hpp"
#include "sim/bridge/vfio_user/protocol.hpp"
#include "sim/bridge/vfio_user/stream.hpp"
#include "tests/fuzz/vfio_user_random.hpp"

namespace lmsim::fuzz {

using Bytes = std::vector<std::uint8_t>;

/// A client's memory as it answers for it itself: mapped without a descriptor.
struct OwnMemory {
    std::uint64_t address = 0;
    Bytes bytes;
};

/// A client's end of a stream in memory. It takes note of what the server was told, answers DMA
/// messages, and checks everything that the server says.
class ClientStream : public sim::vfio_user::Stream {
  public:
    ClientStream(Choices& choices, OwnMemory& memory) : choices_(choices), memory_(memory) {}

    std::ptrdiff_t read(std::uint8_t* to, std::size_t most, std::vector<sim::Fd>& fds,
                        Wait wait) override;
    bool write(const Part* parts, std::size_t count, const std::vector<int>& fds) override;

    /// Who sends nothing more in the midst of a message has taken too long already.
    int limit_ms() const override { return pieces_.empty() ? -1 : 10'000; }

    /// Bytes that come in one piece, with their descriptors.
    void send(Bytes bytes, std::vector<sim::Fd> fds = {});
    /// Every read brings as few bytes as it likes.
    void drip() { drips_ = true; }
    /// Messages are not what they were made as: which memory there is nobody knows.
    void be_unsure() { unsure_ = true; }
    /// From now on every answer is right, and there is one.
    void be_honest() { honest_ = true; }

    /// Has everything been read, and has every command had its answer?
    bool settled() const { return pieces_.empty() && seen_.empty() && expected_.empty(); }
    /// Commands with an answer so far.
    std::uint64_t answers() const { return answers_; }

  private:
    struct Piece {
        Bytes bytes;
        std::vector<sim::Fd> fds;
        std::size_t at = 0;
    };
    /// A command that the server has read and has to answer.
    struct Expected {
        sim::vfio_user::Header header;
        std::size_t payload = 0;
        std::uint32_t count = 0;  // of an access to a region
        bool by_messages = false;
        Bytes map;
    };
    struct Mapped {
        std::uint64_t size = 0;
        std::uint32_t flags = 0;
    };

    void note(const std::uint8_t* bytes, std::size_t size, std::size_t fds);
    void take_note(const sim::vfio_user::Header& header, const std::uint8_t* payload,
                   std::size_t size);
    void check_reply(const sim::vfio_user::Header& header, const Bytes& payload);
    void check_payload(const Expected& expected, const Bytes& payload);
    void learn(const Expected& expected);
    void check_dma(const sim::vfio_user::Header& header, const Bytes& payload);
    bool may(std::uint64_t address, std::uint64_t count, std::uint32_t flag) const;
    void answer(const sim::vfio_user::Header& header, Bytes payload);

    Choices& choices_;
    OwnMemory& memory_;
    std::deque<Piece> pieces_;
    bool drips_ = false;
    bool honest_ = false;
    bool broken_ = false;  // what was sent is no message any more
    Bytes seen_;           // by the server, and not a whole message yet
    std::size_t seen_fds_ = 0;
    std::deque<Expected> expected_;
    std::map<std::uint64_t, Mapped> by_messages_;
    bool unsure_ = false;  // maps without a reply: what there is nobody knows
    std::uint64_t answers_ = 0;
};

/// Little-endian numbers, one behind the other.
template <class... T>
Bytes fields(T... values) {
    Bytes bytes;
    const auto add = [&bytes](auto value) {
        bytes.resize(bytes.size() + sizeof value);
        wire::store_le(bytes.data() + bytes.size() - sizeof value, value);
    };
    (add(values), ...);
    return bytes;
}

/// A message of a client.
Bytes message(sim::vfio_user::Command command, std::uint16_t id, const Bytes& payload,
              std::uint32_t flags = sim::vfio_user::type_command);

}  // namespace lmsim::fuzz
