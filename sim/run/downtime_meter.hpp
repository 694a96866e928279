#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "model/host/vfio_nvme.hpp"
#include "model/nvme/machines.hpp"
#include "sim/host/vmm_pair.hpp"
#include "sim/metrics/blackout.hpp"

namespace lmsim::sim {

/// Finds out whose time each moment of the blackout is. Each side says what it is at; until the
/// source has sent its last message its work is the critical path, from then on the destination's,
/// and where neither works the channel's.
class DowntimeMeter {
  public:
    /// Of so many devices, of which the first are NVMe VFs.
    explicit DowntimeMeter(std::uint16_t devices, std::uint16_t vfs = UINT16_MAX)
        : vfs_{std::vector<Vf>(devices), std::vector<Vf>(devices)}, nvme_vfs_(vfs) {}

    /// The user pauses the VM: it stands still from now on, whatever its VMM does.
    void paused_by_user(Ps at);
    void call_began(Ps at, VmmSide side, const Effect& call);
    void call_ended(Ps at, VmmSide side);
    /// The call at hand waits for the channel from now on.
    void sending(Ps at, VmmSide side);
    /// The device has done what the call asks; what is left of the call is the VMM's own work.
    void device_done(Ps at, VmmSide side);
    /// A call of a device's own thread, beside all others.
    void thread_call_began(Ps at, VmmSide side, const Effect& call);
    void thread_call_ended(Ps at, VmmSide side, std::uint16_t device);
    /// The migration fails: the source is the critical path again, whatever it had sent.
    void rolls_back(Ps at);
    void flow_step(Ps at, VmmSide side, std::uint16_t vf, host::FlowStep step);
    void controller_entered(Ps at, VmmSide side, std::uint16_t vf, nvme::Migration state);

    void controller_lives(Ps at, VmmSide side, std::uint16_t vf, bool ready);
    void interrupts_switched(Ps at, VmmSide side, std::uint16_t vf, bool on);
    /// Of a device of another kind: what it is at (`done`: nothing more), and whether it works.
    void device_is_at(Ps at, VmmSide side, std::uint16_t device, metrics::Part part, bool done);
    void device_works(Ps at, VmmSide side, std::uint16_t device, bool works, bool interrupts);
    /// The run is over; a blackout that goes on ends here, unended.
    void close(Ps at);

    /// What keeps a VF of the running VM from its work.
    struct Idle {
        std::uint16_t vf = 0;
        const char* why = "";
        metrics::Part part = metrics::Part::Resume;  // what the blackout waits for
    };
    /// After the vCPUs went on: the first VF that did not.
    std::optional<Idle> idle() const;

    const metrics::Blackout& blackout() const { return blackout_; }
    /// Whose time it is now; nothing outside the blackout.
    std::optional<metrics::Label> at_work() const {
        const bool on = blackout_.begun() && !blackout_.ended();
        return on ? std::optional(shown_) : std::nullopt;
    }
    bool vcpus_run() const { return vcpus_run_; }
    /// Where the VM is.
    VmmSide owner() const { return owner_; }

  private:
    struct Activity {
        bool on = false;
        metrics::Label call;   // of the call under way
        metrics::Label label;  // of what it is at
        Ps since = 0;
        host::vmm::Call what = host::vmm::Call::None;
        bool last_message = false;
    };

    struct Vf {
        bool operational = true;
        bool ready = false;
        bool interrupts = false;
    };

    void set(Ps at, Activity& activity, const metrics::Label& label);
    void update(Ps at);
    void end_if_all_work(Ps at);
    const Activity* critical(VmmSide side);
    Activity& of(VmmSide side, std::uint16_t device);
    Activity& of(VmmSide side) { return activity_[static_cast<std::size_t>(side)]; }

    metrics::Blackout blackout_;
    std::array<Activity, 2> activity_;
    std::array<std::vector<Activity>, 2> threads_;  // by side and device
    metrics::Label shown_;
    std::array<std::vector<Vf>, 2> vfs_;  // by side
    std::uint16_t nvme_vfs_;
    VmmSide owner_ = VmmSide::Source;
    bool stream_ended_ = false;
    bool alternates_ = false;  // both sides work in turn, each waits for the other
    bool vcpus_run_ = true;
};

}  // namespace lmsim::sim
