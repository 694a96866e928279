#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sim/bridge/device_port.hpp"
#include "sim/bridge/vfio_user/client_memory.hpp"
#include "sim/bridge/vfio_user/client_pci.hpp"

namespace lmsim::sim::vfio_user {

/// A function that somebody serves with vfio-user, in real time: what it sends is delivered by
/// poll(). A connection that breaks leaves reads unanswered and drops writes; error() says why.
class ClientPort : public DevicePort {
  public:
    /// How the server reaches memory.
    enum class Share : std::uint8_t { Descriptor, Messages };
    /// What becomes of a register write. Awaited: the server's answer is waited for. Pipelined: it
    /// is taken later. Unanswered: no answer is asked for (No_reply).
    enum class Writes : std::uint8_t { Awaited, Pipelined, Unanswered };

    /// How a client shares its memory and sends its writes.
    struct Options {
        Share share = Share::Descriptor;
        // By messages, a server may take a command for the answer to its own: let it answer first.
        Writes writes = Writes::Pipelined;
        int limit_ms = 10'000;  // for any answer
    };

    /// Connects to the server at `path`, maps the memory, which outlives the port, and switches
    /// memory space and bus master on.
    static Result<std::unique_ptr<ClientPort>> open(const std::string& path, SharedMemory& memory,
                                                    const Options& options);
    /// The same over a stream; `name` stands in front of messages.
    static Result<std::unique_ptr<ClientPort>> open(std::unique_ptr<Stream> stream,
                                                    const std::string& name, SharedMemory& memory,
                                                    const Options& options);
    ClientPort(const ClientPort&) = delete;
    ClientPort& operator=(const ClientPort&) = delete;
    ~ClientPort() override;

    void write(std::uint64_t offset, std::uint64_t value, unsigned size) override;
    void read(std::uint64_t offset, unsigned size, std::uint64_t token) override;
    void reset(std::function<void()> done) override;
    void enable_interrupts(bool on) override;
    void set_client(PortClient* client) override { client_ = client; }
    Memory& memory() override { return memory_.memory(); }

    /// Delivers what has come; if there is nothing, looks briefly and then sleeps for at most
    /// `timeout_ms`. Returns whether anything came.
    bool poll(int timeout_ms);
    /// Readable when poll() has something to do; -1 over a stream that is no file.
    int poll_fd() const { return events_.get(); }

    /// Why the connection is of no use any more; empty as long as it is.
    const std::string& error() const { return client_side_->error(); }
    /// The last access that the server refused, if any: reads have then all bits set.
    const std::string& refused() const { return refused_; }
    Client& client() { return *client_side_; }
    const PciFunction& function() const { return function_; }

  private:
    ClientPort(std::unique_ptr<Client> client, SharedMemory& memory, const Options& options)
        : client_side_(std::move(client)), memory_(memory), options_(options) {}

    std::string set_up();
    std::string make_events();
    bool make_eventfds();
    bool look();
    bool take_interrupts(int timeout_ms);
    void deliver();

    struct Read {
        std::uint64_t token = 0;
        std::uint64_t value = 0;
    };

    std::unique_ptr<Client> client_side_;
    SharedMemory& memory_;
    Options options_;
    PciFunction function_;
    std::uint32_t vectors_ = 0;
    PortClient* client_ = nullptr;
    Fd events_;  // epoll: the socket and eventfds
    std::vector<Fd> eventfds_;
    std::vector<Read> reads_;  // answered, not delivered
    std::vector<std::uint32_t> interrupts_;
    std::function<void()> reset_done_;
    bool was_reset_ = false;
    bool interrupts_on_ = false;
    std::string refused_;
};

}  // namespace lmsim::sim::vfio_user
