#pragma once

#include <cstddef>
#include <string_view>

namespace lmsim::check {

/// Something that holds in every run.
struct Invariant {
    std::string_view id;        // "INV-CMD-01"
    std::string_view name;      // in a few words
    std::string_view text;      // what holds
    std::string_view why;       // what it costs a VM if it does not
    std::string_view document;  // where it is demanded; empty if it follows from the purpose alone
    std::string_view section;
};

/// All of them, by id.
struct Invariants {
    const Invariant* first;
    std::size_t count;
    const Invariant* begin() const { return first; }
    const Invariant* end() const { return first + count; }
};
Invariants invariants();

/// nullptr: there is none.
const Invariant* find_invariant(std::string_view id);

}  // namespace lmsim::check
