#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "tools/runs/point_runner.hpp"

namespace lmsim::runs {

/// Points to do: those of `wanted` from `first` on.
struct Batches {
    std::size_t first = 0;
    std::vector<bool> wanted;  // of each point from `first` on
    unsigned jobs = 1;
    std::size_t most = 1;  // points of one batch
    /// In a process that does a whole batch: appends the row of a point. If that breaks down, the
    /// rest of the batch is done point by point, each in a process of its own.
    std::function<void(std::size_t point, std::string& out)> run;
    std::function<void(std::size_t point, std::string& out)> run_alone;
    /// The row of a point whose own process broke down.
    std::function<std::string(std::size_t point, const std::string& how, const std::string& said)>
        broken;
    std::function<void(const PointRow& row)> ended;  // in any order
    std::function<bool()> stop;                      // asked now and then: true ends all of it
};

/// False if it was stopped. Call it before any thread exists.
bool run_batches(const Batches& batches);

}  // namespace lmsim::runs
