#pragma once

#include <string>
#include <string_view>

#include "sim/core/param_value.hpp"
#include "sim/core/result.hpp"

namespace lmsim::sim {

/// The outcome of reading TOML text: the root table, or where and why it is no TOML.
struct TomlText {
    Value root;
    bool ok = true;
    Diagnostic error;
};

/// Reads TOML 1.0. `file` is only for the positions.
TomlText parse_toml(std::string_view text, const std::string& file);

/// The value of a --set option: TOML if it is ("[0, 2]", "true", "{p50 = '1us'}"), otherwise the
/// plain text. `option` is the whole option, for messages.
Value parse_option_value(std::string_view text, const std::string& option);

}  // namespace lmsim::sim
