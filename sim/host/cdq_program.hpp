#pragma once

#include <map>
#include <vector>

#include "model/host/cdq_ioctl.hpp"
#include "model/wire/cdq.hpp"
#include "sim/core/kernel.hpp"
#include "sim/host/admin_queue.hpp"

namespace lmsim::sim {

/// What the interface costs a program, in picoseconds.
struct CdqProgramTiming {
    Ps ioctl = 0;
    Ps pin = 0;   // of each page of a ring
    Ps wake = 0;  // from the signal of an eventfd until the program runs
    host::CdqAbi abi = host::CdqAbi::Lp64;
    bool in_kernel = false;  // rings are the kernel's, and the program read()s entries
};

/// Does an LP64 kernel take the argument that a program of this kind has written? It must know the
/// number, in which the size of the argument is; the ring begins a page and is not too large.
bool kernel_takes(const host::CdqIoctl& argument, host::CdqAbi abi, const spec::Rules& rules);

/// A program that has Controller Data Queues by ioctl(), and the kernel's side of that (HO-CIO-01):
/// it pins rings, keeps a table of queues by CDQID, and signals a queue's eventfd at a one-shot
/// event. All other commands of the program are passthrough. One thread: calls wait for their turn.
/// Where the kernel has the rings, it moves heads and arms triggers by itself, in read().
class CdqProgram : public Component, public AdminQueue {
  public:
    CdqProgram(sc_core::sc_module_name name, Kernel& kernel, const CdqProgramTiming& timing,
               AdminQueue& admin, const spec::Rules& rules);

    void submit(const wire::Sqe& sqe, AdminDone done) override;

    /// A one-shot event has reached the kernel; `woken` is called once the program runs, if the
    /// queue is in the table.
    void event(const wire::AerResult& event, std::function<void(const wire::AerResult&)> woken);

    /// The controller was reset: its queues are gone, and what was pinned for them is free.
    void reset() { table_.clear(); }

    std::size_t queues() const { return table_.size(); }
    std::uint64_t pinned_pages() const;
    std::uint64_t most_pinned_pages() const { return most_pinned_; }
    std::uint64_t queue_calls() const { return queue_calls_; }
    std::uint64_t passthrough_calls() const { return calls_ - queue_calls_; }
    std::uint64_t events() const { return events_; }
    std::uint64_t refused() const { return refused_; }

    void handle(const Event& event) override;

  private:
    enum class Kind : std::uint32_t { Call, Wake };
    struct Call {
        wire::Sqe sqe;
        AdminDone done;
        std::uint64_t pages = 0;  // that the call pins
        bool refused = false;     // the kernel itself says no
    };
    struct Woken {
        wire::AerResult event;
        std::function<void(const wire::AerResult&)> woken;
    };

    void forward(Call call);
    void answered(const wire::ControllerDataQueue& command, std::uint64_t pages,
                  const AdminAnswer& answer);

    CdqProgramTiming timing_;
    AdminQueue& admin_;
    spec::Rules rules_;
    LaneId lane_;
    Ps busy_ = 0;
    std::map<std::uint16_t, std::uint64_t> table_;  // CDQID to pinned pages
    std::vector<Call> waiting_;                     // in the order of their turns
    std::vector<Woken> woken_;
    std::uint64_t calls_ = 0;
    std::uint64_t queue_calls_ = 0;
    std::uint64_t events_ = 0;
    std::uint64_t most_pinned_ = 0;
    std::uint64_t refused_ = 0;
};

}  // namespace lmsim::sim
