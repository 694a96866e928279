#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/spec/rules.hpp"
#include "sim/core/param_value.hpp"

namespace lmsim::sim {

/// One row that a profile states otherwise than its base, and what its author says of it.
struct Overlay {
    spec::Id id = spec::Id::Count;
    std::string source;    // document and line; empty if the profile names none
    bool assumed = false;  // no document says it: the author of the profile does
    std::string profile;   // the profile that states it: this one, or one that it is based on
    Position where;
};

/// Is this a row that the ratified standard has not, and only dialects make use of? A profile that
/// names it says that its dialect has it, even where it is as the row states it.
bool is_of_dialects_alone(const spec::Row& row);

/// A dialect of the standard as its author wrote it, or what is wrong with it.
struct Profile {
    std::string name = "ratified";
    std::string title;
    /// Names of documents that sources begin with ("P2:303"), in the order of the file.
    std::vector<std::pair<std::string, std::string>> documents;
    spec::Rules rules;
    std::optional<std::uint8_t> features;  // VFIO's flags, if the profile names some
    std::vector<Overlay> overlays;         // in the order of the rows
    std::vector<Diagnostic> errors;

    bool ok() const { return errors.empty(); }
    /// All errors, one on each line.
    std::string error_text() const;
    const Overlay* find(spec::Id id) const;
};

/// Reads a profile: one of the program's own by its name ("rfc-2025"), else a file; see
/// docs/profiles.md. Never throws for what a user can do.
Profile load_profile(const std::string& name_or_file);

/// The same for text that is already in memory; `file` is its name in messages.
Profile load_profile_text(std::string_view text, const std::string& file);

/// A profile that the program brings along: model/spec/profiles/NAME.toml.
struct KnownProfile {
    std::string_view name;
    std::string_view text;
};

/// All of them, in the order of their names, but for "ratified", which is the first.
const std::vector<KnownProfile>& known_profiles();

/// Their names.
std::vector<std::string> profile_names();

/// VFIO's flags by their names ("stop_copy", "p2p", "pre_copy"; case does not matter), STOP_COPY
/// included whether named or not. An unknown name is described in `error`.
std::uint8_t parse_features(const std::vector<std::string>& names, std::string& error);

}  // namespace lmsim::sim
