#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/explore/system.hpp"
#include "model/spec/rules.hpp"
#include "sim/explore_model/model_params.hpp"

namespace lmsim::sim {

/// A model as its file describes it, or what is wrong with it (then use nothing else).
struct ExploreModel {
    std::string name;
    std::string text;  // the file
    ExploreParams params;
    std::string profile = "ratified";  // the name of the dialect
    spec::Rules rules;                 // the profile's, with what is switched off and on
    std::vector<Diagnostic> errors;

    bool ok() const { return errors.empty(); }
    /// All errors, one on each line.
    std::string error_text() const;
};

/// What the command line says instead of the file, or beside it.
struct RuleOptions {
    std::string profile;               // empty: the model's own
    std::vector<std::string> without;  // requirement ids
    std::vector<std::string> with;

    bool empty() const { return profile.empty() && without.empty() && with.empty(); }
};

/// Reads a model: a committed one by its name ("migration-2-vfs"), else a file (NAME.toml, or
/// anything with a slash). Never throws for what a user can do.
ExploreModel load_model(const std::string& name_or_file, const RuleOptions& options = {});

/// The same for text that is already in memory; `name` is for messages and results.
ExploreModel load_model_text(std::string_view text, const std::string& name,
                             const RuleOptions& options = {});

/// Makes the world of the model, under `rules` instead of its own if given.
explore::SystemFactory world_of(const ExploreModel& model);
explore::SystemFactory world_of(const ExploreModel& model, const spec::Rules& rules);

/// A JSON Schema (2020-12) of model files, and all their parameters as Markdown
/// (docs/explore-models.md).
std::string model_schema();
std::string model_docs();

/// A migration's or a free world as its states really are: world::World, not what a search keeps.
std::unique_ptr<explore::System> plain_world_of(const ExploreModel& model);

/// A model that the program brings along: scenarios/explore/NAME.toml.
struct CommittedModel {
    std::string_view name;
    std::string_view text;
};
const std::vector<CommittedModel>& committed_models();
std::vector<std::string> model_names();

/// What a search of a committed model finds under its own rules: scenarios/explore/counts.csv.
struct RecordedCounts {
    std::string model;
    std::string verdict;  // "holds", the id of the invariant that falls, "deadlock", "starvation"
    std::uint64_t states = 0;
    std::uint64_t transitions = 0;
    std::uint64_t depth = 0;
};

/// Reads lines of MODEL,VERDICT,STATES,TRANSITIONS,DEPTH below a heading; a line that is none is
/// left out.
std::vector<RecordedCounts> read_counts(std::string_view csv);
/// The heading and the lines.
std::string counts_csv(const std::vector<RecordedCounts>& counts);
/// What is recorded of a committed model.
std::optional<RecordedCounts> recorded_counts(const std::string& model);

}  // namespace lmsim::sim
