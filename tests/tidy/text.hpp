#pragma once

#include "tests/tidy/source.hpp"

namespace lmsim::tidy {

/// Tabs, trailing spaces, carriage returns, a missing or repeated last newline.
std::vector<Finding> untidy_text(const Source& source);

/// Lines of more than `limit` columns (UTF-8 code points).
std::vector<Finding> wide_lines(const Source& source, int limit);

/// Paths of one machine, hosts that packages come from, notes to oneself.
std::vector<Finding> forbidden_words(const Source& source);

/// Files of more than `limit` lines.
std::vector<Finding> long_file(const Source& source, int limit);

/// The median number of lines, 0 of no files.
int median_lines(const std::vector<Source>& sources);

}  // namespace lmsim::tidy
