#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/core/param_value.hpp"
#include "tools/cli/scenario_options.hpp"
#include "tools/runs/study_params.hpp"

namespace lmsim::runs {

/// One run of a study.
struct StudyPoint {
    std::vector<std::string> values;  // of the study's keys, in their order
    std::uint64_t seed = 0;
    cli::ScenarioOptions options;
};

/// A study file with all its runs, or what is wrong with it (then use nothing else).
struct Study {
    std::string file;
    StudyParams params;
    std::vector<std::string> keys;  // what varies
    std::vector<StudyPoint> points;
    /// Of all that the results depend on: two studies with the same have the same results.
    std::string fingerprint;
    std::vector<sim::Diagnostic> errors;

    bool ok() const { return errors.empty(); }
    std::string error_text() const;
};

/// At most so many runs.
inline constexpr std::size_t most_points = 1'000'000;

/// Reads a study file, its scenario, and the files that this names. A value that a parameter does
/// not take is no error here, but one of its point. Never throws for what a user can do.
Study load_study(const std::string& file);

}  // namespace lmsim::runs
