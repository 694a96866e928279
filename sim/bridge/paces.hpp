#pragma once

#include "sim/bridge/pace.hpp"
#include "sim/core/kernel.hpp"

namespace lmsim::sim {

/// Free-running: what a peer asks for happens at once, in as little time as this machine needs.
class FreePace : public Pace {
  public:
    explicit FreePace(Kernel& kernel) : kernel_(kernel) {}

    void go_on() override { kernel_.run_until(ps_never); }
    bool wait(const std::function<bool()>& done) override;
    std::int64_t idle_ns() override { return -1; }

  private:
    Kernel& kernel_;
};

/// Simulated time is the wall clock's, from the first use on.
class WallPace : public Pace {
  public:
    explicit WallPace(Kernel& kernel);

    void go_on() override { kernel_.run_until(elapsed()); }
    bool wait(const std::function<bool()>& done) override;
    std::int64_t idle_ns() override;

  private:
    Ps elapsed() const;

    Kernel& kernel_;
    std::int64_t start_ns_;
};

}  // namespace lmsim::sim
