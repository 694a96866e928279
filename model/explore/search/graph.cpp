#include "model/explore/search/graph.hpp"

#include <cstring>
#include <deque>
#include <unordered_map>

#include "model/assert.hpp"
#include "model/explore/search/delta.hpp"
#include "model/explore/search/expander.hpp"

namespace lmsim::explore {

namespace {

constexpr std::uint64_t bytes_per_node = 48;  // of the map and the graph's lists, about
constexpr std::uint64_t progress_stride = 4096;

std::vector<std::uint8_t> initial_of(System& system) {
    StateBuffers state(system.state_bytes(), 1);
    system.initial(state[0]);
    return {state[0], state[0] + system.state_bytes()};
}

class Builder {
  public:
    Builder(System& system, const LivenessOptions& options, LivenessReport& report)
        : system_(system),
          options_(options),
          report_(report),
          delta_(initial_of(system)),
          parent_(delta_.padded_bytes(), 1),
          child_(delta_.padded_bytes(), 1),
          actions_(Expander::most_actions) {}

    Graph build() {
        system_.initial(parent_[0]);
        enter(parent_[0], 0, {});
        for (Node node = 0; node < graph_.size() && may_go_on(node); ++node) {
            delta_.decode(waiting_.front().data(), waiting_.front().size(), parent_[0]);
            waiting_bytes_ -= waiting_.front().size();
            waiting_.pop_front();
            graph_.first_edge.push_back(graph_.edges.size());
            expand(node);
        }
        graph_.first_edge.push_back(graph_.edges.size());
        report_.states = graph_.size();
        return std::move(graph_);
    }

  private:
    void expand(Node node) {
        const std::size_t count = system_.actions(parent_[0], actions_.data(), actions_.size());
        LMSIM_ASSERT(count <= actions_.size());
        for (std::size_t i = 0; i < count; ++i) {
            const Action action = actions_[i];
            const unsigned fair_class = system_.fair_class(parent_[0], action);
            LMSIM_ASSERT(fair_class < fair_classes);
            std::memcpy(child_[0], parent_[0], delta_.state_bytes());
            ++report_.transitions;
            if (system_.apply(child_[0], action).broken != nullptr) {
                continue;
            }
            const Node to = enter(child_[0], node, action);
            graph_.edges.push_back({to, action, static_cast<std::uint8_t>(fair_class)});
        }
    }

    Node enter(std::uint8_t* state, Node parent, Action action) {
        const Node next = static_cast<Node>(graph_.size());
        const auto [place, is_new] = nodes_.emplace(system_.fair_fingerprint(state), next);
        if (!is_new) {
            return place->second;
        }
        const bool good = system_.good(state);
        report_.good_states += good ? 1 : 0;
        graph_.good.push_back(good ? 1 : 0);
        graph_.parent.push_back(parent);
        graph_.from_parent.push_back(action);
        std::vector<std::uint8_t> encoded(delta_.most_encoded());
        encoded.resize(delta_.encode(state, encoded.data()));
        waiting_.emplace_back(encoded.begin(), encoded.end());
        waiting_bytes_ += encoded.size();
        return next;
    }

    bool may_go_on(Node node) {
        const std::uint64_t bytes =
            graph_.size() * bytes_per_node + graph_.edges.size() * sizeof(Edge) + waiting_bytes_;
        if (graph_.size() > options_.most_states) {
            report_.stop = Stop::States;
        } else if (bytes > options_.memory_bytes) {
            report_.stop = Stop::Memory;
        } else if (options_.progress && node % progress_stride == 0) {
            const SearchProgress progress{graph_.size(), node, report_.transitions, 0, bytes};
            if (!options_.progress(progress)) {
                report_.stop = Stop::Interrupted;
            }
        }
        return report_.stop == Stop::None;
    }

    System& system_;
    const LivenessOptions& options_;
    LivenessReport& report_;
    const Delta delta_;
    StateBuffers parent_;
    StateBuffers child_;
    std::vector<Action> actions_;
    std::unordered_map<std::uint64_t, Node> nodes_;
    std::deque<std::vector<std::uint8_t>> waiting_;
    std::uint64_t waiting_bytes_ = 0;
    Graph graph_;
};

/// Tarjan's algorithm with a stack of its own: runs are longer than a thread's stack.
class Parts {
  public:
    Parts(const Graph& graph, std::vector<Node>& part) : graph_(graph), part_(part) {
        part_.assign(graph.size(), no_part);
        index_.assign(graph.size(), 0);
        low_.assign(graph.size(), 0);
    }

    Node find() {
        for (Node node = 0; node < graph_.size(); ++node) {
            if (graph_.good[node] == 0 && index_[node] == 0) {
                visit(node);
            }
        }
        return count_;
    }

  private:
    struct Frame {
        Node node;
        const Edge* edge;
    };

    void open(Node node) {
        index_[node] = low_[node] = ++last_;
        open_.push_back(node);
        frames_.push_back({node, graph_.begin(node)});
    }

    void visit(Node root) {
        open(root);
        while (!frames_.empty()) {
            const Node node = frames_.back().node;
            if (frames_.back().edge == graph_.end(node)) {
                frames_.pop_back();
                close(node);
                continue;
            }
            const Node to = (frames_.back().edge++)->to;
            if (graph_.good[to] != 0) {
                continue;
            }
            if (index_[to] == 0) {
                open(to);
            } else if (part_[to] == no_part && index_[to] < low_[node]) {
                low_[node] = index_[to];
            }
        }
    }

    void close(Node node) {
        if (low_[node] == index_[node]) {
            Node member;
            do {
                member = open_.back();
                open_.pop_back();
                part_[member] = count_;
            } while (member != node);
            ++count_;
        }
        if (!frames_.empty()) {
            const Node before = frames_.back().node;
            low_[before] = low_[node] < low_[before] ? low_[node] : low_[before];
        }
    }

    const Graph& graph_;
    std::vector<Node>& part_;
    std::vector<Node> index_;
    std::vector<Node> low_;
    std::vector<Node> open_;
    std::vector<Frame> frames_;
    Node last_ = 0;
    Node count_ = 0;
};

}  // namespace

std::uint64_t Graph::possible_classes(Node node) const {
    std::uint64_t classes = 0;
    for (const Edge* edge = begin(node); edge != end(node); ++edge) {
        classes |= std::uint64_t{1} << edge->fair_class;
    }
    return classes & ~std::uint64_t{1};
}

std::vector<Action> Graph::path(Node node) const {
    std::vector<Action> reversed;
    for (; node != 0; node = parent[node]) {
        reversed.push_back(from_parent[node]);
    }
    return {reversed.rbegin(), reversed.rend()};
}

Graph build_graph(const SystemFactory& make, const LivenessOptions& options,
                  LivenessReport& report) {
    const std::unique_ptr<System> system = make();
    return Builder(*system, options, report).build();
}

Node connected_parts(const Graph& graph, std::vector<Node>& part) {
    return Parts(graph, part).find();
}

}  // namespace lmsim::explore
