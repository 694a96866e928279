#include "model/explore/world/memory_config.hpp"

#include <string>

#include "model/check/invariant.hpp"
#include "model/explore/search/liveness.hpp"
#include "model/explore/search/search.hpp"
#include "tests/catch.hpp"

using namespace lmsim;
using namespace lmsim::explore;
using spec::Id;

namespace {

/// A VMM that does not give up.
MemoryConfig small(std::uint8_t pages) {
    MemoryConfig config;
    config.pages = pages;
    config.abort = false;
    return config;
}

SystemFactory factory(const MemoryConfig& config, const spec::Rules& rules) {
    return [config, rules] { return make_memory_world(config, rules); };
}

/// "INV-PAGE-01", "deadlock", or "" if nothing falls.
std::string verdict(const MemoryConfig& config, const spec::Rules& rules, SearchReport& report) {
    SearchOptions options;
    options.jobs = 2;
    report = search(factory(config, rules), options);
    if (report.violations.empty()) {
        return report.complete() ? "" : "partial";
    }
    const Violation& violation = report.violations.front();
    return violation.kind == Violation::Kind::Invariant ? std::string(violation.invariant->id)
                                                        : "deadlock";
}

}  // namespace

TEST_CASE("every page that a VF writes is sent again, whatever the order of things", "[explore]") {
    MemoryConfig coarse;
    coarse.coarse = true;
    const struct {
        MemoryConfig config;
        std::uint64_t states;
        std::uint64_t transitions;
        std::uint64_t depth;
    } counted[] = {{small(2), 43'090, 157'660, 33},
                   {MemoryConfig{}, 128'968, 486'799, 38},
                   {coarse, 54'470, 206'738, 33}};
    for (const auto& each : counted) {
        CAPTURE(each.config.coarse, each.config.abort);
        SearchReport report;
        CHECK(verdict(each.config, {}, report) == "");
        CHECK(report.states == each.states);
        CHECK(report.transitions == each.transitions);
        CHECK(report.depth == each.depth);
    }
}

TEST_CASE("a suspended VF's VM arrives in the end", "[explore]") {
    MemoryConfig config = small(2);
    config.descriptors = 1;
    const LivenessReport report = check_liveness(factory(config, {}), {});
    CHECK(report.complete());
    CHECK_FALSE(report.violation);
    // Without forgetting what it told the controller has more to report for ever.
    spec::Rules rules;
    rules.set_on(Id::TrackReceiveForgets, false);
    CHECK(check_liveness(factory(config, rules), {}).violation);
}

TEST_CASE("planted defects of tracking, controller and host are found", "[explore]") {
    MemoryConfig narrow = small(2);
    narrow.descriptors = 1;
    const struct {
        Id off;
        MemoryConfig config;
        const char* falls;
    } planted[] = {
        {Id::HostTracksBeforeCopy, small(2), "INV-PAGE-01"},
        {Id::HostReadsWholeReport, narrow, "INV-PAGE-01"},
        {Id::TrackIncludesData, small(1), "INV-PAGE-01"},
        {Id::TrackIncludesCompletions, small(1), "INV-PAGE-01"},
        {Id::SuspendStopsTransactions, small(1), "INV-PAGE-01"},
        {Id::SuspendCompletesAfterDrain, small(1), "INV-PAGE-01"},
        {Id::MemoryLogReported, small(1), "deadlock"},
        {Id::MemoryLogStopped, small(1), "deadlock"},
    };
    for (const auto& each : planted) {
        spec::Rules rules;
        rules.set_on(each.off, false);
        SearchReport report;
        CAPTURE(spec::index(each.off));
        CHECK(verdict(each.config, rules, report) == each.falls);
    }
}

TEST_CASE("each step of a counterexample says what happens: memory", "[explore]") {
    spec::Rules rules;
    rules.set_on(Id::TrackIncludesCompletions, false);
    SearchReport report;
    REQUIRE(verdict(small(1), rules, report) == "INV-PAGE-01");
    const auto world = make_memory_world(small(1), rules);
    std::vector<std::uint8_t> state(world->state_bytes());
    world->initial(state.data());
    std::string last;
    const check::Invariant* broken = nullptr;
    for (const Action action : report.violations.front().steps) {
        CHECK(broken == nullptr);
        last = world->describe(state.data(), action);
        const Arrow arrow = world->arrow(state.data(), action);
        CHECK(last.size() >= arrow.text.size() + 3);
        CHECK(last.substr(last.size() - arrow.text.size()) == arrow.text);
        CHECK_FALSE(arrow.from.empty());
        CHECK(arrow.from != arrow.to);
        broken = world->apply(state.data(), action).broken;
    }
    CHECK(last == "VMM: all is copied, the VM runs on the destination");
    REQUIRE(broken != nullptr);
    CHECK(broken->id == "INV-PAGE-01");
}

TEST_CASE("a tracked memory that is too large or too small is refused", "[explore]") {
    MemoryConfig config;
    CHECK(objection(config) == "");
    config.pages = 3;
    CHECK(objection(config) == "pages is 3, expected 1 to 2");
    config = {};
    config.descriptors = 0;
    CHECK(objection(config) == "descriptors is 0, expected 1 to 3");
    config = {};
    config.commands = 3;
    CHECK(objection(config) == "commands is 3, expected 1 to 2");
}
