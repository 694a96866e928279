#include "model/explore/search/search.hpp"

#include <deque>
#include <map>
#include <set>

#include "model/explore/search/replay.hpp"
#include "model/explore/search/visited.hpp"
#include "tests/catch.hpp"
#include "tests/model/explore/search/figures.hpp"
#include "tests/model/explore/search/toys.hpp"

namespace lmsim::tests {

using explore::Action;
using explore::SearchOptions;
using explore::SearchReport;
using explore::Stop;
using explore::Violation;

namespace {

/// The same with a set of whole canonical states and a queue: nothing of the search's own.
SearchReport naive_search(const explore::SystemFactory& make) {
    const auto system = make();
    const std::size_t bytes = system->state_bytes();
    std::vector<std::uint8_t> state(bytes);
    std::vector<std::uint8_t> form(bytes);
    std::set<std::vector<std::uint8_t>> seen;
    std::deque<std::pair<std::vector<std::uint8_t>, std::uint64_t>> queue;
    SearchReport report;
    const auto enter = [&](std::uint64_t depth) {
        system->canonical(state.data(), form.data());
        if (seen.insert(form).second) {
            queue.emplace_back(state, depth);
            report.depth = depth;
        }
    };
    system->initial(state.data());
    enter(0);
    while (!queue.empty()) {
        const auto [parent, depth] = queue.front();
        queue.pop_front();
        Action actions[64];
        const std::size_t count = system->actions(parent.data(), actions, 64);
        for (std::size_t i = 0; i < count; ++i) {
            state = parent;
            ++report.transitions;
            if (system->apply(state.data(), actions[i]).broken == nullptr) {
                enter(depth + 1);
            }
        }
    }
    report.states = seen.size();
    return report;
}

SearchOptions with_jobs(unsigned jobs, SearchOptions options = {}) {
    options.jobs = jobs;
    return options;
}

SearchOptions all_violations() {
    SearchOptions options;
    options.all_violations = true;
    return options;
}

std::uint64_t pell_lucas(unsigned n) {
    std::uint64_t before = 2;
    std::uint64_t now = 2;
    for (unsigned i = 1; i < n; ++i) {
        before = std::exchange(now, 2 * now + before);
    }
    return now;
}

}  // namespace

TEST_CASE("counts of toy systems are those of their formulas") {
    SECTION("counters") {
        const SearchReport report = search(factory<Counters>(5, 6, 3), {});
        CHECK(report.complete());
        CHECK(report.states == 7776);
        CHECK(report.expanded == 7776);
        CHECK(report.transitions == 5 * 7776);
        CHECK(report.depth == 25);
        CHECK(report.state_bytes == 15);
        CHECK(report.violations.empty());
    }
    SECTION("counters that cannot be told apart") {
        const SearchReport report = search(factory<Multiset>(6, 5), {});
        CHECK(report.states == 210);  // 10 over 4
        CHECK(report.transitions == 6 * 210);
        CHECK(report.depth == 24);
    }
    SECTION("philosophers: Pell-Lucas numbers") {
        for (const unsigned count : {2u, 3u, 4u, 5u, 9u}) {
            const SearchReport report =
                search(factory<Philosophers>(count, false), all_violations());
            CHECK(report.states == pell_lucas(count));
        }
    }
    SECTION("a state alone") {
        const SearchReport report = search(factory<Counters>(1, 1), {});
        CHECK(report.states == 1);
        CHECK(report.transitions == 1);
        CHECK(report.depth == 0);
    }
}

TEST_CASE("a search with a set of whole states counts the same") {
    const std::vector<explore::SystemFactory> systems = {
        factory<Counters>(3, 7),
        factory<Multiset>(5, 4),
        factory<Philosophers>(6, false),
        factory<Philosophers>(6, true),
        factory<Peterson>(Peterson::Wrong{}),
        factory<Peterson>(Peterson::Wrong{true, false, false, false}),
        factory<Ring>(7, true)};
    for (const explore::SystemFactory& make : systems) {
        const SearchReport expected = naive_search(make);
        for (const bool exact : {false, true}) {
            SearchOptions options = all_violations();
            options.exact = exact;
            const SearchReport report = search(make, options);
            CHECK(report.complete());
            CHECK(report.states == expected.states);
            CHECK(report.transitions == expected.transitions);
            CHECK(report.depth == expected.depth);
        }
    }
}

TEST_CASE("nothing depends on the number of jobs") {
    const std::vector<explore::SystemFactory> systems = {
        factory<Counters>(5, 9), factory<Counters>(6, 6, 40, 17), factory<Multiset>(7, 8),
        factory<Philosophers>(9, false), factory<Peterson>(Peterson::Wrong{true})};
    std::vector<SearchOptions> ways(4);
    ways[1].all_violations = true;
    ways[2].exact = true;
    ways[3].memory_bytes = 1 << 20;
    for (const explore::SystemFactory& make : systems) {
        for (const SearchOptions& options : ways) {
            const Figures one{search(make, with_jobs(1, options))};
            for (const unsigned jobs : {2u, 7u}) {
                CHECK(Figures{search(make, with_jobs(jobs, options))} == one);
            }
        }
    }
}

TEST_CASE("a violation comes with the shortest way to it, and happens when replayed") {
    SECTION("an invariant") {
        const SearchReport report = search(factory<Counters>(4, 9, 1, 11), {});
        CHECK(report.stop == Stop::Violation);
        REQUIRE(report.violations.size() == 1);
        const Violation& violation = report.violations.front();
        CHECK(violation.kind == Violation::Kind::Invariant);
        CHECK(violation.invariant == &broken_toy);
        CHECK(violation.steps.size() == 11);
        Counters system(4, 9, 1, 11);
        const explore::Replay replay = explore::replay(system, violation.steps);
        REQUIRE(replay.steps.size() == 11);
        CHECK(replay.steps.back().broken == &broken_toy);
        CHECK(replay.steps.front().text == "a0");
    }
    SECTION("mutual exclusion") {
        const auto make = factory<Peterson>(Peterson::Wrong{true});
        const SearchReport report = search(make, {});
        REQUIRE(report.violations.size() == 1);
        CHECK(report.violations.front().steps.size() == 6);
    }
    SECTION("a deadlock") {
        const auto make = factory<Philosophers>(5, false);
        const SearchReport report = search(make, {});
        REQUIRE(report.violations.size() == 1);
        const Violation& violation = report.violations.front();
        CHECK(violation.kind == Violation::Kind::Deadlock);
        CHECK(violation.invariant == nullptr);
        CHECK(violation.steps.size() == 5);
        const explore::Replay replay = explore::replay(*make(), violation.steps);
        CHECK(replay.deadlock);
        CHECK(replay.possible);
    }
    SECTION("none where philosophers are polite") {
        const SearchReport report = search(factory<Philosophers>(5, true), {});
        CHECK(report.complete());
        CHECK(report.violations.empty());
    }
    SECTION("wishes do not undo a deadlock") {
        Peterson::Wrong stuck;
        stuck.stuck = true;
        const SearchReport report = search(factory<Peterson>(stuck), {});
        REQUIRE(report.violations.size() == 1);
        CHECK(report.violations.front().kind == Violation::Kind::Deadlock);
        CHECK(report.violations.front().steps.size() == 2);
    }
}

TEST_CASE("a step that is not possible ends a replay") {
    Peterson system({});
    const explore::Replay replay = explore::replay(system, {{0, 0, 0}, {0, 0, 0}});
    CHECK_FALSE(replay.possible);
    CHECK(replay.steps.size() == 1);
}

TEST_CASE("a search that ends early says how far it came") {
    const auto make = factory<Counters>(7, 10);
    SECTION("memory") {
        SearchOptions options;
        options.memory_bytes = 8 << 20;
        const SearchReport report = search(make, options);
        CHECK(report.stop == Stop::Memory);
        CHECK_FALSE(report.complete());
        CHECK(report.states > 250'000);
        CHECK(report.states < 1'000'000);
        CHECK(report.expanded < report.states);
        CHECK(report.transitions == 7 * report.expanded);
        CHECK(report.peak_bytes < (10 << 20));
    }
    SECTION("states") {
        SearchOptions options;
        options.most_states = 5000;
        const SearchReport report = search(make, options);
        CHECK(report.stop == Stop::States);
        CHECK(report.states > 5000);
    }
    SECTION("somebody else") {
        SearchOptions options;
        std::uint64_t last = 0;
        options.progress = [&](const explore::SearchProgress& progress) {
            last = progress.states;
            return progress.states < 30'000;
        };
        const SearchReport report = search(make, options);
        CHECK(report.stop == Stop::Interrupted);
        CHECK(report.states == last);
    }
}

namespace {

/// Fingerprints of 10 bits: most states have that of another one.
class Blurred : public Counters {
  public:
    using Counters::Counters;
    std::uint64_t fingerprint(const std::uint8_t* state) override {
        return explore::VisitedSet::mix(Counters::fingerprint(state)) >> 54;
    }
};

}  // namespace

TEST_CASE("equal fingerprints leave states out, whole states do not") {
    const auto make = factory<Blurred>(4, 8);
    CHECK(search(make, {}).states <= 1024);
    SearchOptions exact;
    exact.exact = true;
    const SearchReport report = search(make, exact);
    CHECK(report.states == 4096);
    CHECK(report.omission == 0);
}

TEST_CASE("the probability of an omission grows with the square") {
    CHECK(explore::omission_probability(0) == 0);
    CHECK(explore::omission_probability(1) == 0);
    CHECK(explore::omission_probability(100'000'000) == Approx(2.7e-4).epsilon(0.01));
    CHECK(explore::omission_probability(std::uint64_t{1} << 40) == 1);
    CHECK(search(factory<Counters>(5, 9), {}).omission == Approx(9.45e-11).epsilon(0.01));
}

TEST_CASE("at most 24 bytes a state with its parent, at most 64 in full") {
    const SearchReport compact = search(factory<Counters>(6, 8, 8), {});
    CHECK(compact.states == 262'144);
    CHECK(compact.bytes_per_state() <= 24);
    SearchOptions exact;
    exact.exact = true;
    const SearchReport full = search(factory<Counters>(6, 8, 8), exact);
    CHECK(full.states == 262'144);
    CHECK(full.bytes_per_state() <= 64);
}

}  // namespace lmsim::tests
