#pragma once

#include <array>
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
/// (a link, a channel, a CPU): each is a lane, a FIFO whose events never go back in time. Only the
/// heads of lanes are sorted, so what that takes depends on the number of busy resources, not of
/// pending events. Those that are due soon stand in a short sorted list, the others in a heap:
/// most that happens is posted a moment before it does.
class EventQueue {
  public:
    EventQueue();

    /// A FIFO of the component; several lanes of one component share its order of ties.
    LaneId add_lane(ComponentId component);
    ComponentId add_component();

    /// Appends to a lane. `at` must be neither negative nor earlier than the lane's last event.
    void post(LaneId id, Ps at, std::uint32_t kind, std::uint32_t a = 0, std::uint64_t b = 0) {
        Lane& lane = lanes_[id];
        LMSIM_ASSERT(at >= lane.last);
        lane.last = at;
        const std::uint64_t order = next_order_[lane.component]++;
        ++pending_;
        if (lane.size++ == 0) {
            lane.front = Event{at, order, kind, a, b};
            add(key_of(at, order), id);
        } else {
            lane.append(Event{at, order, kind, a, b});
        }
    }

    /// An event outside any FIFO (time-outs, random delays): takes a lane of its own for its
    /// lifetime.
    void post_once(ComponentId component, Ps at, std::uint32_t kind, std::uint32_t a = 0,
                   std::uint64_t b = 0);

    bool empty() const { return pending_ == 0; }
    /// When the earliest event is due; ps_never if there is none.
    Ps next_time() const { return soon_count_ == 0 ? heap_.front().at() : soon_[soon_count_].at(); }

    /// Removes and returns the earliest event; ties by component, then by the order of posting.
    Event pop() {
        if (soon_count_ == 0) {
            refill();
        }
        const LaneId id = soon_[soon_count_--].lane;
        Lane& lane = lanes_[id];
        const Event event = lane.front;
        --pending_;
        if (--lane.size != 0) {
            lane.advance();
            add(key_of(lane.front.at, lane.front.order), id);
        } else if (lane.once) {
            free_once_.push_back(id);
        }
        return event;
    }

    std::size_t pending() const { return pending_; }

  private:
    /// One line of the cache. Most lanes have one event at a time: it stands in the lane itself.
    struct alignas(64) Lane {
        Event front;
        Ps last = 0;
        std::unique_ptr<Event[]> ring;  // those behind the front
        std::uint32_t capacity = 0;     // of the ring: a power of two
        std::uint32_t head = 0;         // in the ring
        std::uint32_t size = 0;         // with the front
        ComponentId component : 31;
        ComponentId once : 1;

        Lane() : component(0), once(0) {}
        /// Behind all others; `size` counts it already.
        void append(const Event& event) {
            const std::uint32_t behind = size - 2;
            if (behind == capacity) {
                grow();
            }
            ring[(head + behind) & (capacity - 1)] = event;
        }
        /// The next one is the front; `size` does not count the old one any more. A ring that ran
        /// empty begins anew: it does not walk through all of what a burst has made it.
        void advance() {
            front = ring[head & (capacity - 1)];
            head = size == 1 ? 0 : head + 1;
        }
        void grow();
    };
    static_assert(sizeof(Lane) == 64);
    /// Time, then order, as one number: compared without a branch, which nobody could foresee.
    __extension__ using Key = unsigned __int128;
    struct Node {
        Key key;
        LaneId lane;

        Ps at() const { return static_cast<Ps>(key >> 64); }
    };
    static Key key_of(Ps at, std::uint64_t order) {
        return Key{static_cast<std::uint64_t>(at)} << 64 | order;
    }
    /// Behind the last node stand so many that are later than any: each node has four children.
    static constexpr std::size_t padding = 4;
    static constexpr Node none{Key{static_cast<std::uint64_t>(ps_never)} << 64 | ~std::uint64_t{0},
                               0};
    static constexpr std::size_t most_soon = 64;

    /// In parts, and stored in parts: a processor waits for a node that was just put together
    /// before it copies it as a whole.
    void add(Key key, LaneId lane) {
        if (key >= limit_) {
            return push({key, lane});
        }
        Node* at = soon_.data() + ++soon_count_;
        for (; at[-1].key < key; --at) {
            *at = at[-1];
        }
        at->key = key;
        at->lane = lane;
        if (soon_count_ > most_soon) {
            spill();
        }
    }
    void refill();
    void spill();
    // The heap.
    void push(const Node& node);
    void sift_down(const Node& node);
    void remove_root();

    std::vector<Lane> lanes_;
    std::vector<LaneId> free_once_;
    std::vector<std::uint64_t> next_order_;  // per component
    // All before limit_, the earliest last; before the first stands one that is later than any.
    std::array<Node, most_soon + 2> soon_{};
    std::size_t soon_count_ = 0;
    std::vector<Node> heap_;  // the others, 4-ary; and padding
    Key limit_ = 0;
    Ps window_ = 1;  // how far behind the earliest of all the next limit will be
    std::size_t pending_ = 0;
};

}  // namespace lmsim::sim
