#include "model/explore/world/memory_config.hpp"

#include "model/explore/search/liveness.hpp"
#include "tests/catch.hpp"
#include "tests/model/explore/world/small_worlds.hpp"

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

}  // namespace

TEST_CASE("every page that a VF writes is sent again, whatever the order of things", "[explore]") {
    MemoryConfig coarse;
    coarse.coarse = true;
    check_counts(factory, {{small(2), 43'090, 157'660, 33},
                           {MemoryConfig{}, 128'968, 486'799, 38},
                           {coarse, 54'470, 206'738, 33}});
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
    check_planted(factory, {
                               {Id::HostTracksBeforeCopy, small(2), "INV-PAGE-01"},
                               {Id::HostReadsWholeReport, narrow, "INV-PAGE-01"},
                               {Id::TrackIncludesData, small(1), "INV-PAGE-01"},
                               {Id::TrackIncludesCompletions, small(1), "INV-PAGE-01"},
                               {Id::SuspendStopsTransactions, small(1), "INV-PAGE-01"},
                               {Id::SuspendCompletesAfterDrain, small(1), "INV-PAGE-01"},
                               {Id::MemoryLogReported, small(1), "deadlock"},
                               {Id::MemoryLogStopped, small(1), "deadlock"},
                           });
}

TEST_CASE("each step of a counterexample says what happens: memory", "[explore]") {
    spec::Rules rules;
    rules.set_on(Id::TrackIncludesCompletions, false);
    check_steps(factory(small(1), rules), "INV-PAGE-01");
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
