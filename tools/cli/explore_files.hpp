#pragma once

#include <string>
#include <vector>

#include "tools/cli/explore_run.hpp"

namespace lmsim::cli {

/// A counterexample as JSON lines: first what it is of, with the model's own text, then a step in
/// each line.
std::string step_file(const Explored& explored, const Counterexample& found,
                      const sim::RuleOptions& options);

/// The same as a sequence chart in Mermaid.
std::string step_chart(const Explored& explored, const Counterexample& found);

/// Writes both for each counterexample into the directory, which is made if need be, and a scenario
/// where there can be one; `notes` gets why there is none, and what it cannot ask for. Returns what
/// went wrong, or nothing.
std::string write_counterexamples(const std::string& directory, const std::vector<Explored>& all,
                                  const sim::RuleOptions& options, std::vector<std::string>& notes);

/// What a step file says.
struct StepFile {
    sim::ExploreModel model;
    sim::RuleOptions options;
    std::string violation;
    std::vector<explore::Action> actions;
    std::vector<std::string> texts;
    std::size_t cycle_steps = 0;  // of `actions`, at the end
    std::string error;            // "FILE:LINE: ...", or of the model
};

/// Reads one; `options` that are not empty count instead of those in the file.
StepFile read_step_file(const std::string& file, const sim::RuleOptions& options);

/// Does the steps again and says what happens. Returns the exit code: Failed if something falls.
int replay_step_file(const std::string& file, const sim::RuleOptions& options, bool json);

}  // namespace lmsim::cli
