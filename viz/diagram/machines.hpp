#pragma once

#include <string_view>
#include <vector>

#include "model/arc.hpp"

namespace lmsim::viz {

/// States that are drawn in a frame of their own.
struct StateGroup {
    std::string_view title;
    std::vector<std::string_view> states;
};

/// A machine that can be drawn: its running table, and how to lay it out.
struct MachineInfo {
    std::string_view also;   // a name that users know besides the table's, or empty
    std::string_view title;  // what it is
    fsm::ArcList arcs;
    std::vector<StateGroup> groups{};
    bool has_features = false;  // arcs depend on VFIO's feature flags

    std::string_view name() const { return arcs.machine(); }  // as in a trace
};

/// Every machine of the program, in the order of the list.
const std::vector<MachineInfo>& machines();

/// The machine with this name or other name; nullptr if there is none.
const MachineInfo* find_machine(std::string_view name);

}  // namespace lmsim::viz
