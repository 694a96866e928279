#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sim/bridge/rig.hpp"
#include "sim/guest/guest.hpp"
#include "sim/host/host_driver.hpp"
#include "sim/run/vf_watch.hpp"

namespace lmsim::sim {

/// A side whose device is outside this process: its functions, and who watches them in the place of
/// a model. All VFs are those of one VM.
class RigSide final : public DriverObserver {
  public:
    /// The rig has the VFs, and a memory for them that is the VM's. `block`: bytes of a logical
    /// block.
    RigSide(Rig& rig, const Kernel& kernel, metrics::Side side, std::uint16_t vfs,
            std::uint64_t block, const spec::Rules& rules);

    Rig& rig() { return rig_; }
    DevicePort& pf() { return pf_; }
    DevicePort& vf(std::uint16_t vf) { return *vfs_[vf]; }
    /// All that is seen here is told to these. The driver is to be observed by this.
    void connect(DeviceObserver& device, DriverObserver& driver, RunMonitor* monitor);
    /// Whose state the VFs of this side get.
    void follow(const RigSide* source) { source_ = source; }

    /// What has come is handed out; false if that was nothing.
    bool poll();
    /// Tells of a VF's completions that nobody has been told of.
    void look(std::uint16_t vf) { vfs_[vf]->look(); }
    /// Why nothing can be expected of the device any more; empty as long as something can.
    std::string trouble() const;

    void flow_step(Ps at, std::uint16_t vf, host::FlowStep step, bool well) override;
    void admin_asked(Ps at) override { driver_->admin_asked(at); }
    void admin_rung(Ps at, std::int32_t vf, Ps waited) override {
        driver_->admin_rung(at, vf, waited);
    }
    void admin_command(Ps submitted, Ps completed, const wire::Sqe& sqe, std::int32_t vf,
                       std::uint16_t status) override;

  private:
    Rig& rig_;
    spec::Rules rules_;
    PfWatch pf_;
    std::vector<std::unique_ptr<VfWatch>> vfs_;
    DriverObserver* driver_ = nullptr;
    const RigSide* source_ = nullptr;
};

/// Between a guest and its observer: before a completion counts as taken its device has posted it.
class RigGuestObserver final : public GuestObserver {
  public:
    /// Both sides, nullptr of a model; and who observes the guest.
    RigGuestObserver(RigSide* source, RigSide* destination, GuestObserver& next)
        : sides_{source, destination}, next_(next) {}

    void io_submitted(Ps at) override { next_.io_submitted(at); }
    void io_completed(const IoRecord& io) override { next_.io_completed(io); }
    void command_submitted(Ps at, std::uint16_t vf, std::uint16_t queue, const wire::Sqe& sqe,
                           std::uint64_t length) override {
        next_.command_submitted(at, vf, queue, sqe, length);
    }
    void command_completed(Ps at, std::uint16_t vf, std::uint16_t queue,
                           const wire::Cqe& cqe) override {
        look(vf);
        next_.command_completed(at, vf, queue, cqe);
    }
    void duplicate_completion(Ps at, std::uint16_t vf, std::uint16_t queue) override {
        look(vf);
        next_.duplicate_completion(at, vf, queue);
    }

  private:
    void look(std::uint16_t vf) {
        for (RigSide* side : sides_) {
            if (side != nullptr) side->look(vf);
        }
    }

    RigSide* sides_[2];
    GuestObserver& next_;
};

}  // namespace lmsim::sim
