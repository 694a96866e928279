#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lmsim::sim {

/// The text in double quotes, safe for a terminal: control characters and bytes that are not UTF-8
/// are escaped as TOML writes them, and what is longer than 80 characters is cut with "...".
std::string in_quotes(std::string_view text);

/// The text as it is, but for control characters and bytes that are not UTF-8, which are escaped.
std::string printable(std::string_view text);

/// Like in_quotes(), whole and valid TOML: for files that are read again.
std::string toml_string(std::string_view text);

/// One word of a command line for a POSIX shell: in single quotes where that is needed.
std::string shell_word(std::string_view text);

/// Length of the well-formed UTF-8 sequence at `at` (RFC 3629, table 3-7 of Unicode), 0 if there is
/// none.
std::size_t utf8_length(std::string_view text, std::size_t at);

/// Edits (insert, delete, change, swap of neighbours: Damerau-Levenshtein,
/// optimal string alignment) between two names, times two; a letter that
/// differs in case only counts half, so that "KB" is nearer to "kB" than to
/// "B".
std::size_t distance(std::string_view a, std::string_view b);

/// The candidate nearest to `name`, or an empty text if none is near enough to
/// be what was meant. Ties go to the earlier candidate.
std::string nearest(std::string_view name, const std::vector<std::string>& candidates);

/// "a, b, c"
std::string joined(const std::vector<std::string>& items);

}  // namespace lmsim::sim
