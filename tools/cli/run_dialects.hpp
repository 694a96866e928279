#pragma once

#include <array>
#include <string>

#include "model/spec/rules.hpp"

namespace lmsim::cli {

/// What the drivers of a run speak, on the source and on the destination, as the config.toml beside
/// its trace says; left as it is where there is none. A driver's own defects are part of what it
/// says. False: told on stderr what is wrong.
bool find_dialects(const std::string& directory, std::array<spec::Rules, 2>& dialect);

}  // namespace lmsim::cli
