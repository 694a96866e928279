#pragma once

#include <functional>
#include <string>

#include "sim/core/event_queue.hpp"

namespace lmsim::sim {

/// What lives outside this process, in real time: nothing of it comes by itself.
class Polled {
  public:
    virtual ~Polled() = default;

    /// Hands out what has come; false if that was nothing.
    virtual bool poll() = 0;
    /// Sleeps until poll() may have something to do, at most so long.
    virtual void idle(Ps limit) = 0;
    /// Lets whoever is on the other side have the processor once, so that he is not taken for late.
    virtual void give_a_turn() {}
    /// Why nothing can be expected of it any more; empty as long as something can.
    virtual std::string trouble() const = 0;
};

/// Polls until `done()`, for at most `limit` of real time; from 1 ms on until the other side has
/// had a turn after that, too. False if it is still not done: the time is over, or there is
/// trouble.
bool wait_for(Polled& polled, const std::function<bool()>& done, Ps limit);

}  // namespace lmsim::sim
