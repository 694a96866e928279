#pragma once

#include "tools/cli/diagram_output.hpp"

namespace lmsim::cli {

/// Draws the downtime of a run (`lmsim run --out`) out of its result.json; the exit code.
int draw_downtime(const std::string& run_directory, const PictureOptions& options);

}  // namespace lmsim::cli
