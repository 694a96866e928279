#include "tests/viz/diagram/arcs.hpp"

#include <sstream>

#include "model/spec/table.hpp"

namespace lmsim::viz::test {
namespace {

bool is_state(const std::string& node) { return node.empty() || node.front() != '('; }

}  // namespace

std::string arc_line(const fsm::Arc& arc, bool guarded) {
    std::string text(arc.source);
    text += arc.internal ? "" : " -> " + std::string(arc.target);
    text += ": " + std::string(arc.event);
    text += guarded && !arc.guard.empty() ? " [" + std::string(arc.guard) + "]" : "";
    text += arc.action.empty() ? "" : " / " + std::string(arc.action);
    return text + " " + std::string(spec::row(arc.rule).name);
}

std::multiset<std::string> arcs_in(const std::string& dot) {
    const DotGraph graph = read_dot(dot);
    std::multiset<std::string> arcs;
    for (const DotEdge& edge : graph.edges) {
        if (edge.from == "(start)") {
            continue;
        }
        std::string sources = edge.from;
        if (!is_state(edge.from)) {
            sources = graph.nodes.at(edge.from).at("tooltip");
        }
        std::istringstream list(sources);
        for (std::string source; list >> source;) {
            arcs.insert(source + " -> " + edge.to + ": " + shown(edge.attributes.at("label")));
        }
    }
    for (const auto& [name, attributes] : graph.nodes) {
        if (is_state(name)) {
            const std::vector<std::string> lines = rows(attributes.at("label"));
            for (std::size_t i = 1; i < lines.size(); ++i) {
                arcs.insert(name + ": " + lines[i]);
            }
        }
    }
    return arcs;
}

std::set<std::string> states_in(const std::string& dot) {
    std::set<std::string> states;
    for (const auto& [name, attributes] : read_dot(dot).nodes) {
        if (is_state(name)) {
            states.insert(name);
        }
    }
    return states;
}

std::multiset<std::string> arcs_of(const MachineInfo& machine, const Dialect& dialect) {
    std::multiset<std::string> arcs;
    for (const fsm::Arc& arc : machine.arcs) {
        if (exists(machine, arc, dialect)) {
            arcs.insert(arc_line(arc, !machine.has_features || !dialect.features));
        }
    }
    return arcs;
}

}  // namespace lmsim::viz::test
