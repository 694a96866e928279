#pragma once

#include <cstdint>
#include <vector>

#include "model/spec/rules.hpp"
#include "sim/bridge/queue_pair.hpp"

namespace lmsim::sim {

class Guest;

/// What an outstanding command of an I/O queue belongs to.
struct CommandOwner {
    std::uint32_t job = 0;
    std::uint32_t slot = 0;
    bool used = false;
};

/// The guest's NVMe driver for one VF: brings the controller up the way Linux does (nvme_reset_work():
/// enable, Identify, Number of Queues, queues, AER) and keeps the CIDs of its I/O queues.
class VfDriver : public PortClient {
  public:
    VfDriver(Guest& guest, DevicePort& port, std::uint16_t index, std::uint16_t pairs,
             std::uint32_t entries, std::uint64_t largest_transfer);

    void boot();
    void poll();  // looks at CSTS.RDY
    /// New completions of the admin queue.
    void admin_interrupt();
    void move(DevicePort& port);

    std::uint16_t pairs() const { return static_cast<std::uint16_t>(queues_.size() - 1); }
    std::uint64_t largest_transfer() const { return largest_transfer_; }
    QueuePair& queue(std::uint16_t id) { return queues_[id].pair; }

    /// A CID of the queue for this owner; there is one free whenever the ring has room.
    std::uint16_t take_cid(std::uint16_t queue, std::uint32_t job, std::uint32_t slot);
    /// Whose it is, and gives it back; `used` is false for a CID that nobody waits for.
    CommandOwner release_cid(std::uint16_t queue, std::uint16_t cid);

    bool handler_pending(std::uint16_t queue) const { return queues_[queue].handler_pending; }
    void set_handler_pending(std::uint16_t queue, bool pending) {
        queues_[queue].handler_pending = pending;
    }
    std::vector<std::uint64_t>& backlog(std::uint16_t queue) { return queues_[queue].backlog; }
    std::uint64_t aers_outstanding() const { return aers_; }

    void interrupt(std::uint32_t vector) override;
    void read_done(std::uint64_t token, std::uint64_t value) override;

  private:
    struct Queue {
        QueuePair pair;
        std::vector<CommandOwner> owners;
        std::vector<std::uint16_t> free;
        std::vector<std::uint64_t> backlog;  // I/Os that found the ring full
        bool handler_pending = false;
    };

    void next_admin();
    void submit_admin(wire::Sqe sqe);

    Guest& guest_;
    DevicePort* port_;
    spec::Rules rules_;  // the guest's driver knows the ratified standard only
    std::uint16_t index_;
    std::uint64_t largest_transfer_;
    std::uint64_t identify_buffer_ = 0;
    std::vector<Queue> queues_;
    std::uint32_t boot_step_ = 0;
    std::uint64_t aers_ = 0;
    bool ready_ = false;
};

}  // namespace lmsim::sim
