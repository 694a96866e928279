#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "tools/runs/perturb.hpp"
#include "tools/runs/runs.hpp"

namespace lmsim::runs {

/// 0 of none.
double mean(const std::vector<double>& values);

/// What one percent more of a parameter changes, in microseconds, and how far that is off: half of
/// what the step up and the step down differ by, or of what the seeds do; nothing if unknown.
struct Worth {
    double us = 0;
    std::optional<double> uncertain;

    /// More than chance: twice as large as it may be off.
    bool clear() const { return us != 0 && (!uncertain || (us < 0 ? -us : us) > 2 * *uncertain); }
};

struct TornadoRow {
    Lever lever;
    Worth downtime;
    Worth total;
};

/// What `lmsim tornado` leaves in the directory of a run.
inline constexpr const char* tornado_file = "tornado.json";

struct Tornado {
    std::string scenario;
    double percent = 1;
    std::size_t runs = 0;
    std::vector<double> downtime_us;  // as the scenario stands, by seed
    std::vector<double> total_us;
    std::string outcome;
    std::vector<TornadoRow> rows;        // most downtime first
    std::vector<std::string> no_effect;  // the run is the same to the last event
    std::vector<LeftAlone> left_alone;
};

struct TornadoWish {
    cli::ScenarioOptions scenario;
    double percent = 5;
    unsigned seeds = 1;
    unsigned jobs = 1;
    std::vector<std::string> keys;  // beginnings of keys; empty: all
};

/// Moves one parameter after the other a little up and down, with the same seeds, and sees what
/// becomes of downtime and total time. Whole groups of parameters without any effect are told by a
/// single run, as the trace hash stays what it was. An exit code other than Ok, with the reason on
/// stderr, if there is nothing to tell.
cli::ExitCode find_worth(const TornadoWish& wish, Tornado& tornado);

/// The first `top` rows that are clear, and how many others there are.
std::string tornado_text(const Tornado& tornado, std::size_t top, bool markdown);

/// {"schema": "lmsim/tornado/1", ...}; docs/compare.md
Json tornado_json(const Tornado& tornado);

}  // namespace lmsim::runs
