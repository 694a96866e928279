#pragma once

#include <cstdint>
#include <vector>

#include "model/explore/search/liveness.hpp"
#include "model/explore/system.hpp"

namespace lmsim::explore {

/// A state of the graph, numbered as the search finds them.
using Node = std::uint32_t;

/// A transition, by where it leads, what was done, and the fairness class of that.
struct Edge {
    Node to = 0;
    Action action;
    std::uint8_t fair_class = 0;
};
static_assert(sizeof(Edge) == 8);

/// All states and transitions, for questions about runs rather than states.
struct Graph {
    std::vector<std::uint64_t> first_edge;  // one more than there are nodes
    std::vector<Edge> edges;
    std::vector<std::uint8_t> good;
    std::vector<Node> parent;
    std::vector<Action> from_parent;

    std::size_t size() const { return good.size(); }
    const Edge* begin(Node node) const { return edges.data() + first_edge[node]; }
    const Edge* end(Node node) const { return edges.data() + first_edge[node + 1]; }
    /// The classes of which an action is possible: a bit each; unfair actions have none.
    std::uint64_t possible_classes(Node node) const;
    std::vector<Action> path(Node node) const;
};

/// Fills the graph; says in the report how far it came.
Graph build_graph(const SystemFactory& make, const LivenessOptions& options,
                  LivenessReport& report);

/// The strongly connected parts of what is left without the good states: for each node its part's
/// number, `no_part` for good ones. Returns how many parts.
constexpr Node no_part = 0xffffffff;
Node connected_parts(const Graph& graph, std::vector<Node>& part);

}  // namespace lmsim::explore
