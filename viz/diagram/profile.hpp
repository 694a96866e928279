#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sim/core/param_value.hpp"
#include "viz/diagram/state_diagram.hpp"

namespace lmsim::viz {

/// A dialect as its author wrote it, or what is wrong with it.
struct LoadedProfile {
    Dialect dialect;
    std::vector<sim::Diagnostic> errors;

    bool ok() const { return errors.empty(); }
    /// All errors, one on each line.
    std::string error_text() const;
};

/// Reads a profile: a difference to the ratified standard, by requirement id.
///     name = "no abort"
///     features = ["stop_copy", "p2p"]   # VFIO's; without it, arcs of all sets
///     off = ["LM-MC-04"]
///     on = ["SW-..."]
///     [value]
///     "LM-..." = 3
/// A `file` named "ratified" that does not exist is the standard itself.
LoadedProfile load_profile(const std::string& file);

/// The same for text that is already in memory; `file` is its name in messages.
LoadedProfile load_profile_text(std::string_view text, const std::string& file);

/// VFIO's flags by their names ("stop_copy", "p2p", "pre_copy"; case does not matter), STOP_COPY
/// included whether named or not. An unknown name is described in `error`.
std::uint8_t parse_features(const std::vector<std::string>& names, std::string& error);

}  // namespace lmsim::viz
