#pragma once

#include <string>
#include <vector>

#include "sim/scenario/scenario.hpp"

namespace lmsim::viz {

/// A thing and what is said of it: the first line is its name.
struct TopologyBox {
    std::string id;  // letters, digits and '_'
    std::vector<std::string> lines;
    bool later = false;  // only there after the migration
};

/// What lies within another.
struct TopologyFrame {
    std::string id;
    std::string title;
    std::vector<TopologyBox> boxes;
    std::vector<TopologyFrame> frames;
};

struct TopologyLink {
    std::string from;  // ids of boxes
    std::string to;
    std::vector<std::string> lines;
    bool later = false;
    bool across = false;  // between the hosts: does not order them
};

/// Who is where in a scenario, with the parameters that matter.
struct Topology {
    std::string title;
    std::string description;
    std::vector<TopologyFrame> hosts;
    std::vector<TopologyLink> links;
};

/// The effective scenario as a picture; `file` names it where it has no name.
Topology topology(const sim::Scenario& scenario, const std::string& file);

/// The picture as text for Graphviz, Mermaid (flowchart) and PlantUML (deployment).
std::string dot(const Topology& topology);
std::string mermaid(const Topology& topology);
std::string plantuml(const Topology& topology);

}  // namespace lmsim::viz
