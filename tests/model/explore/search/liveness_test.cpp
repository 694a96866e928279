#include "model/explore/search/liveness.hpp"

#include "model/explore/search/replay.hpp"
#include "tests/catch.hpp"
#include "tests/model/explore/search/toys.hpp"

namespace lmsim::tests {

using explore::Action;
using explore::LivenessReport;
using explore::Violation;

namespace {

/// The run goes to the cycle, round it and comes back to where it was; without a good state.
void check_lasso(const explore::SystemFactory& make, const Violation& violation) {
    const auto system = make();
    const explore::Replay before = explore::replay(*system, violation.steps);
    CHECK(before.possible);
    CHECK_FALSE(before.good);
    std::vector<Action> run = violation.steps;
    for (const Action action : violation.cycle) {
        run.push_back(action);
        CHECK_FALSE(explore::replay(*system, run).good);
    }
    const explore::Replay after = explore::replay(*system, run);
    CHECK(after.possible);
    CHECK(after.last_fingerprint == before.last_fingerprint);
}

Violation starvation_of(const explore::SystemFactory& make) {
    const LivenessReport report = check_liveness(make, {});
    CHECK(report.complete());
    REQUIRE(report.violation);
    CHECK(report.violation->kind == Violation::Kind::Starvation);
    check_lasso(make, *report.violation);
    return *report.violation;
}

Peterson::Wrong wrong(bool Peterson::Wrong::*first, bool Peterson::Wrong::*second = nullptr) {
    Peterson::Wrong is;
    is.*first = true;
    if (second != nullptr) {
        is.*second = true;
    }
    return is;
}

}  // namespace

TEST_CASE("a token that must be passed on comes round again") {
    const LivenessReport report = check_liveness(factory<Ring>(5, true), {});
    CHECK(report.complete());
    CHECK(report.states == 5 * 32);
    CHECK(report.transitions == 5 * 32 * 6);
    CHECK(report.good_states == 32);
    CHECK_FALSE(report.violation);
}

TEST_CASE("a token that need not be passed on may stay away") {
    const Violation violation = starvation_of(factory<Ring>(5, false));
    CHECK(violation.steps.size() == 1);
    // Its bits have to go on flipping: they are fair.
    CHECK(violation.cycle.size() == 2);
    for (const Action action : violation.cycle) {
        CHECK(action.kind == 1);
    }
}

TEST_CASE("Peterson's lock keeps nobody waiting") {
    CHECK_FALSE(check_liveness(factory<Peterson>(Peterson::Wrong{}), {}).violation);
    const auto tireless = factory<Peterson>(wrong(&Peterson::Wrong::tireless));
    CHECK_FALSE(check_liveness(tireless, {}).violation);
}

TEST_CASE("turns alone wait for one who need not come") {
    const Violation violation = starvation_of(factory<Peterson>(wrong(&Peterson::Wrong::stuck)));
    CHECK(violation.steps.size() == 2);
    CHECK(violation.cycle.empty());
    // If the other must come, it is only slow.
    const auto tireless =
        factory<Peterson>(wrong(&Peterson::Wrong::stuck, &Peterson::Wrong::tireless));
    CHECK_FALSE(check_liveness(tireless, {}).violation);
}

TEST_CASE("without turns the other one may always be faster: weak fairness is weak") {
    const Violation violation = starvation_of(factory<Peterson>(wrong(&Peterson::Wrong::barging)));
    REQUIRE(violation.cycle.size() == 4);
    for (const Action action : violation.cycle) {
        CHECK(action.a == 1);
    }
}

TEST_CASE("philosophers starve where they all hold one fork") {
    const Violation violation = starvation_of(factory<Philosophers>(4, false));
    CHECK(violation.steps.size() == 4);
    CHECK(violation.cycle.empty());
    CHECK_FALSE(check_liveness(factory<Philosophers>(4, true), {}).violation);
}

TEST_CASE("a graph that is too large is not judged") {
    explore::LivenessOptions options;
    options.most_states = 1000;
    const LivenessReport report = check_liveness(factory<Ring>(12, false), options);
    CHECK(report.stop == explore::Stop::States);
    CHECK_FALSE(report.violation);
    options.most_states = 1'000'000;
    options.memory_bytes = 1 << 20;
    CHECK(check_liveness(factory<Ring>(12, false), options).stop == explore::Stop::Memory);
}

}  // namespace lmsim::tests
