#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tools/runs/figures.hpp"
#include "tools/runs/runs.hpp"
#include "tools/runs/settings.hpp"

namespace lmsim::runs {

/// What some runs have to say, side by side.
struct Comparison {
    struct Column {
        std::string scenario;           // what to call it; empty if all have the same
        std::vector<Setting> settings;  // the same keys in all columns
        std::vector<Outcome> outcomes;  // one for each seed
    };
    std::vector<Column> columns;
    std::string name;         // of the scenario; empty if there are several
    std::string description;  // its question
    std::string command;      // what makes this comparison again, for a shell

    /// Every run came as it should.
    bool well() const;
};

/// One figure of one column over its seeds: the median by nearest rank, the least and the most.
/// Texts that differ are counted: "completed (2), failed (1)". Null if no run has it.
struct Cell {
    Json middle;
    Json least;
    Json most;
};
Cell cell_of(const Figure& figure, const Comparison::Column& column);

/// A table with a column for each, and below it what does not fit into a cell.
std::string comparison_text(const Comparison& comparison, bool markdown);

/// {"schema": "lmsim/compare/1", ...}; docs/compare.md
Json comparison_json(const Comparison& comparison);

}  // namespace lmsim::runs
