#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/bridge/command_port.hpp"
#include "sim/core/kernel.hpp"
#include "sim/core/ring.hpp"
#include "sim/fault/faults.hpp"
#include "sim/guest/fio/source.hpp"
#include "sim/guest/page_writer.hpp"
#include "sim/guest/vf_driver.hpp"
#include "sim/pin/pins.hpp"

namespace lmsim::sim {

/// Times of the guest's CPUs, in picoseconds.
struct GuestTiming {
    std::uint32_t vcpus = 1;
    Ps irq_latency = 0;
    Ps submit_cost = 0;
    Ps complete_cost = 0;
    Ps ready_poll = 0;  // between two looks at CSTS.RDY
    std::uint64_t block_size = 512;
    Ps writes_end = 0;  // of the page writer, after the drivers are up; 0: never
};

/// One I/O of the guest from doorbell to handler.
struct IoRecord {
    Ps submitted;
    Ps completed;
    std::uint64_t offset;
    std::uint64_t length;
    std::uint16_t vf;
    std::uint16_t queue;
    std::uint16_t status;
    fio::Op op;
};

/// Who measures the guest. Nothing depends on an answer.
class GuestObserver {
  public:
    virtual ~GuestObserver() = default;
    virtual void io_submitted(Ps at) = 0;
    virtual void io_completed(const IoRecord& io) = 0;
    /// One command of an I/O, from its doorbell on.
    virtual void command_submitted(Ps at, std::uint16_t vf, std::uint16_t queue,
                                   const wire::Sqe& sqe, std::uint64_t length) = 0;
    virtual void command_completed(Ps at, std::uint16_t vf, std::uint16_t queue,
                                   const wire::Cqe& cqe) = 0;
    virtual void duplicate_completion(Ps at, std::uint16_t vf, std::uint16_t queue) = 0;
    /// The driver has reset the controller: commands under way are submitted again.
    virtual void commands_abandoned(Ps /*at*/, std::uint16_t /*vf*/) {}
};

/// Pages that the guest's I/O writes in the same way.
struct IoPages {
    std::vector<std::uint64_t> pages;
    std::uint64_t writes_per_visit = 1;  // of a ring, which fills a page before it goes on

    bool is_ring() const { return writes_per_visit != 1; }
};

/// The VM: vCPUs that submit and complete I/O and write memory, one NVMe driver for each VF. It
/// lives on one host at a time; the migration pauses it, moves its ports and resumes it.
class Guest : public Component {
  public:
    Guest(sc_core::sc_module_name name, Kernel& kernel, const GuestTiming& timing, Memory& memory,
          PageWriter writer);
    ~Guest() override;

    /// The VM's next device, with `pairs` I/O queue pairs; completion queues have `cq_entries` (0:
    /// as many as submission queues).
    void add_vf(DevicePort& port, std::uint16_t pairs, std::uint32_t entries,
                std::uint64_t largest_transfer, std::uint32_t cq_entries = 0);
    /// I/O of one job on a VF, from `start` after the boot on, with the VF's n-th namespace. The
    /// source must outlive the guest.
    void add_source(std::uint16_t vf, fio::IoSource& source, Ps start, std::uint16_t n = 0);
    /// Once all VFs and sources are there: gives every I/O its buffer.
    void lay_out();
    /// The device may be another one than was expected: the drivers look at what it grants and how
    /// large its namespaces are, each with so many bytes at least, before they come up.
    void expect_namespaces(const std::vector<std::uint64_t>& bytes);

    /// Brings up all drivers; calls `ready` when the last one is done.
    void boot(std::function<void()> ready);
    void start_workload();
    /// No new I/O; what is outstanding goes on.
    void stop_workload() { draining_ = true; }

    void pause();
    void resume();
    bool paused() const { return paused_; }
    /// From now on each vCPU sleeps this percentage of the time (0 to 99), 10 ms at work in
    /// between: its writes and its I/O wait.
    void throttle(std::uint8_t percent);
    /// From now on the VF is the one behind this port; while the vCPUs stand still.
    void move_vf(std::uint16_t vf, DevicePort& port);
    /// From now on the VM's memory is this host's; while the vCPUs stand still.
    void move_memory(Memory& memory);

    /// Lets the vCPUs' writes up to now happen.
    void catch_up() { writer_.catch_up(*memory_, now()); }
    /// The same; somebody is about to take the log of writes over.
    void before_sync() {
        catch_up();
        if (on_sync_) {
            on_sync_();
        }
    }
    void on_sync(std::function<void()> told) { on_sync_ = std::move(told); }

    /// No new I/O until thaw(), as if none were due; what is under way completes.
    void freeze();
    /// I/O goes on where freeze() left it: no source has seen the time in between. The guest's
    /// clock has just been set back by `held`.
    void thaw(Ps held = 0);
    bool frozen() const { return frozen_; }
    /// Until when all jobs go on as they do now; not after now if one does not.
    Ps steady_until() const;
    /// While it is on, the vCPUs write no memory but what their I/O writes.
    void hold_writes(bool on);
    /// The pages that I/O writes: rings, and a page of each buffer of a job.
    std::vector<IoPages> io_pages() const;
    const Memory& memory() const { return *memory_; }
    Memory& memory() { return *memory_; }

