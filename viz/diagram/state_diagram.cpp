#include "viz/diagram/state_diagram.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "model/spec/table.hpp"
#include "model/vfio/machine.hpp"
#include "sim/core/text.hpp"
#include "sim/metrics/display.hpp"

namespace lmsim::viz {
namespace {

/// The row of the driver's table behind an arc of the machine; nullptr for a reset or a failure.
const vfio::DriverArc* driver_arc(const fsm::Arc& arc) {
    for (const vfio::DriverArc& each : vfio::driver_arcs()) {
        if (each.rule == arc.rule && static_cast<std::uint8_t>(each.from) == arc.from &&
            static_cast<std::uint8_t>(each.to) == arc.to) {
            return &each;
        }
    }
    return nullptr;
}

bool features_allow(const fsm::Arc& arc, std::uint8_t flags, const spec::Rules& rules) {
    if (const vfio::DriverArc* row = driver_arc(arc)) {
        return row->exists(flags, rules);
    }
    const auto from = static_cast<vfio::MigState>(arc.from);
    return from == vfio::MigState::ERROR || vfio::supported(from, flags);
}

int group_of(const MachineInfo& machine, std::string_view state) {
    for (std::size_t i = 0; i < machine.groups.size(); ++i) {
        const auto& names = machine.groups[i].states;
        if (std::find(names.begin(), names.end(), state) != names.end()) {
            return static_cast<int>(i);
        }
    }
    return -1;
}

void add_state(StateDiagram& diagram, const MachineInfo& machine, std::uint8_t code,
               std::string_view name, Presence presence) {
    DrawnState* known = diagram.state(code);
    if (known != nullptr) {
        if (known->presence != presence) {
            known->presence = Presence::Both;
        }
        return;
    }
    DrawnState state;
    state.code = code;
    state.name = name;
    state.initial = code == machine.arcs.initial();
    state.group = group_of(machine, name);
    state.presence = presence;
    diagram.states.push_back(state);
}

void add_arc(StateDiagram& diagram, const MachineInfo& machine, const fsm::Arc& arc,
             Presence presence, bool decided) {
    DrawnArc drawn;
    drawn.arc = &arc;
    drawn.presence = presence;
    drawn.guard = decided ? std::string_view() : arc.guard;
    add_state(diagram, machine, arc.from, arc.source, presence);
    add_state(diagram, machine, arc.to, arc.target, presence);
    diagram.arcs.push_back(drawn);
}

/// The first state is there whatever leads to it.
void finish(StateDiagram& diagram, const MachineInfo& machine) {
    for (const fsm::Arc& arc : machine.arcs) {
        if (diagram.state(machine.arcs.initial()) == nullptr &&
            arc.from == machine.arcs.initial()) {
            add_state(diagram, machine, arc.from, arc.source, Presence::Both);
        }
    }
    if (DrawnState* first = diagram.state(machine.arcs.initial())) {
        first->presence = Presence::Both;
    }
    std::sort(diagram.states.begin(), diagram.states.end(),
              [](const DrawnState& a, const DrawnState& b) { return a.code < b.code; });
}

StateDiagram blank(const MachineInfo& machine) {
    StateDiagram diagram;
    diagram.name = machine.name();
    diagram.title = machine.title;
    for (const StateGroup& group : machine.groups) {
        diagram.groups.emplace_back(group.title);
    }
    return diagram;
}

std::string described(const Dialect& dialect) {
    std::string text = dialect.name.empty() ? "the ratified standard" : dialect.name;
    if (dialect.features) {
        text += " (" + feature_names(*dialect.features) + ")";
    }
    return text;
}

bool alike(const DrawnArc& a, const DrawnArc& b) {
    return a.arc->to == b.arc->to && a.arc->event == b.arc->event && a.guard == b.guard &&
           a.arc->action == b.arc->action && a.arc->rule == b.arc->rule &&
           a.presence == b.presence && !a.arc->internal && !b.arc->internal;
}

/// What a walk or a run marks is drawn by itself.
bool foldable(const DrawnArc& arc) { return arc.step == 0 && arc.heat.count == 0; }

}  // namespace

const DrawnState* StateDiagram::state(std::uint8_t code) const {
    for (const DrawnState& each : states) {
        if (each.code == code) {
            return &each;
        }
    }
    return nullptr;
}

DrawnState* StateDiagram::state(std::uint8_t code) {
    return const_cast<DrawnState*>(static_cast<const StateDiagram*>(this)->state(code));
}

std::vector<std::string> StateDiagram::state_names() const {
    std::vector<std::string> names;
    for (const DrawnState& each : states) {
        names.emplace_back(each.name);
    }
    return names;
}

bool exists(const MachineInfo& machine, const fsm::Arc& arc, const Dialect& dialect) {
    if (!dialect.rules.on(arc.rule)) {
        return false;
    }
    return !machine.has_features || !dialect.features ||
           features_allow(arc, *dialect.features, dialect.rules);
}

StateDiagram draw(const MachineInfo& machine, const Dialect& dialect) {
    StateDiagram diagram = blank(machine);
    const bool decided = machine.has_features && dialect.features.has_value();
    if (decided) {
        diagram.notes.push_back("features: " + feature_names(*dialect.features));
    }
    if (!dialect.name.empty()) {
        diagram.notes.push_back("profile: " + dialect.name);
    }
    for (const fsm::Arc& arc : machine.arcs) {
        if (exists(machine, arc, dialect)) {
            add_arc(diagram, machine, arc, Presence::Both, decided);
        }
    }
    finish(diagram, machine);
    return diagram;
}

StateDiagram draw_difference(const MachineInfo& machine, const Dialect& first,
                             const Dialect& second) {
    StateDiagram diagram = blank(machine);
    diagram.first = described(first);
    diagram.second = described(second);
    const bool decided = machine.has_features && first.features && second.features;
    std::size_t differences = 0;
    for (const fsm::Arc& arc : machine.arcs) {
        const bool in_first = exists(machine, arc, first);
        const bool in_second = exists(machine, arc, second);
        if (in_first || in_second) {
            const Presence presence = in_first && in_second ? Presence::Both
                                      : in_first            ? Presence::FirstOnly
                                                            : Presence::SecondOnly;
            differences += presence == Presence::Both ? 0 : 1;
            add_arc(diagram, machine, arc, presence, decided);
        }
    }
    finish(diagram, machine);
    if (differences == 0) {
        diagram.notes.push_back("no arc differs");
    }
    return diagram;
}

std::string feature_names(std::uint8_t flags) {
    std::vector<std::string> names{"STOP_COPY"};
    if ((flags & vfio::P2P_FLAG) != 0) {
        names.emplace_back("P2P");
    }
    if ((flags & vfio::PRE_COPY_FLAG) != 0) {
        names.emplace_back("PRE_COPY");
    }
    return sim::joined(names);
}

std::vector<Strand> strands(const StateDiagram& diagram) {
    constexpr std::size_t fewest = 4;
    std::vector<Strand> all;
    std::vector<bool> taken(diagram.arcs.size(), false);
    for (std::size_t i = 0; i < diagram.arcs.size(); ++i) {
        if (taken[i] || diagram.arcs[i].arc->internal) {
            continue;
        }
        std::vector<std::size_t> same{i};
        for (std::size_t j = i + 1; j < diagram.arcs.size() && foldable(diagram.arcs[i]); ++j) {
            if (!taken[j] && foldable(diagram.arcs[j]) && alike(diagram.arcs[i], diagram.arcs[j])) {
                same.push_back(j);
            }
        }
        if (same.size() < fewest || 5 * same.size() < 2 * diagram.states.size()) {
            same.resize(1);
        }
        Strand strand;
        for (const std::size_t at : same) {
            taken[at] = true;
            strand.arcs.push_back(&diagram.arcs[at]);
        }
        all.push_back(std::move(strand));
    }
    return all;
}

std::string source_phrase(const StateDiagram& diagram, const Strand& strand) {
    std::vector<std::string> in;
    std::vector<std::string> out;
    for (const DrawnState& state : diagram.states) {
        const bool source =
            std::any_of(strand.arcs.begin(), strand.arcs.end(),
                        [&](const DrawnArc* each) { return each->arc->from == state.code; });
        if (source) {
            in.emplace_back(state.name);
        } else if (state.code != strand.front().arc->to) {
            out.emplace_back(state.name);
        }
    }
    if (out.empty()) {
        return in.size() == diagram.states.size() ? "any state" : "any other state";
    }
    if (2 * out.size() <= in.size()) {
        return "any other state but " + sim::joined(out);
    }
    return sim::joined(in);
}

std::vector<const DrawnArc*> internal_arcs(const StateDiagram& diagram, std::uint8_t code) {
    std::vector<const DrawnArc*> list;
    for (const DrawnArc& each : diagram.arcs) {
        if (each.arc->internal && each.arc->from == code) {
            list.push_back(&each);
        }
    }
    return list;
}

std::string_view rule_name(const DrawnArc& arc) { return spec::row(arc.arc->rule).name; }

std::string heat_text(const Heat& heat) {
    if (heat.count == 0 && heat.time == 0) {
        return "";
    }
    const std::string times = fmt::format("{}x", heat.count);
    return heat.time == 0 ? times : times + ", " + sim::metrics::readable_time(heat.time);
}

}  // namespace lmsim::viz
