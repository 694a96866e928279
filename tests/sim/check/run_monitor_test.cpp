#include "sim/check/run_monitor.hpp"

#include "tests/catch.hpp"
#include "tests/sim/run/run_child.hpp"
#include "tests/sim/run/small_vm.hpp"

// A simulated run is judged while it happens. Here its device leaves out what the standard demands.

namespace lmsim::tests {

namespace {

using spec::Id;

Run small_run() {
    Run run;
    run.scenario = std::string(small_vm) + "[hosts.both.device]\nvfs = 1\n";
    run.jobs.push_back(
        {"[job]\nsize=8m\ntime_based\nruntime=1h\nrw=randrw\niodepth=8\nnumjobs=2\n", {}});
    return run;
}

std::string first_broken(const nlohmann::json& result) {
    const auto& all = result["broken_invariants"];
    return all.empty() ? "none" : all[0]["id"].get<std::string>();
}

/// Remembers what a trace is told beside the records of other kinds.
class Observations : public sim::trace::TraceSink {
  public:
    void seen(const sim::trace::SeenRecord& record) override { all.push_back(record.seen.what); }
    std::vector<check::What> all;
};

}  // namespace

TEST_CASE("a run that obeys breaks nothing", "[check]") {
    CHECK(first_broken(run_in_child(small_run()).result) == "none");
}

TEST_CASE("a device that leaves something out is found in the run", "[check]") {
    struct Case {
        Id rule;
        const char* option;
        const char* broken;
    };
    // Most commands wait in their queue.
    const char* const narrow = "hosts.both.device.contexts=1";
    const char* const logged = "hosts.both.driver.log_user_data=true";
    const char* const tracked = "hosts.both.driver.track_memory=true";
    const Case cases[] = {
        {Id::SuspendFinishesFetched, narrow, "INV-CMD-06"},
        {Id::SuspendStopsTransactions, narrow, "INV-SUSP-01"},
        {Id::SuspendCompletesAfterDrain, narrow, "INV-VFIO-03"},
        {Id::WriteIsLogged, logged, "INV-LOG-01"},
        {Id::CdqPhaseInverts, logged, "INV-CDQ-01"},
        {Id::TrackIncludesData, tracked, "INV-PAGE-01"},
    };
    for (const Case& c : cases) {
        Run run = small_run();
        run.options = {c.option};
        run.rules.set_on(c.rule, false);
        INFO(spec::row(c.rule).name);
        CHECK(first_broken(run_in_child(run).result) == c.broken);
    }
}

TEST_CASE("the trace is told of what breaks, and not of every read", "[check]") {
    Observations told;
    sim::RunMonitor monitor(&told);
    using check::What;
    using metrics = sim::metrics::Side;
    for (const What what : {What::Suspended, What::Reads, What::VmRuns}) {
        monitor.tell(7, sim::observe(what, metrics::Source, 0));
    }
    CHECK(told.all == std::vector<What>{What::Reads, What::VmRuns});
    REQUIRE(monitor.breaches().size() == 1);
    CHECK(monitor.breaches()[0].invariant == check::invariant(check::Inv::SuspendedFetchesNothing));
    CHECK(monitor.breaches()[0].at == 7);
    monitor.tell(8, sim::observe(What::Reads, metrics::Source, 0));
    CHECK(monitor.breaches()[0].times == 2);
    CHECK(monitor.breaches()[0].at == 7);
}

}  // namespace lmsim::tests