    /// Something goes wrong in this run: drivers look for what is missing after `timeout`, and
    /// recover as Linux does (nvme_timeout()).
    void set_faults(Faults* faults, Ps timeout);
    /// The driver of the VF resets its controller, or shuts it down first. False if it is at that.
    bool reset_vf(std::uint16_t vf, bool shutdown);
    /// Is every driver at work?
    bool recovering() const;

    void set_pins(Pins* pins) { pins_ = pins; }
    /// The VF was reset behind the guest's back: it uses it no more.
    void give_up(std::uint16_t vf);

    void set_observer(GuestObserver* observer) { observer_ = observer; }
    std::uint64_t outstanding() const { return outstanding_; }
    /// Calls visit(time of submission) for every I/O whose doorbell rang and that is not complete.
    template <class Visit>
    void for_each_outstanding(Visit&& visit) const {
        for (const Job& job : jobs_) {
            for (const IoSlot& slot : job.slots) {
                if (slot.sent != 0 || slot.commands != 0) {
                    visit(slot.submitted);
                }
            }
        }
    }
    bool workload_finished() const;
    bool failed_to_boot() const { return boot_failed_; }
    /// What a driver failed at; empty if none did.
    std::string boot_trouble() const;

    void handle(const Event& event) override;

  private:
    friend class VfDriver;

    enum class Kind : std::uint32_t { Interrupt, Submit, Wake, Poll, Watch };

    struct Buffer {
        std::uint64_t address = 0;
        std::uint64_t list = 0;
    };
    struct alignas(64) IoSlot {
        fio::Io io;
        Ps submitted = 0;
        std::uint64_t sent = 0;      // bytes in commands that were submitted
        std::uint32_t commands = 0;  // of this I/O, outstanding
        std::uint16_t status = 0;
        bool under_way = false;
        Buffer buffer;
    };
    struct Vcpu;
    struct alignas(64) Job {
        fio::IoSource* source = nullptr;
        VfDriver* driver = nullptr;  // of the VF
        Vcpu* vcpu = nullptr;        // that submits its I/O
        std::uint16_t vf = 0;
        std::uint16_t queue = 0;
        std::uint16_t ns = 0;    // number of the VF's namespace
        std::uint32_t nsid = 0;  // of that one, once its driver is up
        bool given_up = false;
        bool waiting = false;  // a wake-up is on its way
        std::vector<IoSlot> slots;
        std::vector<std::uint32_t> free;
        std::optional<fio::Planned> planned;
        Ps start = 0;
    };
    struct Vcpu {
        LaneId lane = 0;
        Ps busy = 0;
        Ring<Event> deferred;  // what came while it stood still
    };

    Vcpu& vcpu_of(std::uint16_t vf, std::uint16_t queue);
    void work(Vcpu& vcpu, Ps earliest, Ps cost, Kind kind, std::uint32_t a, std::uint64_t b);
    Ps awake_at(Ps when) const;
    void pump(std::uint32_t job);
    void submit_io(std::uint32_t job, std::uint32_t slot);
    void interrupt(std::uint16_t vf, std::uint32_t vector);
    void run_handler(std::uint16_t vf, std::uint16_t queue);
    void command_completed(std::uint16_t vf, std::uint16_t queue, std::uint64_t owner,
                           const wire::Cqe& cqe);
    void vf_ready(bool ok);
    /// The driver of the VF is up, for the first time or again: it knows its namespaces.
    void learn_namespaces(std::uint16_t vf);
    bool stops(const Event& event);
    void watch_commands();
    void watch_vf(std::uint16_t vf);
    void abandon(std::uint16_t vf);
    void submit_again(std::uint16_t vf);

    GuestTiming timing_;
    Memory* memory_;
    PageWriter writer_;
    GuestObserver* observer_ = nullptr;
    Pins* pins_ = nullptr;
    std::vector<std::unique_ptr<VfDriver>> vfs_;
    std::vector<Job> jobs_;
    std::vector<Vcpu> vcpus_;
    std::vector<std::uint16_t> next_queue_;  // per VF: where the next job goes
    std::vector<std::uint32_t>
        first_vcpu_;  // per VF: that of its first queue, if there were so many
    std::function<void()> ready_;
    std::vector<std::uint32_t> completed_jobs_;  // of the handler that runs
    std::size_t booting_ = 0;
    std::uint64_t outstanding_ = 0;
    Ps workload_began_ = 0;
    Ps throttled_since_ = 0;
    Ps sleep_ = 0;  // of each vCPU, before each 10 ms at work
    bool boot_failed_ = false;
    bool paused_ = false;
    bool draining_ = false;
    bool frozen_ = false;
    Ps frozen_since_ = 0;
    std::function<void()> on_sync_;
    Faults* faults_ = nullptr;
    Ps timeout_ = 0;
    Ps resumed_at_ = 0;  // the guest's timers stand still with it
};

}  // namespace lmsim::sim
