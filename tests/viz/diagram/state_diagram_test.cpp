#include "viz/diagram/state_diagram.hpp"

#include <algorithm>

#include "model/spec/table.hpp"
#include "model/vfio/machine.hpp"
#include "sim/profile/profile.hpp"
#include "tests/catch.hpp"
#include "tests/sim/metrics/golden.hpp"
#include "tests/viz/diagram/arcs.hpp"

using namespace lmsim;
using namespace lmsim::viz;
using namespace lmsim::viz::test;

namespace {

const std::vector<std::vector<std::string>> feature_sets{{"stop_copy"},
                                                         {"stop_copy", "p2p"},
                                                         {"stop_copy", "pre_copy"},
                                                         {"stop_copy", "p2p", "pre_copy"}};

Dialect with_features(const std::vector<std::string>& names) {
    Dialect dialect;
    std::string error;
    dialect.features = sim::parse_features(names, error);
    REQUIRE(error.empty());
    return dialect;
}

std::string golden_path(const std::string& name) {
    return "tests/viz/diagram/golden/" + name + ".dot";
}

const MachineInfo& machine_named(const char* name) {
    const MachineInfo* machine = find_machine(name);
    REQUIRE(machine != nullptr);
    return *machine;
}

/// Arcs of another version than the default's are off.
bool is_on(const fsm::Arc& arc) { return spec::Rules().on(arc.rule); }

}  // namespace

TEST_CASE("the diagram of each machine is the golden one", "[diagram]") {
    for (const MachineInfo& machine : machines()) {
        lmsim::tests::check_golden(golden_path(std::string(machine.name())),
                                   dot(draw(machine, {})));
    }
    for (const std::vector<std::string>& names : feature_sets) {
        std::string name = "vfio";
        for (const std::string& each : names) {
            name += "-" + each;
        }
        lmsim::tests::check_golden(golden_path(name),
                                   dot(draw(machine_named("vfio"), with_features(names))));
    }
}

TEST_CASE("each arc of a table is in its diagram, and no other", "[diagram]") {
    for (const MachineInfo& machine : machines()) {
        std::multiset<std::string> arcs;
        std::set<std::string> states;
        for (const fsm::Arc& arc : machine.arcs) {
            if (!is_on(arc)) {
                continue;
            }
            arcs.insert(arc_line(arc, true));
            states.insert({std::string(arc.source), std::string(arc.target)});
        }
        INFO(machine.name());
        const std::string text = dot(draw(machine, {}));
        CHECK(arcs_in(text) == arcs);
        CHECK(states_in(text) == states);
    }
}

TEST_CASE("each arc that a VFIO driver has is in the diagram of its features", "[diagram]") {
    const MachineInfo& machine = machine_named("vfio");
    const spec::Rules rules;
    for (const std::vector<std::string>& names : feature_sets) {
        const Dialect dialect = with_features(names);
        const std::uint8_t flags = *dialect.features;
        std::multiset<std::string> arcs;
        for (const fsm::Arc& arc : machine.arcs) {
            const auto from = static_cast<vfio::MigState>(arc.from);
            const bool driver = arc.event == arc.target;
            const auto reached = vfio::successors(flags, rules)[arc.from];
            const bool there = driver
                                   ? (reached >> arc.to & 1U) != 0
                                   : from == vfio::MigState::ERROR || vfio::supported(from, flags);
            if (there) {
                arcs.insert(arc_line(arc, false));
            }
        }
        INFO(feature_names(flags));
        CHECK(arcs_in(dot(draw(machine, dialect))) == arcs);
    }
}

TEST_CASE("an arc whose rule is off is in no diagram", "[diagram]") {
    for (const MachineInfo& machine : machines()) {
        std::set<spec::Id> ids;
        for (const fsm::Arc& arc : machine.arcs) {
            ids.insert(arc.rule);
        }
        for (const spec::Id id : ids) {
            Dialect dialect;
            dialect.rules.set_on(id, false);
            std::multiset<std::string> arcs;
            for (const fsm::Arc& arc : machine.arcs) {
                if (arc.rule != id && is_on(arc)) {
                    arcs.insert(arc_line(arc, true));
                }
            }
            INFO(machine.name() << " without " << spec::row(id).name);
            CHECK(arcs_in(dot(draw(machine, dialect))) == arcs);
        }
    }
}

TEST_CASE("a diagram begins in the machine's first state", "[diagram]") {
    const auto first = [](const char* name) {
        for (const DotEdge& edge : read_dot(dot(draw(machine_named(name), {}))).edges) {
            if (edge.from == "(start)") {
                return edge.to;
            }
        }
        return std::string();
    };
    CHECK(first("vfio") == "RUNNING");
    CHECK(first("controller") == "Disabled");
    CHECK(first("suspend") == "Operational");
    CHECK(first("user-data-log") == "Off");
}

