#pragma once

#include <functional>
#include <string>

namespace lmsim::tests {

/// Checks a file of cases: lines "> input", then "< answer". Every answer must be what `answer`
/// makes of the input lines. With LMSIM_REWRITE in the environment the file is written anew
/// instead.
void check_transcript(const std::string& path,
                      const std::function<std::string(const std::string&)>& answer);

}  // namespace lmsim::tests
