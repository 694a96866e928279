#include "sim/check/trace_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "model/check/describe.hpp"
#include "sim/check/trace_observer.hpp"
#include "sim/core/text.hpp"

namespace lmsim::sim {

void add_breach(std::vector<TraceBreach>& breaches, TraceBreach breach) {
    const auto known = std::find_if(breaches.begin(), breaches.end(), [&](const auto& other) {
        return other.invariant == breach.invariant;
    });
    if (known != breaches.end()) {
        ++known->times;
    } else {
        breaches.push_back(std::move(breach));
    }
}

Result<TraceVerdict> check_trace(const std::string& path) {
    std::uint64_t line = 0;
    TraceObserver observer(line);
    const auto read = trace::read_trace(path, observer, &line);
    if (!read) {
        return Failure{read.error()};
    }
    if (read.value().header.vms > 1) {
        return Failure{
            fmt::format("{}: {} VMs migrate here; a trace of one can be judged, and "
                        "result.json has what fell in this run",
                        printable(path), read.value().header.vms)};
    }
    TraceVerdict verdict;
    verdict.header = read.value().header;
    verdict.records = read.value().records;
    const std::vector<PlacedObservation> all = observer.in_order();
    verdict.observations = all.size();
    check::Monitor<check::WideBounds> monitor;
    const spec::Rules rules;
    for (const PlacedObservation& placed : all) {
        verdict.came_to_rest = verdict.came_to_rest || placed.seen.what == check::What::Rest;
        const check::Invariant* const broken = check::step(monitor, placed.seen, rules);
        if (broken == nullptr) {
            continue;
        }
        add_breach(verdict.breaches, {broken, placed.at, placed.line,
                                      check::describe(observer.original(placed.seen)), 1});
    }
    return verdict;
}

}  // namespace lmsim::sim
