#include "sim/core/event_queue.hpp"

#include <utility>

namespace lmsim::sim {

void EventQueue::Lane::grow() {
    const std::uint32_t larger = capacity == 0 ? 2 : capacity * 2;
    auto next = std::make_unique<Event[]>(larger);
    for (std::uint32_t i = 0; i < size; ++i) {
        next[i] = ring[(head + i) & (capacity - 1)];
    }
    ring = std::move(next);
    capacity = larger;
    head = 0;
}

LaneId EventQueue::add_lane(ComponentId component) {
    LMSIM_ASSERT(component < next_order_.size());
    lanes_.emplace_back();
    lanes_.back().component = component;
    return static_cast<LaneId>(lanes_.size() - 1);
}

ComponentId EventQueue::add_component() {
    const auto id = static_cast<ComponentId>(next_order_.size());
    next_order_.push_back(static_cast<std::uint64_t>(id) << Event::sequence_bits);
    return id;
}

void EventQueue::post(LaneId id, Ps at, std::uint32_t kind, std::uint32_t a, std::uint64_t b) {
    Lane& lane = lanes_[id];
    LMSIM_ASSERT(at >= lane.last);
    lane.last = at;
    if (lane.size == lane.capacity) {
        lane.grow();
    }
    lane.ring[(lane.head + lane.size) & (lane.capacity - 1)] =
        Event{at, next_order_[lane.component]++, kind, a, b};
    ++pending_;
    if (++lane.size == 1) {
        push_head(id);
    }
}

void EventQueue::post_once(ComponentId component, Ps at, std::uint32_t kind, std::uint32_t a,
                           std::uint64_t b) {
    LaneId id = 0;
    if (free_once_.empty()) {
        id = add_lane(component);
    } else {
        id = free_once_.back();
        free_once_.pop_back();
    }
    Lane& lane = lanes_[id];
    lane.component = component;
    lane.once = true;
    lane.last = INT64_MIN;
    post(id, at, kind, a, b);
}

Event EventQueue::pop() {
    close_hole();
    LMSIM_ASSERT(!heap_.empty());
    const LaneId id = heap_.front().lane;
    Lane& lane = lanes_[id];
    const Event event = lane.front();
    ++lane.head;
    --lane.size;
    --pending_;
    if (lane.size != 0) {
        const Event& next = lane.front();
        sift_down({next.at, next.order, id});
        return event;
    }
    if (lane.once) {
        free_once_.push_back(id);
    }
    hole_ = true;
    return event;
}

void EventQueue::push_head(LaneId id) {
    const Event& event = lanes_[id].front();
    const Node head{event.at, event.order, id};
    if (hole_) {
        hole_ = false;
        sift_down(head);
    } else {
        heap_.push_back(head);
        sift_up(head);
    }
}

void EventQueue::remove_root() {
    hole_ = false;
    const Node last = heap_.back();
    heap_.pop_back();
    if (!heap_.empty()) {
        sift_down(last);
    }
}

/// Puts the node where the last place of the heap is, or above.
void EventQueue::sift_up(const Node& node) {
    std::size_t i = heap_.size() - 1;
    while (i > 0) {
        const std::size_t parent = (i - 1) / 4;
        if (!node.before(heap_[parent])) {
            break;
        }
        heap_[i] = heap_[parent];
        i = parent;
    }
    heap_[i] = node;
}

/// Puts the node where the root is, or below.
void EventQueue::sift_down(const Node& node) {
    Node* const heap = heap_.data();
    const std::size_t size = heap_.size();
    std::size_t i = 0;
    for (;;) {
        const std::size_t first = 4 * i + 1;
        if (first >= size) {
            break;
        }
        const std::size_t last = first + 4 < size ? first + 4 : size;
        std::size_t least = first;
        for (std::size_t child = first + 1; child < last; ++child) {
            if (heap[child].before(heap[least])) {
                least = child;
            }
        }
        if (!heap[least].before(node)) {
            break;
        }
        heap[i] = heap[least];
        i = least;
    }
    heap[i] = node;
}

}  // namespace lmsim::sim
