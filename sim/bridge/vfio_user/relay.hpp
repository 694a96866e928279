#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "model/vfio/uapi.hpp"
#include "sim/bridge/vfio_user/channel.hpp"
#include "sim/bridge/vfio_user/pci_config.hpp"
#include "sim/bridge/vfio_user/socket_stream.hpp"
#include "sim/core/result.hpp"

namespace lmsim::sim::vfio_user {

/// Stands between a VMM and the server of its function, and can put another server in its place
/// while the guest goes on: what a VMM does that migrates a function, for those that cannot. The
/// other server gets the same memory, the same eventfds and the state of the function.
class Relay {
  public:
    /// Takes the VMM's side and the first server's.
    void begin(std::unique_ptr<Stream> vmm, std::unique_ptr<Stream> server);
    /// Passes on what has come, in either direction. False if there was nothing.
    bool pass();
    /// A side is gone: which, in words.
    const std::string& ended() const { return ended_; }
    /// What a poll() looks at.
    int vmm_fd() const { return vmm_.stream->poll_fd(); }
    int server_fd() const { return server_.stream->poll_fd(); }

    /// What a move has been.
    struct Moved {
        std::uint64_t state_bytes = 0;
        std::uint64_t mappings = 0;
    };
    /// Holds the VMM's commands, stops the function, carries its state to the other server and lets
    /// it run there. On an error in words the function runs on where it was, unless the sentence
    /// says otherwise.
    Result<Moved> move(std::unique_ptr<Stream> other);

  private:
    struct Side {
        std::unique_ptr<Stream> stream;
        std::unique_ptr<Channel> channel;
    };
    using Bytes = std::vector<std::uint8_t>;

    static Side side(std::unique_ptr<Stream> stream);
    bool pass_command(Message& message);
    bool pass_answer(Message& message);
    void answer(Message& message);
    void end(const std::string& why);
    void keep(Message& request);
    void keep_map(Message& request);
    std::shared_ptr<Fd> share(Fd fd);
    std::string cannot_move() const;
    void forget_maps(const Message& request);
    void keep_irqs(Message& request);
    void keep_config(const Message& request);
    std::string drain();

    // The relay's own commands.
    static std::string call(Side& to, Command command, const Bytes& payload, Message& reply,
                            const std::vector<int>& fds = {});
    static std::string set_state(Side& at, vfio::MigState state);
    std::string replay(Side& to);
    static Result<Bytes> read_state(Side& from);
    static std::string write_state(Side& to, const Bytes& state);

    Side vmm_;
    Side server_;
    Message message_;
    std::string ended_;
    // Commands of the VMM whose answers are missing.
    struct Asked {
        Message message;
        bool wants_reply = true;
    };
    std::deque<Asked> outstanding_;

    // What the VMM has told the server, to be told to the next one.
    struct Kept {
        Bytes payload;
        std::shared_ptr<Fd> file;  // none: by messages
    };
    Bytes version_;
    std::map<std::uint64_t, Kept> maps_;  // by address
    // One descriptor for each file and way to open it: behind a vIOMMU thousands of mappings come.
    using FileKey = std::tuple<std::uint64_t, std::uint64_t, int>;  // device, inode, O_ACCMODE
    std::map<FileKey, std::weak_ptr<Fd>> files_;
    struct Line {
        std::uint32_t index = 0;
        std::uint32_t start = 0;
        bool operator<(const Line& other) const {
            return index != other.index ? index < other.index : start < other.start;
        }
    };
    std::map<Line, Fd> irqs_;
    std::array<std::uint8_t, PciConfig::size> config_{};
    std::array<bool, PciConfig::size> config_written_{};
};

}  // namespace lmsim::sim::vfio_user
