#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sim/bridge/vfio_user/channel.hpp"
#include "sim/core/result.hpp"

namespace lmsim::sim::vfio_user {

/// What the other side said in VERSION; the defaults are those of a side that says nothing.
struct Capabilities {
    std::uint32_t max_message_fds = 1;
    std::uint32_t max_data_transfer = vfio_user::max_data_transfer;
};

/// Reads the version data of a VERSION message, with or without the NUL at its end. In words what
/// is wrong with it; a capability that is not known is none of ours.
std::string parse_capabilities(const std::uint8_t* bytes, std::size_t size, Capabilities& to);

/// What DEVICE_GET_INFO answers.
struct DeviceInfo {
    std::uint32_t flags = 0;  // device_reset, device_pci
    std::uint32_t regions = 0;
    std::uint32_t irqs = 0;
};

/// What DEVICE_GET_REGION_INFO answers of a region.
struct RegionInfo {
    std::uint32_t flags = 0;
    std::uint64_t size = 0;
};

/// What DEVICE_GET_IRQ_INFO answers of a kind of interrupts.
struct IrqInfo {
    std::uint32_t flags = 0;
    std::uint32_t count = 0;
};

/// The client's side of the protocol: one connection to the server of one device. Commands are sent
/// at once; whoever calls waits, and the server's own commands (DMA by messages) are answered in
/// the meantime. A peer that breaks the protocol, dies or stalls is told once, in error(); from
/// then on everything fails with that sentence.
class Client {
  public:
    /// `name` stands in front of messages. `limit_ms`: how long an answer may take.
    Client(std::unique_ptr<Stream> stream, std::string name, int limit_ms);
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;
    ~Client();

    /// VERSION and DEVICE_GET_INFO. In words what is wrong.
    std::string open();

    const std::string& name() const { return name_; }
    const std::string& error() const { return error_; }
    const Capabilities& capabilities() const { return capabilities_; }
    const DeviceInfo& device() const { return device_; }
    int poll_fd() const { return stream_->poll_fd(); }

    Result<RegionInfo> region_info(std::uint32_t index);
    Result<IrqInfo> irq_info(std::uint32_t index);

    /// Any length; it is cut into pieces that the server takes.
    std::string read_region(std::uint32_t region, std::uint64_t offset, std::uint8_t* to,
                            std::size_t size);
    std::string write_region(std::uint32_t region, std::uint64_t offset, const std::uint8_t* from,
                             std::size_t size);

    /// The server reaches `bytes` at `address`: through `fd` from `offset` on, or by messages if
    /// that is -1 or the server takes no descriptors. The bytes outlive the mapping.
    std::string map(std::uint64_t address, std::uint8_t* bytes, std::uint64_t size, int fd,
                    std::uint64_t offset = 0);
    std::string unmap(std::uint64_t address, std::uint64_t size);

    /// An eventfd for each interrupt of the index from 0 on; none: the index is switched off.
    std::string set_irqs(std::uint32_t index, const std::vector<int>& eventfds);
    std::string reset();

    // Migration (features 1 and 2 of VFIO, and the stream): states are those of VFIO.
    Result<std::uint64_t> migration_flags();
    Result<std::uint32_t> migration_state();
    std::string set_migration_state(std::uint32_t state);
    /// At most `most` bytes; fewer: there are no more.
    Result<std::vector<std::uint8_t>> read_migration_data(std::uint32_t most);
    std::string write_migration_data(const std::uint8_t* bytes, std::size_t size);
    /// DEVICE_FEATURE as it is: `flags` of feature and method; returns what follows in the answer.
    Result<std::vector<std::uint8_t>> feature(std::uint32_t flags,
                                              const std::vector<std::uint8_t>& data,
                                              std::uint32_t room);

    /// The answer to a command that nobody waits for. Not called if the connection breaks.
    using Answer = std::function<void(const Message&)>;
    /// REGION_READ and REGION_WRITE of up to 8 bytes, DEVICE_RESET. An answer is a reply that fits,
    /// or one with flag_error.
    void send_read(std::uint32_t region, std::uint64_t offset, unsigned size, Answer answer);
    void send_write(std::uint32_t region, std::uint64_t offset, std::uint64_t value, unsigned size,
                    bool reply, Answer answer);
    void send_reset(Answer answer);
    /// While either waits for an answer, what the other's server wants is done, too: several
    /// functions may be served by one process, which waits for one at a time.
    void serve_together(Client& other);
    /// Until nothing that the others have sent is unanswered: between sockets there is no order.
    void settle_others();
    /// Has a message been read that pump() has not handled?
    bool has_message() const { return channel_.has_message(); }
    /// Commands whose answers are not here yet.
    std::size_t outstanding() const { return pending_.size(); }

    /// Handles one message that has come; false if there is none, or if the connection is broken.
    bool pump();
    /// All that have come.
    bool pump_all();
    /// Until at most `count` answers are missing.
    std::string settle(std::size_t count = 0);

    /// "EINVAL" of a reply, in words.
    static std::string refusal(const Message& reply);

  private:
    struct Pending {
        std::uint16_t id = 0;
        Command command = Command::VERSION;
        std::size_t least = 0;  // bytes of payload that the answer must have
        bool exact = false;
        Answer answer;
    };
    struct Request {
        explicit Request(Command kind, const std::uint8_t* fixed = nullptr, std::size_t length = 0,
                         const std::uint8_t* more = nullptr, std::size_t more_length = 0)
            : command(kind), payload(fixed), size(length), data(more), data_size(more_length) {}

        Command command;
        const std::uint8_t* payload;
        std::size_t size;
        const std::uint8_t* data;
        std::size_t data_size;
        std::vector<int> fds;
        std::size_t least = 0;  // bytes that the answer's payload must have
        bool exact = false;
    };
    struct Mapping {
        std::uint64_t address = 0;
        std::uint64_t size = 0;
        std::uint8_t* bytes = nullptr;
    };

    bool send(const Request& request, Answer answer);
    std::string ask_about(Command what, std::uint32_t index, std::uint32_t size, Message& reply);
    std::string call(const Request& request, Message& reply);
    std::string call(const Request& request);
    bool handle(Message& message);
    bool take_reply(const Message& message);
    bool serve(const Message& message);
    bool reply(const Header& to, std::uint32_t error, const std::uint8_t* payload = nullptr,
               std::size_t size = 0, const std::uint8_t* data = nullptr, std::size_t data_size = 0);
    bool wait(std::int64_t until_ms, const char* what);
    std::string negotiate();
    std::string fail(std::string what);

    std::unique_ptr<Stream> stream_;
    Channel channel_;
    std::string name_;
    int limit_ms_;
    std::string error_;
    Capabilities capabilities_;
    DeviceInfo device_;
    std::uint16_t next_id_ = 1;
    std::deque<Pending> pending_;
    Message incoming_;
    std::vector<Client*> others_;  // and this is one of theirs
    std::vector<Mapping> mappings_;
};

}  // namespace lmsim::sim::vfio_user
