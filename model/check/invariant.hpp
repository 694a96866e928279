#pragma once

#include <cstddef>
#include <cstdint>
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

/// Rows of invariants.def.
enum class Inv : std::uint8_t {
#define LMSIM_INVARIANT(name, ...) name,
#include "model/check/invariants.def"
#undef LMSIM_INVARIANT
    Count
};
constexpr std::size_t invariant_count = static_cast<std::size_t>(Inv::Count);

/// All of them, in the order of Inv.
extern const Invariant invariants[invariant_count];

inline const Invariant* invariant(Inv which) {
    return &invariants[static_cast<std::size_t>(which)];
}

/// nullptr: there is none with this id.
const Invariant* find_invariant(std::string_view id);

}  // namespace lmsim::check
