#include "viz/diagram/walk.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "model/assert.hpp"
#include "model/vfio/machine.hpp"
#include "sim/core/text.hpp"

namespace lmsim::viz {
namespace {

using Codes = std::vector<std::uint8_t>;

std::string unknown_state(const StateDiagram& diagram, std::string_view name) {
    const std::vector<std::string> names = diagram.state_names();
    const std::string near = sim::nearest(name, names);
    return fmt::format("no state {} in this diagram{}; there are {}", sim::in_quotes(name),
                       near.empty() ? "" : "; did you mean " + near + "?", sim::joined(names));
}

const DrawnState* find_state(const StateDiagram& diagram, std::string_view name) {
    for (const DrawnState& each : diagram.states) {
        if (each.name == name) {
            return &each;
        }
    }
    return nullptr;
}

/// The states of the shortest walk over arcs that are drawn; of equally short ones the first in the
/// order of the table. Empty if there is none.
Codes fewest_arcs(const StateDiagram& diagram, std::uint8_t from, std::uint8_t to) {
    Codes reached{from};
    std::vector<std::size_t> before{0};
    for (std::size_t at = 0; at < reached.size() && reached.back() != to; ++at) {
        for (const DrawnArc& each : diagram.arcs) {
            const bool known =
                std::find(reached.begin(), reached.end(), each.arc->to) != reached.end();
            if (each.arc->from == reached[at] && !known && reached.back() != to) {
                reached.push_back(each.arc->to);
                before.push_back(at);
            }
        }
    }
    if (reached.back() != to) {
        return {};
    }
    Codes walk;
    for (std::size_t at = reached.size() - 1; at != 0; at = before[at]) {
        walk.push_back(reached[at]);
    }
    walk.push_back(from);
    std::reverse(walk.begin(), walk.end());
    return walk;
}

Codes as_the_driver(const Dialect& dialect, std::uint8_t from, std::uint8_t to) {
    const vfio::Path path =
        vfio::find_path(static_cast<vfio::MigState>(from), static_cast<vfio::MigState>(to),
                        dialect.features.value_or(vfio::all_mig_flags), dialect.rules);
    Codes walk;
    for (std::size_t i = 0; i < path.size; ++i) {
        walk.push_back(static_cast<std::uint8_t>(path.states[i]));
    }
    return walk;
}

/// The drawn arc that a walk takes: of a driver, the one whose event asks for its target.
DrawnArc* arc_between(StateDiagram& diagram, std::uint8_t from, std::uint8_t to, bool driver) {
    for (DrawnArc& each : diagram.arcs) {
        const bool meant = !driver || each.arc->event == each.arc->target;
        if (each.arc->from == from && each.arc->to == to && meant) {
            return &each;
        }
    }
    return nullptr;
}

}  // namespace

std::string mark_walk(StateDiagram& diagram, const MachineInfo& machine, const Dialect& dialect,
                      std::string_view walk) {
    const std::size_t colon = walk.find(':');
    if (colon == std::string_view::npos) {
        return fmt::format("{} is no walk; expected FROM:TO, such as {}:{}", sim::in_quotes(walk),
                           diagram.states.front().name, diagram.states.back().name);
    }
    std::uint8_t ends[2] = {};
    for (const std::size_t i : {0U, 1U}) {
        const std::string_view name = i == 0 ? walk.substr(0, colon) : walk.substr(colon + 1);
        const DrawnState* state = find_state(diagram, name);
        if (state == nullptr) {
            return unknown_state(diagram, name);
        }
        ends[i] = state->code;
    }
    const Codes codes = machine.has_features ? as_the_driver(dialect, ends[0], ends[1])
                                             : fewest_arcs(diagram, ends[0], ends[1]);
    if (codes.empty()) {
        return fmt::format("{} cannot be reached from {}{}", diagram.state(ends[1])->name,
                           diagram.state(ends[0])->name,
                           machine.has_features ? " by arcs that a driver takes" : "");
    }
    for (std::size_t i = 0; i < codes.size(); ++i) {
        diagram.state(codes[i])->step = static_cast<unsigned>(i + 1);
        if (i + 1 < codes.size()) {
            DrawnArc* arc = arc_between(diagram, codes[i], codes[i + 1], machine.has_features);
            LMSIM_ASSERT(arc != nullptr);
            arc->step = static_cast<unsigned>(i + 1);
        }
    }
    diagram.notes.push_back(fmt::format(
        "walk from {} to {}: {}", diagram.state(ends[0])->name, diagram.state(ends[1])->name,
        codes.size() == 1   ? "already there"
        : codes.size() == 2 ? "1 arc"
                            : fmt::format("{} arcs", codes.size() - 1)));
    return "";
}

}  // namespace lmsim::viz
