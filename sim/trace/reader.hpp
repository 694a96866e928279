#pragma once

#include <cstdint>
#include <string>

#include "sim/core/result.hpp"
#include "sim/trace/device_names.hpp"
#include "sim/trace/ndjson.hpp"
#include "sim/trace/sink.hpp"

namespace lmsim::sim::trace {

/// What a run directory says of its run.
struct RunInfo {
    std::string path;
    std::string version;
    std::string scenario;
    std::uint64_t seed = 0;
    // Of result.json; empty and 0 if there is none.
    std::string outcome;  // "completed", ...
    std::string reason;   // why, in a sentence
    Ps downtime_begin = 0;
    Ps downtime = 0;
    bool downtime_ended = true;
    DeviceNames devices;
    bool partial = false;
    bool traced = true;  // there is a trace.ndjson

    std::string trace() const { return path + "/trace.ndjson"; }
};

/// What a run directory need not have to be opened.
struct RunWanted {
    bool whole = true;  // the run was not interrupted
    bool trace = true;
};

/// Opens the directory that `lmsim run --out` left. Refused, with file, place and what was
/// expected: what is none, is not finished, is of another version of the schemas and, as wanted,
/// what is of an interrupted run or has no trace.
sim::Result<RunInfo> open_run(const std::string& path, RunWanted wanted = {true, true});

/// What was read.
struct TraceRead {
    TraceHeader header;
    std::uint64_t records = 0;
    Ps last = 0;  // the latest time of any line, those included that the sink is not told of
};

/// Tells the sink all of a trace.ndjson, in the order of its lines, more than a million of them in
/// a second. A line that is wrong is refused as "file:line:column: what, expected what"; the sink
/// has then been told what stands before it. A line holds at most 16 MiB. `line`, if there is one,
/// is the number of the line at hand, from 1, while the sink is told.
sim::Result<TraceRead> read_trace(const std::string& path, TraceSink& sink,
                                  std::uint64_t* line = nullptr);

}  // namespace lmsim::sim::trace
