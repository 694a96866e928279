#pragma once

#include <cstdint>
#include <optional>
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

/// Keys that vary together: one of a grid, those of single points, those of a hypercube. Values are
/// made when somebody asks: a study may have a billion points.
struct Dimension {
    std::vector<std::string> keys;
    std::size_t size = 0;
    std::vector<std::vector<std::string>> rows;  // of each step the values of all keys
    std::optional<Hypercube> cube;               // instead of rows

    std::string value(std::size_t step, std::size_t key) const {
        return cube ? cube->value(step, key) : rows[step][key];
    }
};

/// A study file with all its runs, or what is wrong with it (then use nothing else).
struct Study {
    std::string file;
    std::vector<std::string> set;  // what --set says of it, beside the file
    StudyParams params;
    std::vector<std::string> keys;      // what varies
    std::vector<Dimension> dimensions;  // all their combinations, the last one changing fastest
    std::size_t combinations = 0;
    std::size_t seeds = 1;  // of each combination, innermost
    std::uint64_t first_seed = 0;
    /// Of all that the results depend on: two studies with the same have the same results.
    std::string fingerprint;
    std::vector<sim::Diagnostic> errors;

    bool ok() const { return errors.empty(); }
    std::string error_text() const;

    /// Points count from 0 to size() - 1.
    std::size_t size() const { return combinations * seeds; }
    StudyPoint point(std::size_t number) const;
    std::uint64_t seed_of(std::size_t number) const { return first_seed + number % seeds; }
    /// Which step of each dimension a point is at.
    void steps(std::size_t number, std::vector<std::size_t>& out) const;
};

/// At most so many runs.
inline constexpr std::size_t most_points = 1'000'000'000;

/// Reads a study file, its scenario, and the files that this names; `set` are KEY=VALUE, which all
/// points have instead of what the file's [set] says. A value that a parameter does not take is no
/// error here, but one of its point. Never throws for what a user can do.
Study load_study(const std::string& file, const std::vector<std::string>& set = {});

}  // namespace lmsim::runs