TEST_CASE("groups name states of their table", "[diagram]") {
    for (const MachineInfo& machine : machines()) {
        const std::vector<std::string> names = draw(machine, {}).state_names();
        for (const StateGroup& group : machine.groups) {
            for (const std::string_view state : group.states) {
                INFO(machine.name() << ": " << state);
                CHECK(std::count(names.begin(), names.end(), state) == 1);
            }
        }
    }
}

TEST_CASE("names of machines are unique", "[diagram]") {
    std::set<std::string_view> names;
    for (const MachineInfo& machine : machines()) {
        CHECK(names.insert(machine.name()).second);
        CHECK((machine.also.empty() || names.insert(machine.also).second));
        CHECK(find_machine(machine.name()) == &machine);
    }
    CHECK(find_machine("") == nullptr);
}

TEST_CASE("a difference shows what only one of two profiles has", "[diagram]") {
    const MachineInfo& machine = machine_named("migration");
    Dialect first;
    first.name = "no <abort>";
    first.rules.set_on(spec::Id::MigrationSuspendAborted, false);
    Dialect second;
    second.rules.set_on(spec::Id::MigrationResetSuspended, false);
    second.name = "no reset";
    const std::string text = dot(draw_difference(machine, first, second));
    lmsim::tests::check_golden(golden_path("migration-diff"), text);
    std::size_t red = 0;
    std::size_t green = 0;
    for (const DotEdge& edge : read_dot(text).edges) {
        const auto style = edge.attributes.find("style");
        const auto width = edge.attributes.find("penwidth");
        const std::string label =
            edge.attributes.count("label") != 0 ? shown(edge.attributes.at("label")) : "";
        if (style != edge.attributes.end() && style->second == "dashed") {
            ++red;
            CHECK(edge.attributes.at("color") == "#c00000");
            CHECK(label == "CLR LM-MC-06");
        }
        if (width != edge.attributes.end() && width->second == "2.5") {
            ++green;
            CHECK(edge.attributes.at("color") == "#007a33");
            CHECK(label == "Abort LM-MC-07");
        }
    }
    CHECK(red == 1);
    CHECK(green == 1);
    std::multiset<std::string> both = arcs_of(machine, {});
    CHECK(arcs_in(text) == both);
    CHECK(shown(read_dot(text).attributes.at("label")).find("no <abort>") != std::string::npos);
}

TEST_CASE("features make a difference too, and no difference is said", "[diagram]") {
    const MachineInfo& machine = machine_named("vfio");
    const Dialect first = with_features({"p2p"});
    const Dialect second = with_features({"p2p", "pre_copy"});
    const StateDiagram diagram = draw_difference(machine, first, second);
    lmsim::tests::check_golden(golden_path("vfio-diff"), dot(diagram));
    for (const DrawnState& state : diagram.states) {
        const bool pre_copy = state.name.substr(0, 8) == "PRE_COPY";
        CHECK(state.presence == (pre_copy ? Presence::SecondOnly : Presence::Both));
    }
    CHECK(draw_difference(machine, first, first).notes ==
          std::vector<std::string>{"no arc differs"});
    CHECK(diagram.notes.empty());
}

TEST_CASE("a machine without any arc still has its first state", "[diagram]") {
    const MachineInfo& machine = machine_named("migration");
    Dialect dialect;
    for (const fsm::Arc& arc : machine.arcs) {
        dialect.rules.set_on(arc.rule, false);
    }
    const std::string text = dot(draw(machine, dialect));
    CHECK(arcs_in(text).empty());
    CHECK(states_in(text) == std::set<std::string>{"Operational"});
}

TEST_CASE("Mermaid and PlantUML show every strand of arcs", "[diagram]") {
    for (const MachineInfo& machine : machines()) {
        const StateDiagram diagram = draw(machine, {});
        std::size_t internal = 0;
        for (const DrawnState& state : diagram.states) {
            internal += internal_arcs(diagram, state.code).size();
        }
        for (const std::string& text : {mermaid(diagram), plantuml(diagram)}) {
            std::size_t arrows = 0;
            for (std::size_t at = text.find("-> "); at != std::string::npos;
                 at = text.find("-> ", at + 1)) {
                ++arrows;
            }
            INFO(text);
            CHECK(arrows == strands(diagram).size() + 1);  // and the one to the first state
            CHECK(static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) >=
                  arrows + internal + diagram.states.size());
        }
    }
    const StateDiagram vfio = draw(machine_named("vfio"), {});
    lmsim::tests::check_golden("tests/viz/diagram/golden/vfio.mmd", mermaid(vfio));
    lmsim::tests::check_golden("tests/viz/diagram/golden/vfio.puml", plantuml(vfio));
}
