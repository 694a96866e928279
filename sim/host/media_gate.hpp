#pragma once

#include <cstdint>
#include <functional>

#include "sim/core/event_queue.hpp"

namespace lmsim::sim {

/// What VMMs have to know of a copy of the media that goes on beside the migration.
class MediaGate {
  public:
    virtual ~MediaGate() = default;
    /// Bytes that have to be copied before the switchover may be thought of.
    virtual std::uint64_t pending() const = 0;
    /// Calls `go` once nothing is pending, or after `most`.
    virtual void wait(Ps most, std::function<void()> go) = 0;
    /// The guest stands still and all changes are known: copies what is left, then calls `done`.
    virtual void finish(std::function<void()> done) = 0;
};

}  // namespace lmsim::sim
