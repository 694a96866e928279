#pragma once

#include <cstdint>
#include <functional>

namespace lmsim::sim {

/// Whose time passes while a model is served to a real peer: as fast as it can, or as the clock on
/// the wall.
class Pace {
  public:
    virtual ~Pace() = default;
    /// What is due happens.
    virtual void go_on() = 0;
    /// The device goes on until done(). False if it never will be.
    virtual bool wait(const std::function<bool()>& done) = 0;
    /// Nanoseconds until something is due; -1: only if a peer asks for it.
    virtual std::int64_t idle_ns() = 0;
};

}  // namespace lmsim::sim
