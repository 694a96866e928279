#pragma once

#include <array>
#include <string>

#include "model/spec/rules.hpp"
#include "sim/core/result.hpp"
#include "viz/report/page.hpp"

namespace lmsim::viz {

/// What a report of a run is made of.
struct RunReportRequest {
    std::string directory;  // what `lmsim run --out` has left
    std::string tornado;    // a file with what `lmsim tornado --json` prints, or empty: what the
                            // directory has under the name tornado.json
    /// What the drivers speak, on the source and on the destination: commands are named by it.
    std::array<spec::Rules, 2> dialect{spec::Rules::ratified(), spec::Rules::ratified()};
};

/// The page of a run, also of one that was interrupted or has no trace: it says so. Refused: what
/// is no run directory, or of another version of the schemas, and a trace that is wrong.
sim::Result<ReportPage> run_report(const RunReportRequest& request);

}  // namespace lmsim::viz
