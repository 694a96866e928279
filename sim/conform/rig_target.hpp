#pragma once

#include <memory>
#include <string>

#include "sim/bridge/rig.hpp"
#include "sim/conform/target.hpp"

namespace lmsim::sim::conform {

/// A device outside this process, in real time.
class RigTarget : public Target {
  public:
    /// The rig outlives it. `trackable` and `destructive`: see Target.
    explicit RigTarget(Rig& rig, std::uint64_t trackable = 0, bool destructive = true)
        : rig_(rig), trackable_(trackable), destructive_(destructive) {}

    std::string name() const override { return rig_.name(); }
    std::uint16_t functions() const override { return rig_.functions(); }
    DevicePort& port(std::uint16_t function) override { return rig_.port(function); }
    std::uint64_t no_memory() const override { return rig_.no_memory(); }
    std::uint64_t trackable() const override { return trackable_; }
    bool destructive() const override { return destructive_; }
    const char* time_base() const override { return "wall"; }
    std::string trouble() const override { return rig_.trouble(); }
    bool wait(const std::function<bool()>& done, Ps limit) override {
        return rig_.wait(done, limit);
    }

  private:
    Rig& rig_;
    std::uint64_t trackable_;
    bool destructive_;
};

}  // namespace lmsim::sim::conform
