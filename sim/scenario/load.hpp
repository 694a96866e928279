#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/scenario/bind.hpp"
#include "sim/scenario/scenario.hpp"

namespace lmsim::sim {

/// A scenario with the origin of its values, or what is wrong with it (then use nothing else).
struct LoadedScenario {
    Scenario scenario;
    Origins origins;
    std::string file;
    std::vector<Diagnostic> errors;

    bool ok() const { return errors.empty(); }
    /// All errors, one on each line.
    std::string error_text() const;
    /// Where a parameter was written, e.g. of "workload[0].fio": for errors found later.
    Position where(const std::string& path) const;
};

/// Reads a scenario file, then the values of --set options ("vm.ram=8GiB"), then the seed. Errors
/// of all three are collected, up to Diagnostics::limit; what does not fit together is only looked
/// for when each value alone is sound. Never throws for what a user can do.
LoadedScenario load_scenario(const std::string& file, const std::vector<std::string>& options = {},
                             std::optional<std::uint64_t> seed = std::nullopt);

/// The same for text that is already in memory; `file` is its name in messages.
LoadedScenario load_scenario_text(std::string_view text, const std::string& file,
                                  const std::vector<std::string>& options = {},
                                  std::optional<std::uint64_t> seed = std::nullopt);

/// The effective scenario as TOML, each value with its origin in a comment; it can be loaded again.
std::string effective_toml(const LoadedScenario& loaded);

/// A JSON Schema (2020-12) of scenario files.
std::string scenario_schema();

/// All parameters as a Markdown table for each group.
std::string scenario_docs();

}  // namespace lmsim::sim
