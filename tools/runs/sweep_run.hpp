#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tools/runs/result_table.hpp"
#include "tools/runs/study.hpp"

namespace lmsim::runs {

/// Which points of a study are to be done, and how.
struct SweepRun {
    std::size_t first = 0;
    std::size_t last = 0;  // the one before it is the last
    unsigned jobs = 1;
    bool watch = false;  // say how far it is, also where there is no terminal
};

/// Runs what has no row in the table yet and writes the rows into it. False if it was interrupted,
/// or the table cannot be written: `problem` then says why. Call it before any thread exists.
bool run_sweep(const Study& study, const SweepRun& sweep, ResultTable& table, std::string& problem);

/// Of the points from `first` to the one before `last`: which ones are to be done? With [stop], of
/// a combination that has not enough seeds the next ones; then both are between combinations.
std::vector<bool> missing_points(const Study& study, const ResultTable& table, std::size_t first,
                                 std::size_t last);

}  // namespace lmsim::runs
