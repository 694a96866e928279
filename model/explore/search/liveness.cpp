#include "model/explore/search/liveness.hpp"

#include <algorithm>
#include <deque>

#include "model/assert.hpp"
#include "model/explore/search/graph.hpp"

namespace lmsim::explore {

namespace {

constexpr std::uint64_t bit(unsigned fair_class) { return std::uint64_t{1} << fair_class; }

/// What a part of the graph allows to a run that stays in it.
struct Part {
    Node first = no_part;                      // the one nearest to the initial state
    std::uint64_t always = ~std::uint64_t{0};  // classes possible in each of its states
    std::uint64_t taken = 0;  // classes of its inner transitions; bit 0: unfair ones
    bool cycle = false;

    /// A run through all of it, round and round, is fair to every class.
    bool fair() const { return cycle && (always & ~taken) == 0; }
};

std::vector<Part> judge_parts(const Graph& graph, const std::vector<Node>& part, Node count) {
    std::vector<Part> parts(count);
    for (Node node = 0; node < graph.size(); ++node) {
        if (part[node] == no_part) {
            continue;
        }
        Part& mine = parts[part[node]];
        mine.first = std::min(mine.first, node);
        mine.always &= graph.possible_classes(node);
        for (const Edge* edge = graph.begin(node); edge != graph.end(node); ++edge) {
            if (part[edge->to] == part[node]) {
                mine.cycle = true;
                mine.taken |= bit(edge->fair_class);
            }
        }
    }
    return parts;
}

/// Walks around in a part, by shortest ways.
class Tour {
  public:
    Tour(const Graph& graph, const std::vector<Node>& part, Node start)
        : graph_(graph), part_(part), start_(start), at_(start) {
        note(start);
    }

    /// A cycle from the start that is fair to every class.
    std::vector<Action> cycle(const Part& mine) {
        for (unsigned fair_class = 1; fair_class < fair_classes; ++fair_class) {
            const bool forced = (mine.always & bit(fair_class)) != 0;
            if (forced && (taken_ & bit(fair_class)) == 0) {
                go([&](const Edge& edge) { return edge.fair_class == fair_class; });
            } else if (!forced && (missing_ & bit(fair_class)) == 0) {
                go([&](const Edge& edge) {
                    return (graph_.possible_classes(edge.to) & bit(fair_class)) == 0;
                });
            }
        }
        if (at_ != start_ || actions_.empty()) {
            go([&](const Edge& edge) { return edge.to == start_; });
        }
        return actions_;
    }

  private:
    void note(Node node) { missing_ |= ~graph_.possible_classes(node); }

    /// To the end of the nearest edge that is wanted; there is one.
    template <class Wanted>
    void go(const Wanted& wanted) {
        std::vector<Step> steps{{at_, 0, nullptr}};
        std::vector<bool> seen(graph_.size());
        seen[at_] = true;
        for (std::size_t i = 0; i < steps.size(); ++i) {
            const Node node = steps[i].node;
            for (const Edge* edge = graph_.begin(node); edge != graph_.end(node); ++edge) {
                if (part_[edge->to] != part_[start_]) {
                    continue;
                }
                if (wanted(*edge)) {
                    steps.push_back({edge->to, i, edge});
                    return walk(steps);
                }
                if (!seen[edge->to]) {
                    seen[edge->to] = true;
                    steps.push_back({edge->to, i, edge});
                }
            }
        }
        LMSIM_ASSERT(!"the part is connected");
    }

    struct Step {
        Node node;
        std::size_t before;
        const Edge* edge;
    };

    void walk(const std::vector<Step>& steps) {
        std::vector<const Edge*> edges;
        for (std::size_t i = steps.size() - 1; i != 0; i = steps[i].before) {
            edges.push_back(steps[i].edge);
        }
        for (auto edge = edges.rbegin(); edge != edges.rend(); ++edge) {
            actions_.push_back((*edge)->action);
            taken_ |= bit((*edge)->fair_class);
            at_ = (*edge)->to;
            note(at_);
        }
    }

    const Graph& graph_;
    const std::vector<Node>& part_;
    const Node start_;
    Node at_;
    std::uint64_t taken_ = 0;
    std::uint64_t missing_ = 0;
    std::vector<Action> actions_;
};

/// The starvation nearest to the initial state.
std::optional<Violation> find_starvation(const Graph& graph) {
    std::vector<Node> part;
    const Node count = connected_parts(graph, part);
    const std::vector<Part> parts = judge_parts(graph, part, count);
    for (Node node = 0; node < graph.size(); ++node) {
        if (part[node] == no_part) {
            continue;
        }
        const Part& mine = parts[part[node]];
        const bool may_end = graph.possible_classes(node) == 0;
        if (!may_end && !(mine.first == node && mine.fair())) {
            continue;
        }
        Violation violation;
        violation.kind = Violation::Kind::Starvation;
        violation.steps = graph.path(node);
        if (!may_end) {
            violation.cycle = Tour(graph, part, node).cycle(mine);
        }
        return violation;
    }
    return std::nullopt;
}

}  // namespace

LivenessReport check_liveness(const SystemFactory& make, const LivenessOptions& options) {
    LivenessReport report;
    const Graph graph = build_graph(make, options, report);
    if (report.complete()) {
        report.violation = find_starvation(graph);
    }
    return report;
}

}  // namespace lmsim::explore
