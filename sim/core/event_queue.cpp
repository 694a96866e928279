#include "sim/core/event_queue.hpp"

#include <algorithm>
#include <utility>

namespace lmsim::sim {

namespace {

// Nodes in a window: with fewer the heap does the work, with more the search in the list.
constexpr std::size_t few = 6;
constexpr std::size_t many = 24;
constexpr Ps widest = ps_per_s;

}  // namespace

EventQueue::EventQueue() {
    soon_.front() = none;
    heap_.resize(padding, none);
}

void EventQueue::Lane::grow() {
    const std::uint32_t larger = capacity == 0 ? 2 : capacity * 2;
    auto next = std::make_unique<Event[]>(larger);
    for (std::uint32_t i = 0; i < capacity; ++i) {
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
    lane.once = 1;
    lane.last = 0;
    post(id, at, kind, a, b);
}

/// All that is due within a window, once nothing is left of the last one. The window grows while
/// it holds hardly anything, and shrinks while it holds more than is well searched.
void EventQueue::refill() {
    LMSIM_ASSERT(pending_ != 0);
    const Ps first = heap_.front().at();
    limit_ = key_of(first + std::min(window_, ps_never - first), 0);
    do {
        soon_[++soon_count_] = heap_.front();
        remove_root();
    } while (heap_.front().key < limit_ && soon_count_ < most_soon / 2);
    limit_ = std::min(limit_, heap_.front().key);
    std::reverse(soon_.begin() + 1, soon_.begin() + 1 + static_cast<std::ptrdiff_t>(soon_count_));
    if (soon_count_ < few) {
        window_ = std::min(window_ * 2, widest);
    } else if (soon_count_ > many) {
        window_ = std::max<Ps>(window_ / 2, 1);
    }
}

/// The later half goes to the others.
void EventQueue::spill() {
    const std::size_t later = soon_count_ / 2;
    limit_ = soon_[later].key;
    for (std::size_t i = 1; i <= later; ++i) {
        push(soon_[i]);
    }
    std::copy(soon_.begin() + 1 + static_cast<std::ptrdiff_t>(later),
              soon_.begin() + 1 + static_cast<std::ptrdiff_t>(soon_count_), soon_.begin() + 1);
    soon_count_ -= later;
    window_ = std::max<Ps>(window_ / 2, 1);
}

void EventQueue::remove_root() {
    const std::size_t size = heap_.size() - padding - 1;  // without it
    const Node last = heap_[size];
    heap_[size] = none;
    heap_.pop_back();
    if (size != 0) {
        sift_down(last);
    }
}

/// One node more.
void EventQueue::push(const Node& node) {
    std::size_t i = heap_.size() - padding;
    heap_.push_back(none);
    while (i > 0) {
        const std::size_t parent = (i - 1) / 4;
        if (node.key >= heap_[parent].key) {
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
    const std::size_t size = heap_.size() - padding;
    std::size_t i = 0;
    for (std::size_t first = 1; first < size; first = 4 * i + 1) {
        // Which of four is the least, by sums in place of branches.
        const std::size_t a = first + (heap[first + 1].key < heap[first].key ? 1 : 0);
        const std::size_t b = first + 2 + (heap[first + 3].key < heap[first + 2].key ? 1 : 0);
        const std::size_t least = heap[b].key < heap[a].key ? b : a;
        if (node.key <= heap[least].key) {
            break;
        }
        heap[i] = heap[least];
        i = least;
    }
    heap[i] = node;
}

}  // namespace lmsim::sim
