#pragma once

#include <string>

#include "tools/cli/spec_print.hpp"

namespace lmsim::cli {

/// Prints what the posted drivers get wrong: all of it, or one defect with its counterexample.
/// Markdown is docs/rfc-conformance.md. An unknown name ends with Usage and what there is.
int spec_rfc(const std::string& name, SpecFormat format);

}  // namespace lmsim::cli
