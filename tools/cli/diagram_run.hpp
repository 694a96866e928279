#pragma once

#include <string>

#include "sim/trace/sink.hpp"

namespace lmsim::cli {

/// What a run directory is of, or why it cannot be used: it is none, of another version, of a run
/// that was interrupted, or has no trace.
struct RunRead {
    std::string title;  // the scenario's name and the seed
    std::string error;
};

/// Tells a sink of the states that a finished run went through, and of when it ended.
RunRead read_run(const std::string& directory, sim::trace::TraceSink& sink);

}  // namespace lmsim::cli
