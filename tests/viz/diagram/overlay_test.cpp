#include "viz/diagram/overlay.hpp"

#include <limits>

#include "tests/catch.hpp"
#include "tests/sim/metrics/golden.hpp"
#include "tests/viz/diagram/arcs.hpp"

using namespace lmsim;
using namespace lmsim::viz;
using namespace lmsim::viz::test;
using sim::trace::Side;
using sim::trace::StateRecord;

namespace {

StateRecord row(sim::Ps at, sim::trace::Device vf, const char* from, const char* event,
                const char* state, const char* rule) {
    StateRecord record;
    record.at = at;
    record.vf = vf;
    record.machine = "migration";
    record.from = from;
    record.event = event;
    record.state = state;
    record.rule = rule;
    return record;
}

const MachineInfo& machine() { return *find_machine("migration"); }

/// Two VFs: one suspended from 30 to 60, one aborted; 100 in all.
HeatMeter metered() {
    HeatMeter meter(machine());
    meter.state(row(10, 0, "Operational", "Suspend", "Suspending", "LM-MC-01"));
    meter.state(row(20, 1, "Operational", "Suspend", "Suspending", "LM-MC-01"));
    meter.state(row(30, 0, "Suspending", "drained", "Suspended", "LM-MC-02"));
    meter.state(row(40, 1, "Suspending", "Abort", "Operational", "LM-MC-07"));
    meter.state(row(50, 0, "Suspended", "Suspend", "Suspended", "LM-MC-03"));
    meter.state(row(60, 0, "Suspended", "Resume", "Operational", "LM-MC-04"));
    meter.note(100, "end");
    return meter;
}

}  // namespace

TEST_CASE("a run's counts and times are on states and arcs", "[diagram]") {
    StateDiagram diagram = draw(machine(), {});
    metered().apply(diagram, "<q>, seed 1");
    CHECK(diagram.heated);
    const auto state = [&](std::uint8_t code) { return diagram.state(code)->heat; };
    CHECK(state(0).count == 2);  // entered; both VFs began there too
    CHECK(state(0).time == 10 + 40 + 20 + 60);
    CHECK(state(1).count == 2);
    CHECK(state(1).time == 20 + 20);
    CHECK(state(2).count == 1);
    CHECK(state(2).time == 30);
    sim::Ps whole = 0;
    for (const DrawnState& each : diagram.states) {
        whole += each.heat.time;
    }
    CHECK(whole == 2 * 100);
    for (const DrawnArc& arc : diagram.arcs) {
        const bool clear = arc.arc->event == "CLR";
        CHECK(arc.heat.count == (clear                                               ? 0U
                                 : arc.arc->event == "Suspend" && !arc.arc->internal ? 2U
                                                                                     : 1U));
    }
    CHECK(diagram.arcs[0].heat.time == 10 + 20);
    CHECK(diagram.arcs[2].heat.time == 20);  // internal: waited from 30 to 50
    lmsim::tests::check_golden("tests/viz/diagram/golden/migration-overlay.dot", dot(diagram));
    CHECK(arcs_in(dot(diagram)).size() == machine().arcs.size());
}

TEST_CASE("what the diagram has no place for is said", "[diagram]") {
    Dialect dialect;
    dialect.rules.set_on(spec::Id::MigrationResume, false);
    StateDiagram diagram = draw(machine(), dialect);
    HeatMeter meter = metered();
    meter.state(row(70, 0, "Operational", "fly", "Suspended", "LM-MC-01"));
    meter.apply(diagram, "r");
    CHECK(diagram.notes.back() == "2 of 7 arcs taken are not in this diagram");
    StateDiagram idle = draw(machine(), {});
    HeatMeter(machine()).apply(idle, "r");
    CHECK(idle.notes.back() == "a run of r: 0 instances of this machine, 0 s");
}

TEST_CASE("records of other machines and checkpoints do not count", "[diagram]") {
    HeatMeter meter(machine());
    StateRecord other = row(10, 0, "Operational", "Suspend", "Suspending", "LM-MC-01");
    other.machine = "vfio";
    meter.state(other);
    StateRecord checkpoint;
    checkpoint.machine = "migration";
    checkpoint.state = "Suspended";
    meter.state(checkpoint);
    StateDiagram diagram = draw(machine(), {});
    meter.apply(diagram, "r");
    for (const DrawnState& each : diagram.states) {
        CHECK(each.heat.count == 0);
    }
}

TEST_CASE("sides and queues are machines of their own", "[diagram]") {
    HeatMeter meter(machine());
    meter.state(row(10, 0, "Operational", "Suspend", "Suspending", "LM-MC-01"));
    StateRecord other = row(40, 0, "Operational", "Suspend", "Suspending", "LM-MC-01");
    other.side = Side::Destination;
    meter.state(other);
    StateRecord queue = row(50, 0, "Operational", "Suspend", "Suspending", "LM-MC-01");
    queue.queue = 3;
    meter.state(queue);
    StateDiagram diagram = draw(machine(), {});
    meter.apply(diagram, "r");
    CHECK(diagram.state(0)->heat.time == 10 + 40 + 50);
    CHECK(diagram.state(1)->heat.time == 40 + 10);
    CHECK(diagram.arcs[0].heat.count == 3);
}

TEST_CASE("a trace with impossible times is laid over without harm", "[diagram]") {
    constexpr sim::Ps largest = std::numeric_limits<sim::Ps>::max();
    HeatMeter meter(machine());
    for (const std::int32_t vf : {0, 1, 2}) {
        meter.state(row(largest, vf, "Operational", "Suspend", "Suspending", "LM-MC-01"));
        meter.state(row(5, vf, "Suspending", "drained", "Suspended", "LM-MC-02"));
    }
    StateDiagram diagram = draw(machine(), {});
    meter.apply(diagram, "r");
    CHECK(diagram.state(0)->heat.time == largest);
    CHECK(diagram.state(1)->heat.time == 0);
    CHECK_FALSE(dot(diagram).empty());
}
