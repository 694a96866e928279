#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/bridge/device_port.hpp"
#include "sim/bridge/pace.hpp"
#include "sim/bridge/vfio_user/channel.hpp"
#include "sim/bridge/vfio_user/dma_map.hpp"
#include "sim/bridge/vfio_user/irqs.hpp"
#include "sim/bridge/vfio_user/migration.hpp"
#include "sim/bridge/vfio_user/pci_config.hpp"

namespace lmsim::sim::vfio_user {

/// The server's side of vfio-user for one function behind a DevicePort: one client at a time,
/// whose end leaves the function as it is. Its DmaMap is the memory that the function reaches.
class Endpoint : private PortClient, private DmaMessages {
  public:
    /// What the people who run it should know, a line each.
    using Say = std::function<void(const std::string&)>;

    Endpoint(DevicePort& port, DmaMap& dma, Pace& pace, std::uint16_t vectors, Say say);
    ~Endpoint() override;

    /// Offers the features of migration; nullptr: none.
    void set_migration(Migration* migration) { migration_ = migration; }

    /// A client begins to talk. The stream stays the caller's.
    void connect(Stream& stream);
    bool connected() const { return channel_ != nullptr; }
    /// Handles what the client has sent; with Wait::Block the next message is waited for. False if
    /// nothing was there. A client that is gone or breaks the protocol is disconnected.
    bool serve(Stream::Wait wait);
    /// Forgets the client: its memory and its eventfds.
    void disconnect();

    /// Messages handled since the beginning.
    std::uint64_t messages() const { return messages_; }

  private:
    using Bytes = std::vector<std::uint8_t>;

    // PortClient
    void interrupt(std::uint32_t vector) override { irqs_.trigger(msix_irq, vector); }
    void read_done(std::uint64_t token, std::uint64_t value) override;
    // DmaMessages
    bool dma_read(std::uint64_t address, std::uint8_t* to, std::uint32_t length) override;
    bool dma_write(std::uint64_t address, const std::uint8_t* from, std::uint32_t length) override;

    bool stalls();
    void handle(Message& message);
    void lose(const std::string& why);
    /// 0 or an errno; what is answered is in reply_.
    int perform(Message& message);
    int version(const Bytes& payload);
    bool agree(const Bytes& payload, std::string& ours);
    int dma_map(Message& message);
    int dma_unmap(const Bytes& payload);
    int device_info(const Bytes& payload);
    int region_info(const Bytes& payload);
    int irq_info(const Bytes& payload);
    int region_read(const Bytes& payload);
    int region_write(const Bytes& payload);
    int write_multi(const Bytes& payload);
    int migration_read(const Bytes& payload);
    int migration_write(const Bytes& payload);
    int reset();

    int read_region(std::uint32_t region, std::uint64_t offset, std::uint8_t* to,
                    std::uint32_t count);
    int write_region(std::uint32_t region, std::uint64_t offset, const std::uint8_t* from,
                     std::uint32_t count);
    void write_config(std::uint32_t offset, const std::uint8_t* from, std::uint32_t count);
    void read_bar(std::uint64_t offset, std::uint8_t* to, std::uint32_t count);
    void write_bar(std::uint64_t offset, const std::uint8_t* from, std::uint32_t count);
    bool ask_dma(Command command, std::uint64_t address, std::uint32_t length,
                 const std::uint8_t* data, Message& reply);
    bool exchange(Header header, const std::uint8_t* payload, std::size_t size,
                  const std::uint8_t* data, std::size_t data_size, Message& reply);
    bool await_reply(Command command, Message& reply);
    bool keep_waiting(Message&& message);
    class Deadline;

    DevicePort& port_;
    DmaMap& dma_;
    Pace& pace_;
    Say say_;
    Migration* migration_ = nullptr;
    PciConfig config_;
    Irqs irqs_;
    Bytes msix_table_;  // as the client wrote it: its interrupts are eventfds
    std::unique_ptr<Channel> channel_;
    std::deque<Message> waiting_;  // came while an answer was waited for
    std::size_t waiting_bytes_ = 0;
    std::size_t waiting_fds_ = 0;
    Message message_;
    std::optional<std::chrono::steady_clock::time_point> part_since_;
    Bytes reply_;
    bool agreed_ = false;  // VERSION is done
    bool lost_ = false;
    bool told_messages_ = false;
    bool told_blank_ = false;
    std::uint32_t peer_transfer_ = max_data_transfer;
    std::uint16_t next_id_ = 0;
    std::optional<std::uint64_t> answer_;
    std::uint64_t messages_ = 0;
};

}  // namespace lmsim::sim::vfio_user
