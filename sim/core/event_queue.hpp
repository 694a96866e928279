#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "model/assert.hpp"

namespace lmsim::sim {

/// Simulated time in integer picoseconds: the unit of every raw time in the simulator's inner loop.
using Ps = std::int64_t;
constexpr Ps ps_never = INT64_MAX;
constexpr Ps ps_per_ns = 1000;
constexpr Ps ps_per_us = 1000 * ps_per_ns;
constexpr Ps ps_per_ms = 1000 * ps_per_us;
constexpr Ps ps_per_s = 1000 * ps_per_ms;

/// One thing that happens at one component. What kind, a and b mean is the component's own
/// business.
struct Event {
    Ps at = 0;
    std::uint64_t order = 0;  // ties at the same time: component in the high bits, then sequence
    std::uint32_t kind = 0;
    std::uint32_t a = 0;
    std::uint64_t b = 0;

    std::uint32_t component() const { return static_cast<std::uint32_t>(order >> sequence_bits); }

    static constexpr unsigned sequence_bits = 44;
};
static_assert(sizeof(Event) == 32);

using LaneId = std::uint32_t;
using ComponentId = std::uint32_t;

/// The one queue of a run. Most simulated things leave a resource in the order in which they came
/// (a link, a channel, a CPU): each is a lane, a FIFO whose events never go back in time. A heap
/// holds only the heads of the lanes, so its size is the number of busy resources, not of pending
/// events.
class EventQueue {
  public:
    /// A FIFO of the component; several lanes of one component share its order of ties.
    LaneId add_lane(ComponentId component);
    ComponentId add_component();

    /// Appends to a lane. `at` must not be earlier than the lane's last event.
    void post(LaneId lane, Ps at, std::uint32_t kind, std::uint32_t a = 0, std::uint64_t b = 0);

    /// An event outside any FIFO (time-outs, random delays): takes a lane of its own for its
    /// lifetime.
    void post_once(ComponentId component, Ps at, std::uint32_t kind, std::uint32_t a = 0,
                   std::uint64_t b = 0);

    bool empty() const { return pending_ == 0; }
    /// When the earliest event is due; ps_never if there is none.
    Ps next_time() {
        close_hole();
        return heap_.empty() ? ps_never : heap_.front().at;
    }

    /// Removes and returns the earliest event; ties by component, then by the order of posting.
    Event pop();

    std::size_t pending() const { return pending_; }

  private:
    struct Lane {
        std::unique_ptr<Event[]> ring;
        std::uint32_t capacity = 0;  // a power of two
        std::uint32_t head = 0;
        std::uint32_t size = 0;
        ComponentId component = 0;
        bool once = false;
        Ps last = INT64_MIN;

        Event& front() { return ring[head & (capacity - 1)]; }
        void grow();
    };
    struct Node {
        Ps at;
        std::uint64_t order;
        LaneId lane;

        bool before(const Node& other) const {
            return at != other.at ? at < other.at : order < other.order;
        }
    };

    void sift_up(const Node& node);
    void sift_down(const Node& node);
    void push_head(LaneId lane);
    void close_hole() {
        if (hole_) {
            remove_root();
        }
    }
    void remove_root();

    std::vector<Lane> lanes_;
    std::vector<LaneId> free_once_;
    std::vector<std::uint64_t> next_order_;  // per component
    std::vector<Node> heap_;                 // 4-ary: half the depth of a binary one
    // The root's lane ran empty. What is handled next often posts: its node then takes the root's
    // place, which is cheaper than to remove one and to add another.
    bool hole_ = false;
    std::size_t pending_ = 0;
};

}  // namespace lmsim::sim
