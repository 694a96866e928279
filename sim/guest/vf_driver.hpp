#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "model/spec/rules.hpp"
#include "sim/bridge/command_port.hpp"
#include "sim/core/event_queue.hpp"

namespace lmsim::sim {

class Guest;

/// The guest's NVMe driver for one VF: brings the controller up the way Linux does
/// (nvme_reset_work(): enable, Identify, Number of Queues, namespaces, queues, AER). Its commands
/// go through a CommandPort.
class alignas(64) VfDriver : public PortClient {
  public:
    VfDriver(Guest& guest, DevicePort& port, std::uint16_t index, std::uint16_t pairs,
             std::uint32_t entries, std::uint32_t cq_entries, std::uint64_t largest_transfer);

    void boot();
    void poll();  // looks at CSTS.RDY
    void poll_again(std::uint64_t of_try);
    /// New completions of the admin queue.
    void admin_interrupt();
    void move(DevicePort& port);

    std::uint16_t pairs() const { return commands_.pairs(); }
    std::uint64_t largest_transfer() const { return largest_transfer_; }
    /// NSID of its n-th namespace, from 0 on; after the boot, which finds them.
    std::uint32_t nsid(std::size_t n) const { return nsids_[n]; }
    /// The boot fails if it does not find as many.
    void need_namespaces(std::size_t count) { needed_ = std::max(needed_, count); }
    /// See Guest. `block`: bytes of a logical block.
    void expect_namespaces(std::vector<std::uint64_t> bytes, std::uint64_t block) {
        expected_ = std::move(bytes);
        block_ = block;
    }
    /// What the boot failed at; empty if it did not.
    const std::string& trouble() const { return trouble_; }
    CommandPort& commands() { return commands_; }

    /// Disables the controller, or shuts it down first, and brings it up anew.
    void recover(Ps at, bool shutdown);
    bool recovering() const { return recovery_ != Recovery::None; }
    Ps recovering_since() const { return since_; }
    /// How many time-outs a recovery may take: twice as many as the one before it that failed.
    /// (Linux waits for CAP.TO, then a minute for each command.)
    Ps patience() const { return patience_; }
    /// Since the driver has its queues; 0: since the boot.
    Ps worked_since() const { return recovering() ? 0 : since_; }
    /// The vCPUs go on: so does what they were at.
    void resumed();

    bool handler_pending(std::uint16_t queue) const { return queues_[queue].handler_pending; }
    void set_handler_pending(std::uint16_t queue, bool pending) {
        queues_[queue].handler_pending = pending;
    }
    /// I/Os that found the ring full, oldest first.
    std::vector<std::uint64_t>& backlog(std::uint16_t queue) { return queues_[queue].backlog; }

    void interrupt(std::uint32_t vector) override;
    void read_done(std::uint64_t token, std::uint64_t value) override;

  private:
    struct Queue {
        std::vector<std::uint64_t> backlog;
        bool handler_pending = false;
    };

    enum class Recovery : std::uint8_t { None, ShuttingDown, Disabling, Enabling };

    void next_admin();
    void disabled(std::uint64_t csts);
    void begin_anew();
    bool find_namespaces();
    wire::Sqe boot_command(std::uint32_t step) const;
    wire::Sqe identify(spec::Id cns, std::uint32_t nsid = 0) const;
    std::uint32_t first_queue_step() const;
    bool take(std::uint32_t step, const wire::Cqe& cqe);
    bool grants(std::uint32_t step, const wire::Cqe& cqe);
    bool fits(std::size_t n);
    std::string name_of(std::uint32_t step) const;

    Guest& guest_;
    CommandPort commands_;
    std::uint64_t largest_transfer_;
    std::uint16_t index_;
    std::vector<Queue> queues_;
    std::uint64_t identify_buffer_ = 0;
    spec::Rules rules_;  // the guest's driver knows the ratified standard only
    std::uint32_t boot_step_ = 0;
    std::vector<std::uint32_t> nsids_;
    std::size_t needed_ = 1;               // of these
    std::vector<std::uint64_t> expected_;  // bytes of each; empty: the device is as expected
    std::uint64_t block_ = 0;
    std::string trouble_;
    bool ready_ = false;
    Recovery recovery_ = Recovery::None;
    Ps since_ = 0;  // of the recovery, or its end
    Ps patience_ = 1;
    std::uint64_t try_ = 0;  // what answers to an earlier one does not count
    bool look_again_ = false;
};

}  // namespace lmsim::sim
