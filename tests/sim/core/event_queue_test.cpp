#include "sim/core/event_queue.hpp"

#include <algorithm>
#include <tuple>
#include <vector>

#include "sim/core/random.hpp"
#include "tests/catch.hpp"

using namespace lmsim::sim;

namespace {

struct Posted {
    Ps at;
    std::uint64_t component;
    std::uint64_t sequence;
    std::uint64_t what;

    bool operator<(const Posted& other) const {
        return std::tie(at, component, sequence) <
               std::tie(other.at, other.component, other.sequence);
    }
};

/// The queue beside a sorted list of the same events.
struct Pair {
    EventQueue queue;
    std::vector<Posted> expected;
    std::vector<std::pair<LaneId, ComponentId>> lanes;
    std::vector<Ps> last;
    std::vector<std::uint64_t> sequences;
    std::uint64_t count = 0;

    Pair(std::size_t components, std::size_t lanes_each) : sequences(components, 0) {
        for (std::size_t i = 0; i < components; ++i) {
            const ComponentId component = queue.add_component();
            for (std::size_t k = 0; k < lanes_each; ++k) {
                lanes.emplace_back(queue.add_lane(component), component);
                last.push_back(0);
            }
        }
    }
    void expect(Ps at, ComponentId component) {
        expected.push_back({at, component, sequences[component]++, count++});
    }
    void post(std::size_t lane, Ps now, Ps later) {
        last[lane] = std::max(last[lane], now + later);
        queue.post(lanes[lane].first, last[lane], 0, 0, count);
        expect(last[lane], lanes[lane].second);
    }
    void post_once(std::size_t lane, Ps at) {
        queue.post_once(lanes[lane].second, at, 0, 0, count);
        expect(at, lanes[lane].second);
    }
    Ps pop() {
        const auto first = std::min_element(expected.begin(), expected.end());
        REQUIRE(queue.next_time() == first->at);
        const Event event = queue.pop();
        REQUIRE(event.at == first->at);
        REQUIRE(event.component() == first->component);
        REQUIRE(event.b == first->what);
        expected.erase(first);
        REQUIRE(queue.pending() == expected.size());
        REQUIRE(queue.empty() == expected.empty());
        return event.at;
    }
};

}  // namespace

TEST_CASE("an empty queue has no next time") {
    EventQueue queue;
    CHECK(queue.empty());
    CHECK(queue.next_time() == ps_never);
    const LaneId lane = queue.add_lane(queue.add_component());
    queue.post(lane, 5, 0);
    CHECK(queue.next_time() == 5);
    queue.pop();
    CHECK(queue.empty());
    CHECK(queue.next_time() == ps_never);
}

TEST_CASE("ties go by component, then by the order of posting") {
    EventQueue queue;
    const ComponentId first = queue.add_component();
    const ComponentId second = queue.add_component();
    const LaneId late = queue.add_lane(second);
    const LaneId one = queue.add_lane(first);
    const LaneId two = queue.add_lane(first);
    queue.post(late, 7, 0, 3);
    queue.post(two, 7, 0, 1);
    queue.post(one, 7, 0, 2);
    for (std::uint32_t i = 1; i <= 3; ++i) {
        CHECK(queue.pop().a == i);
    }
}

TEST_CASE("events come in the order of a sorted list, whatever is posted between them") {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        Random random(seed, "event_queue_test");
        Pair pair(1 + random.below(4), 1 + random.below(8));
        Ps now = 0;
        for (int step = 0; step < 2000; ++step) {
            const std::size_t lane = random.below(pair.lanes.size());
            // Short times, so that there are ties.
            const auto later = static_cast<Ps>(random.below(20));
            const std::uint64_t choice = random.below(step < 1500 ? 5 : 9);
            if (choice < 2) {
                pair.post(lane, now, later);
            } else if (choice == 2) {
                pair.post_once(lane, now + later);
            } else if (!pair.expected.empty()) {
                now = pair.pop();
            }
        }
        while (!pair.expected.empty()) {
            pair.pop();
        }
    }
}
