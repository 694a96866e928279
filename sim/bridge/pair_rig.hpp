#pragma once

#include <memory>
#include <string>
#include <utility>

#include "sim/bridge/rig.hpp"

namespace lmsim::sim {

/// Two devices as one, so that one session has what crosses to both, in its order: the functions
/// of the second come behind those of the first. Time is the first one's.
class PairRig : public Rig {
  public:
    PairRig(std::unique_ptr<Rig> first, std::unique_ptr<Rig> second)
        : first_(std::move(first)), second_(std::move(second)) {}

    std::string name() const override { return first_->name(); }
    std::uint16_t functions() const override {
        return static_cast<std::uint16_t>(first_->functions() + second_->functions());
    }
    DevicePort& port(std::uint16_t function) override;
    std::uint64_t no_memory() const override;
    std::string trouble() const override;
    Ps now() override { return first_->now(); }
    bool poll() override;
    void idle(Ps limit) override;
    void give_a_turn() override;

  private:
    std::unique_ptr<Rig> first_;
    std::unique_ptr<Rig> second_;
    bool turn_ = false;  // whose to be slept on
};

/// One of the two, in whatever stands for both: a recording, or its replay.
class RigPart : public Rig {
  public:
    /// Functions `first` to `first + count - 1` of `whole`. To sleep it asks `live`; nullptr: time
    /// does not pass by itself.
    RigPart(Rig& whole, Rig* live, std::string name, std::uint16_t first, std::uint16_t count)
        : whole_(whole), live_(live), name_(std::move(name)), first_(first), count_(count) {}

    std::string name() const override { return name_; }
    std::uint16_t functions() const override { return count_; }
    DevicePort& port(std::uint16_t function) override {
        return whole_.port(static_cast<std::uint16_t>(first_ + function));
    }
    std::uint64_t no_memory() const override { return whole_.no_memory(); }
    std::string trouble() const override { return whole_.trouble(); }
    Ps now() override { return whole_.now(); }
    /// The first part polls for both.
    bool poll() override { return first_ == 0 && whole_.poll(); }
    void idle(Ps limit) override {
        if (live_ != nullptr) live_->idle(limit);
    }
    bool wait(const std::function<bool()>& done, Ps limit) override {
        return whole_.wait(done, limit);
    }

  private:
    Rig& whole_;
    Rig* live_;
    std::string name_;
    std::uint16_t first_;
    std::uint16_t count_;
};

}  // namespace lmsim::sim
