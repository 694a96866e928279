#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/explore/search/liveness.hpp"
#include "model/explore/search/replay.hpp"
#include "model/explore/search/search.hpp"
#include "sim/explore_model/model.hpp"
#include "tools/cli/explore_watch.hpp"
#include "tools/cli/interrupts.hpp"

namespace lmsim::cli {

/// How hard `lmsim explore` tries.
struct ExploreEffort {
    unsigned jobs = 1;
    std::uint64_t memory_bytes = std::uint64_t{4} << 30;
    bool exact = false;
    bool all_violations = false;
    sim::metrics::LiveLine* line = nullptr;  // says how far it is
};

/// A violation and what its steps are.
struct Counterexample {
    explore::Violation violation;
    explore::Replay replay;  // of the steps, then of the cycle

    /// "INV-CMD-01", "deadlock", "starvation"
    std::string name() const;
    /// What must hold, and does not.
    std::string text() const;
};

/// What came out of exploring a model.
struct Explored {
    sim::ExploreModel model;
    explore::SearchReport report;
    std::optional<explore::LivenessReport> live;
    double seconds = 0;
    std::vector<Counterexample> found;
    std::optional<sim::RecordedCounts> recorded;  // if its rules are the recorded ones

    bool complete() const;
    /// "holds", "partial", or the name of the first counterexample: what counts.csv has.
    std::string verdict() const;
    /// Does the verdict, or a count of a search that is not partial, differ from what is recorded?
    bool drifted() const;
    sim::RecordedCounts counts() const;
    /// How far it came and why not further; empty if it is complete.
    std::string stop_text() const;
};

/// Searches, and looks for starvation where the model asks for it and nothing else was found.
/// An interrupt of the user ends the search; see was_interrupted().
Explored explore_model(const sim::ExploreModel& model, const sim::RuleOptions& options,
                       const ExploreEffort& effort, ExploreWatch& watch);

/// The steps of a violation, done again.
Counterexample counterexample_of(const explore::SystemFactory& make,
                                 const explore::Violation& violation);

/// Are the violations those that the model is there to show?
bool as_expected(const Explored& explored);

}  // namespace lmsim::cli
