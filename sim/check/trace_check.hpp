#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/check/monitor.hpp"
#include "sim/core/result.hpp"
#include "sim/trace/reader.hpp"

namespace lmsim::sim {

/// An invariant that does not hold in a trace: where it fell first.
struct TraceBreach {
    const check::Invariant* invariant = nullptr;
    Ps at = 0;
    std::uint64_t line = 0;  // from 1, of the record that says so
    std::string seen;        // what happened, in words
    std::uint64_t times = 0;
};

/// What a trace shows: counts, and which invariant it breaks where.
struct TraceVerdict {
    trace::TraceHeader header;
    std::uint64_t records = 0;
    std::uint64_t observations = 0;
    bool came_to_rest = false;          // the trace says so: what holds at rest was looked at
    std::vector<TraceBreach> breaches;  // in the order in which they fell

    bool ok() const { return breaches.empty(); }
};

/// One more breach of the invariant: what was seen is kept of its first.
void add_breach(std::vector<TraceBreach>& breaches, TraceBreach breach);

/// Judges a trace.ndjson, from wherever it comes, by the invariants of a run. Observations are
/// taken in the order of their times: of a command each of its four. They are all held in memory,
/// 64 bytes each. A file that is no trace is refused as read_trace() does.
sim::Result<TraceVerdict> check_trace(const std::string& path);

}  // namespace lmsim::sim
