#pragma once

#include <string>

#include "sim/metrics/result.hpp"

namespace lmsim::sim::metrics {

/// One sentence: how long the guest stood still, against which limit, and what dominates; or how
/// the migration ended otherwise.
std::string headline(const Result& result);

/// For the terminal: plain ASCII but for the user's own names, ends in a newline.
std::string result_table(const Result& result);

/// report.md: the same as Markdown, with the pre-copy rounds and how to get the run again.
std::string result_markdown(const Result& result);

}  // namespace lmsim::sim::metrics
