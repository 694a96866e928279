#pragma once

#include <cstdint>
#include <vector>

#include "sim/core/event_queue.hpp"

namespace lmsim::sim {

/// Equal servers behind one FIFO: media channels, the cores of an admin processor. What arrives
/// takes the server that is free first, so its end is known at once, and each server's ends are in
/// order.
class Servers {
  public:
    /// Of a server: when what it was given ends, and the lane of its events.
    struct Slot {
        Ps end;
        LaneId lane;
    };

    void add(LaneId lane) { heap_.push_back({0, lane}); }

    Slot take(Ps now, Ps duration) {
        Slot& first = heap_.front();
        first.end = (first.end > now ? first.end : now) + duration;
        busy += duration;
        const Slot taken = first;
        sift_down();
        return taken;
    }

    Ps busy = 0;

  private:
    void sift_down() {
        const Slot item = heap_.front();
        std::size_t i = 0;
        for (;;) {
            std::size_t child = 2 * i + 1;
            if (child >= heap_.size()) {
                break;
            }
            if (child + 1 < heap_.size() && before(heap_[child + 1], heap_[child])) {
                ++child;
            }
            if (!before(heap_[child], item)) {
                break;
            }
            heap_[i] = heap_[child];
            i = child;
        }
        heap_[i] = item;
    }
    static bool before(const Slot& a, const Slot& b) {
        return a.end != b.end ? a.end < b.end : a.lane < b.lane;
    }

    std::vector<Slot> heap_;
};

}  // namespace lmsim::sim
