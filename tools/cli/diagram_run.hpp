#pragma once

#include <string>

#include "sim/trace/sink.hpp"

namespace lmsim::cli {

/// Tells a sink of the states that a finished run went through, and of when it ended. Returns an
/// empty text, or why the directory cannot be used: it is none of a run, of another version, of a
/// run that was interrupted, or has no trace.
std::string read_run(const std::string& directory, sim::trace::TraceSink& sink);

}  // namespace lmsim::cli
