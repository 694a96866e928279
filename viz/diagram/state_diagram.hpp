#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/spec/rules.hpp"
#include "sim/core/event_queue.hpp"
#include "viz/diagram/machines.hpp"

namespace lmsim::viz {

/// A comparison of two sets of rules: in which of them something exists.
enum class Presence : std::uint8_t { Both, FirstOnly, SecondOnly };

/// What a run did there.
struct Heat {
    std::uint64_t count = 0;
    sim::Ps time = 0;       // in the state; of an arc: in its source, before it was taken
    std::uint32_t ppm = 0;  // share of the machine's whole time
};

struct DrawnState {
    std::uint8_t code = 0;
    std::string_view name;
    bool initial = false;
    int group = -1;     // index into groups
    unsigned step = 0;  // its number on the walk, from 1; 0: not on it
    Presence presence = Presence::Both;
    Heat heat;
};

struct DrawnArc {
    const fsm::Arc* arc = nullptr;
    std::string_view guard;  // empty where the chosen features decide it
    unsigned step = 0;       // its number on the walk, from 1; 0: not on it
    Presence presence = Presence::Both;
    Heat heat;
};

/// What is drawn: states and arcs out of a table, and what is said about them. Values only, the
/// same for all formats.
struct StateDiagram {
    std::string name;
    std::string title;
    std::vector<std::string> notes;  // lines below the title
    std::vector<DrawnState> states;  // by their bytes
    std::vector<DrawnArc> arcs;      // in the order of the table
    std::vector<std::string> groups;
    bool heated = false;        // heat means something
    std::string first, second;  // names of what is compared; empty: nothing is

    const DrawnState* state(std::uint8_t code) const;
    DrawnState* state(std::uint8_t code);
    /// The names of the states, as drawn.
    std::vector<std::string> state_names() const;
};

/// What makes one table give different pictures.
struct Dialect {
    std::string name;  // of the profile; empty: the ratified standard
    spec::Rules rules = spec::Rules::ratified();
    std::optional<std::uint8_t> features;  // VFIO's flags; none: arcs of all sets, with guards
};

/// Is the arc there? Its rule is on, and the driver's features allow it.
bool exists(const MachineInfo& machine, const fsm::Arc& arc, const Dialect& dialect);

/// The machine as the table has it under a dialect.
StateDiagram draw(const MachineInfo& machine, const Dialect& dialect);

/// The machine under two dialects, each arc with the one that has it.
StateDiagram draw_difference(const MachineInfo& machine, const Dialect& first,
                             const Dialect& second);

/// "STOP_COPY, P2P"
std::string feature_names(std::uint8_t flags);

/// Arcs drawn as one: a single one, or arcs that differ only in their source, from so many states
/// that lines from each would hide the rest.
struct Strand {
    std::vector<const DrawnArc*> arcs;  // at least one
    bool folded() const { return arcs.size() > 1; }
    const DrawnArc& front() const { return *arcs.front(); }
};

/// All arcs of the diagram, each in one strand, but for internal ones.
std::vector<Strand> strands(const StateDiagram& diagram);

/// What a folded strand's common source is called: "any state", "any state but X", "X, Y or Z".
std::string source_phrase(const StateDiagram& diagram, const Strand& strand);

/// The internal arcs of a state, in the order of the table.
std::vector<const DrawnArc*> internal_arcs(const StateDiagram& diagram, std::uint8_t code);

/// The requirement id of the arc's rule.
std::string_view rule_name(const DrawnArc& arc);

/// "12 times, 3.40 ms" for what a run did; empty where it did nothing.
std::string heat_text(const Heat& heat);

/// The diagram as text for Graphviz, Mermaid (stateDiagram-v2) and PlantUML: the same bytes for the
/// same diagram.
std::string dot(const StateDiagram& diagram);
std::string mermaid(const StateDiagram& diagram);
std::string plantuml(const StateDiagram& diagram);

}  // namespace lmsim::viz
