#pragma once

#include <deque>
#include <functional>

#include "sim/core/kernel.hpp"
#include "sim/host/admin_queue.hpp"

namespace lmsim::sim {

/// A VMM that sends admin commands by ioctl() (NVME_IOCTL_ADMIN_CMD): each is a call into the
/// kernel, which pins the pages of its buffer. One thread: calls wait for their turn. That it
/// sleeps until the completion costs what it costs a driver's thread.
class Passthrough : public Component, public AdminQueue {
  public:
    /// `ioctl`, and `pin` of each page, in picoseconds of the thread.
    Passthrough(sc_core::sc_module_name name, Kernel& kernel, Ps ioctl, Ps pin, AdminQueue& admin,
                const spec::Rules& rules);

    /// A call with a buffer of so many bytes; `then` is called in the kernel.
    void enter(std::uint64_t bytes, std::function<void()> then);
    void submit(const wire::Sqe& sqe, AdminDone done) override;

    std::uint64_t calls() const { return calls_; }
    std::uint64_t pinned_pages() const { return pinned_; }

    void handle(const Event& event) override;

  private:
    Ps ioctl_;
    Ps pin_;
    AdminQueue& admin_;
    spec::Rules rules_;
    LaneId lane_;
    Ps busy_ = 0;
    std::deque<std::function<void()>> entering_;  // in the order of their turns
    std::uint64_t calls_ = 0;
    std::uint64_t pinned_ = 0;
};

}  // namespace lmsim::sim
