#pragma once

#include <algorithm>
#include <vector>

#include "sim/device/observer.hpp"
#include "sim/host/host_driver.hpp"
#include "sim/run/run_meter.hpp"

namespace lmsim::sim {

/// Tells the meters of several VMs what one side's device and its driver do for their VFs. What is
/// the PF's own is told to the first.
class VmRouter final : public DeviceObserver, public DriverObserver {
  public:
    /// VMs have `each` VFs, one after the other.
    VmRouter(VmmSide side, std::vector<RunMeter*> meters, std::uint16_t each,
             const HostDriver& driver)
        : side_(side), meters_(std::move(meters)), each_(each), driver_(driver) {}

    // DeviceObserver
    void state_entered(Ps at, std::uint16_t function, std::uint32_t state) override {
        of(function).state_entered(at, own(function), state);
    }
    bool hears_commands() const override {
        return std::any_of(meters_.begin(), meters_.end(), [this](RunMeter* meter) {
            return meter->device(side_).hears_commands();
        });
    }
    void command_posted(Ps fetched, Ps posted, std::uint16_t function, std::uint16_t sqid,
                        std::uint16_t cid, std::uint8_t opcode, std::uint16_t status) override {
        of(function).command_posted(fetched, posted, own(function), sqid, cid, opcode, status);
    }
    void broke_suspension(Ps at, std::uint16_t function) override {
        of(function).broke_suspension(at, own(function));
    }
    void interrupts_switched(Ps at, std::uint16_t function, bool on) override {
        of(function).interrupts_switched(at, own(function), on);
    }
    void interrupt_lost(Ps at, std::uint16_t function) override {
        of(function).interrupt_lost(at, own(function));
    }
    void admin_takes(Ps /*at*/, std::uint16_t function, std::uint16_t cid, Ps waits,
                     Ps works) override {
        const std::int32_t vf = function == 0 ? driver_.vf_behind(cid) : -1;
        if (vf >= 0) {
            meter(vf).admin_takes(side_, static_cast<std::uint16_t>(vf % each_), waits, works);
        }
    }

    // DriverObserver
    void flow_step(Ps at, std::uint16_t vf, host::FlowStep step, bool well) override {
        meter(vf).driver(side_).flow_step(at, static_cast<std::uint16_t>(vf % each_), step, well);
    }
    void admin_asked(Ps at) override { meters_.front()->driver(side_).admin_asked(at); }
    void admin_rung(Ps at, std::int32_t vf, Ps waited) override {
        meter(vf).driver(side_).admin_rung(at, own_vf(vf), waited);
    }
    void admin_command(Ps submitted, Ps completed, const wire::Sqe& sqe, std::int32_t vf,
                       std::uint16_t status) override {
        meter(vf).driver(side_).admin_command(submitted, completed, sqe, own_vf(vf), status);
    }

  private:
    std::int32_t own_vf(std::int32_t vf) const { return vf < 0 ? vf : vf % each_; }
    RunMeter& meter(std::int32_t vf) const {
        return *meters_[vf < 0 ? 0 : static_cast<std::size_t>(vf) / each_];
    }
    DeviceObserver& of(std::uint16_t function) const {
        return meter(std::int32_t{function} - 1).device(side_);
    }
    std::uint16_t own(std::uint16_t function) const {
        return static_cast<std::uint16_t>(own_vf(std::int32_t{function} - 1) + 1);
    }

    VmmSide side_;
    std::vector<RunMeter*> meters_;
    std::uint16_t each_;
    const HostDriver& driver_;
};

}  // namespace lmsim::sim
