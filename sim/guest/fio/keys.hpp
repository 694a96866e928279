#pragma once

#include <string_view>
#include <vector>

namespace lmsim::sim::fio {

/// What a key of fio 3.33 means for a simulated workload.
enum class KeyClass : unsigned char {
    Supported,
    Ignored,      // no meaning here: listed in the result
    Unsupported,  // would change the workload: an error unless the value is a neutral one
};

/// A key of a job file.
struct Key {
    std::string_view name;
    KeyClass use = KeyClass::Supported;
    std::string_view canonical;  // fio's main name for it
    std::string_view neutral;    // Unsupported: values that change nothing, between '|'
    std::string_view why;        // Unsupported: what it would do
};

/// The key of this name or alias, or nullptr: fio 3.33 does not know it.
const Key* find_key(std::string_view name);

/// Every name and alias, in the order of the table.
const std::vector<std::string_view>& key_names();

}  // namespace lmsim::sim::fio
