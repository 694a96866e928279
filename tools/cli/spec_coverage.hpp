#pragma once

#include "tools/cli/spec_print.hpp"

namespace lmsim::cli {

/// Prints for every row the test that fails when it changes, or the reason why none does, with
/// totals. Failed if a row has neither.
int spec_coverage(const std::string& prefix, SpecFormat format);

}  // namespace lmsim::cli
