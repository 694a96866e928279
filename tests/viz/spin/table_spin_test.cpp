#include <set>
#include <vector>

#include "tests/viz/spin/spin.hpp"
#include "viz/spin/promela.hpp"

using namespace lmsim;
using namespace lmsim::viz::test;

namespace {

/// States of a table that its arcs lead to, whatever their guards say; arcs of other versions than
/// the default's are off.
std::size_t reachable(const fsm::ArcList& arcs) {
    std::set<std::uint8_t> seen{arcs.initial()};
    std::vector<std::uint8_t> open{arcs.initial()};
    while (!open.empty()) {
        const std::uint8_t state = open.back();
        open.pop_back();
        for (const fsm::Arc& arc : arcs) {
            const bool on = spec::Rules().on(arc.rule);
            if (on && arc.from == state && seen.insert(arc.to).second) {
                open.push_back(arc.to);
            }
        }
    }
    return seen.size();
}

}  // namespace

TEST_CASE("the table of every other machine goes out to Spin", "[spin]") {
    if (!has_spin()) {
        return;
    }
    for (const viz::MachineInfo& machine : viz::machines()) {
        const std::string_view name = machine.name();
        if (name == "vfio" || name == "controller" || name == "migration") {
            continue;
        }
        const Verified spin = verify(viz::promela(machine, {}));
        INFO(name << "\n" << spin.output);
        CHECK(spin.errors == 0);
        CHECK(spin.states == reachable(machine.arcs));
    }
}

TEST_CASE("the same model has the same text, and a profile's name cannot end a comment", "[spin]") {
    const viz::MachineInfo& vfio = *viz::find_machine("vfio");
    viz::Dialect dialect;
    dialect.name = "x */ #include </etc/passwd>\n\\\n?";
    const std::string text = viz::promela(vfio, dialect);
    CHECK(text == viz::promela(vfio, dialect));
    CHECK(text.find("; x __ _include __etc_passwd_____.\n") != std::string::npos);
    CHECK(viz::promela(*viz::find_machine("controller"), {}) ==
          viz::promela(*viz::find_machine("migration"), {}));
}
