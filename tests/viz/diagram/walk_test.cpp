#include "viz/diagram/walk.hpp"

#include <algorithm>

#include "model/vfio/machine.hpp"
#include "sim/profile/profile.hpp"
#include "tests/catch.hpp"
#include "tests/sim/metrics/golden.hpp"
#include "tests/viz/diagram/arcs.hpp"

using namespace lmsim;
using namespace lmsim::viz;
using namespace lmsim::viz::test;

namespace {

struct Walked {
    StateDiagram diagram;
    std::string error;

    /// The states in the order of the walk.
    std::vector<std::string> states() const {
        std::vector<const DrawnState*> on;
        for (const DrawnState& each : diagram.states) {
            if (each.step != 0) {
                on.push_back(&each);
            }
        }
        std::sort(on.begin(), on.end(),
                  [](const DrawnState* a, const DrawnState* b) { return a->step < b->step; });
        std::vector<std::string> names;
        for (const DrawnState* each : on) {
            names.emplace_back(each->name);
        }
        return names;
    }
};

Walked walked(const char* name, const std::string& walk, const Dialect& dialect = {}) {
    const MachineInfo* machine = find_machine(name);
    REQUIRE(machine != nullptr);
    Walked result{draw(*machine, dialect), ""};
    result.error = mark_walk(result.diagram, *machine, dialect, walk);
    return result;
}

Dialect features(std::uint8_t flags) {
    Dialect dialect;
    dialect.features = flags;
    return dialect;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("a walk of the VFIO machine is marked as the driver walks", "[diagram]") {
    const Walked result = walked("vfio", "RUNNING:RESUMING", features(vfio::all_mig_flags));
    CHECK(result.error.empty());
    CHECK(result.states() == Names{"RUNNING", "RUNNING_P2P", "STOP", "RESUMING"});
    lmsim::tests::check_golden("tests/viz/diagram/golden/vfio-path.dot", dot(result.diagram));
    CHECK(walked("vfio", "RUNNING:RESUMING", features(vfio::STOP_COPY_FLAG)).states() ==
          Names{"RUNNING", "STOP", "RESUMING"});
}

/// Do the marked arcs lead from each marked state to the next?
bool connected(const Walked& walk) {
    const Names names = walk.states();
    const auto arcs =
        std::count_if(walk.diagram.arcs.begin(), walk.diagram.arcs.end(), [&](const DrawnArc& arc) {
            return arc.step != 0 && names[arc.step - 1] == arc.arc->source &&
                   names[arc.step] == arc.arc->target;
        });
    return static_cast<std::size_t>(arcs) + 1 == names.size();
}

TEST_CASE("every walk between two VFIO states takes arcs one after the other", "[diagram]") {
    std::size_t walks = 0;
    for (const std::uint8_t flags : {1, 3, 5, 7}) {
        const StateDiagram all = draw(*find_machine("vfio"), features(flags));
        for (const DrawnState& from : all.states) {
            for (const DrawnState& to : all.states) {
                const std::string ends = std::string(from.name) + ":" + std::string(to.name);
                const Walked result = walked("vfio", ends, features(flags));
                const vfio::Path path =
                    vfio::find_path(static_cast<vfio::MigState>(from.code),
                                    static_cast<vfio::MigState>(to.code), flags, spec::Rules());
                INFO(ends << " with " << int(flags));
                CHECK(result.states().size() == path.size);
                CHECK(result.error.empty() == (path.size != 0));
                if (path.size != 0) {
                    CHECK(result.states().front() == from.name);
                    CHECK(result.states().back() == to.name);
                    CHECK(connected(result));
                    ++walks;
                } else {
                    CHECK(result.error == std::string(to.name) + " cannot be reached from " +
                                              std::string(from.name) +
                                              " by arcs that a driver takes");
                }
            }
        }
    }
    CHECK(walks > 90);
}

TEST_CASE("other machines take the fewest arcs", "[diagram]") {
    CHECK(walked("controller", "Ready:Enabling").states() ==
          Names{"Ready", "Disabled", "Enabling"});
    CHECK(walked("controller", "Ready:Ready").states() == Names{"Ready"});
    CHECK(walked("migration", "Suspended:Suspending").states() ==
          Names{"Suspended", "Operational", "Suspending"});
}

TEST_CASE("a walk is drawn bold and numbered, out of any fold", "[diagram]") {
    const Walked result = walked("controller", "Ready:Enabling");
    std::size_t bold = 0;
    for (const DotEdge& edge : read_dot(dot(result.diagram)).edges) {
        if (edge.attributes.count("penwidth") != 0) {
            ++bold;
            CHECK(edge.attributes.at("penwidth") == "3");
            const std::string label = shown(edge.attributes.at("label"));
            CHECK(label.substr(0, 3) == (edge.from == "Ready" ? "1. " : "2. "));
            CHECK(edge.to == (edge.from == "Ready" ? "Disabled" : "Enabling"));
        }
    }
    CHECK(bold == 2);
}

TEST_CASE("what is no walk is refused with what was expected", "[diagram]") {
    CHECK(walked("migration", "Suspended").error ==
          "\"Suspended\" is no walk; expected FROM:TO, such as Operational:Suspended");
    CHECK(walked("migration", "Suspend:Operational").error ==
          "no state \"Suspend\" in this diagram; did you mean Suspended?; there are Operational, "
          "Suspending, Suspended");
    CHECK(walked("vfio", "RUNNING:PRE_COPY", features(vfio::STOP_COPY_FLAG))
              .error.find("no state \"PRE_COPY\" in this diagram") == 0);
    CHECK(walked("memory-log", "Off:\x1b[2J").error.find("no state \"\\u001B[2J\"") == 0);
    CHECK(walked("vmm-rollback", "Done:Idle").error == "Idle cannot be reached from Done");
    CHECK_FALSE(walked("migration", ":").error.empty());
    CHECK_FALSE(walked("migration", "").error.empty());
}
