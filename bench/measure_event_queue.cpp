#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <map>
#include <queue>

#include "bench/parts.hpp"
#include "sim/core/event_queue.hpp"
#include "sim/core/random.hpp"

namespace lmsim::bench {

namespace {

using namespace sim;

/// Servers with work that never ends: each event that is taken posts another behind the last of its
/// server. `range(0)` servers, `range(1)` events pending.
struct Load {
    explicit Load(const benchmark::State& state)
        : servers(static_cast<std::size_t>(state.range(0))),
          pending(static_cast<std::size_t>(state.range(1))),
          last(servers, 0),
          random(1, "load") {}

    Ps next(std::size_t server) {
        last[server] += static_cast<Ps>(random.next() >> 44);
        return last[server];
    }

    std::size_t servers;
    std::size_t pending;
    std::vector<Ps> last;
    Random random;
};

void lanes(benchmark::State& state) {
    Load load(state);
    EventQueue queue;
    const ComponentId component = queue.add_component();
    for (std::size_t i = 0; i < load.servers; ++i) {
        queue.add_lane(component);
    }
    for (std::size_t i = 0; i < load.pending; ++i) {
        const auto lane = static_cast<LaneId>(i % load.servers);
        queue.post(lane, load.next(lane), 0, lane);
    }
    for (auto _ : state) {
        const Event event = queue.pop();
        queue.post(event.a, load.next(event.a), 0, event.a);
    }
    state.SetItemsProcessed(state.iterations());
}

struct Later {
    bool operator()(const Event& x, const Event& y) const {
        return x.at != y.at ? x.at > y.at : x.order > y.order;
    }
};

void one_heap(benchmark::State& state) {
    Load load(state);
    std::priority_queue<Event, std::vector<Event>, Later> queue;
    std::uint64_t order = 0;
    for (std::size_t i = 0; i < load.pending; ++i) {
        const std::size_t server = i % load.servers;
        queue.push({load.next(server), order++, 0, static_cast<std::uint32_t>(server), 0});
    }
    for (auto _ : state) {
        const Event event = queue.top();
        queue.pop();
        queue.push({load.next(event.a), order++, 0, event.a, 0});
    }
    state.SetItemsProcessed(state.iterations());
}

/// Keeps the medians, in the order of registration.
class Medians : public benchmark::BenchmarkReporter {
  public:
    bool ReportContext(const Context&) override { return true; }
    void ReportRuns(const std::vector<Run>& runs) override {
        for (const Run& run : runs) {
            if (run.aggregate_name == "median") {
                found[run.run_name.str()] = run.counters.at("items_per_second");
            }
        }
    }
    std::map<std::string, double> found;
};

}  // namespace

void measure_event_queue(Rows& rows, bool quick) {
    const std::pair<int, int> loads[] = {{24, 32}, {24, 512}, {256, 512}};
    const int repetitions = quick ? 3 : 9;
    for (const auto& [servers, pending] : loads) {
        for (const auto& [name, run] : {std::pair{"lanes", &lanes}, std::pair{"heap", &one_heap}}) {
            benchmark::RegisterBenchmark(name, run)
                ->Args({servers, pending})
                ->Repetitions(repetitions)
                ->MinTime(quick ? 0.01 : 0.2);
        }
    }
    char name[] = "bench";
    char alternate[] = "--benchmark_enable_random_interleaving=true";
    char* arguments[] = {name, alternate};
    int count = 2;
    benchmark::Initialize(&count, arguments);
    Medians medians;
    benchmark::RunSpecifiedBenchmarks(&medians);
    for (const auto& [servers, pending] : loads) {
        const auto rate = [&, servers = servers, pending = pending](const char* queue) {
            for (const auto& [run, value] : medians.found) {
                if (run.rfind(fmt::format("{}/{}/{}/", queue, servers, pending), 0) == 0) {
                    return value;
                }
            }
            return 0.0;
        };
        rows.push_back(
            compared({fmt::format("event queue, {} servers, {} pending", servers, pending),
                      rate("lanes"), "events/s", rate("heap"), "std::priority_queue"}));
    }
}

}  // namespace lmsim::bench
