#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace lmsim::sim {

/// A class of faults: classes.def.
enum class Fault : std::uint8_t {
#define LMSIM_FAULT(symbol, ...) symbol,
#include "sim/fault/classes.def"
#undef LMSIM_FAULT
    Count
};
constexpr auto fault_count = static_cast<std::size_t>(Fault::Count);
static_assert(fault_count <= 64, "a set of classes is a word");

/// Chance: at an occasion, of which there are many. Act: at a moment. Setup: from the beginning.
enum class FaultHow : std::uint8_t { Chance, Act, Setup };
/// What `where` may name.
enum class FaultPlace : std::uint8_t { Vf, Guest, Host, Source, Nowhere };
/// Harmless: it costs time. Recovered: somebody has to get over it, or gives the migration up.
/// Caught: a promise is broken, and invariants have to say so.
enum class FaultHarm : std::uint8_t { Harmless, Recovered, Caught };

/// Parameters that a class looks at, besides what, where and when.
namespace knob {
constexpr unsigned none = 0;
constexpr unsigned length = 1;
constexpr unsigned value = 2;
}  // namespace knob

/// By what a fault is found: a bit each.
namespace sign {
constexpr std::uint32_t none = 0;
constexpr std::uint32_t reset = 1U << 0;           // the guest's driver resets its controller
constexpr std::uint32_t polled = 1U << 1;          // it finds a completion by polling
constexpr std::uint32_t stray = 1U << 2;           // a completion that nobody waits for
constexpr std::uint32_t idle_interrupt = 1U << 3;  // a handler that finds none
constexpr std::uint32_t io_error = 1U << 4;        // a command of the guest fails
constexpr std::uint32_t admin_timeout = 1U << 5;   // of the PF's driver
constexpr std::uint32_t pf_reset = 1U << 6;        // its commands are given up
constexpr std::uint32_t call_failed = 1U << 7;     // a call of a VMM
constexpr std::uint32_t log_full = 1U << 8;        // a log of user data, or lost
constexpr std::uint32_t broken = 1U << 9;          // an invariant, or the data at the end
constexpr std::uint32_t cancelled = 1U << 10;
constexpr std::uint32_t crashed = 1U << 11;
}  // namespace sign

struct FaultClass {
    Fault fault;
    std::string_view id;    // "FLT-CMP-01"
    std::string_view name;  // "completion.lost"
    FaultHow how;
    FaultPlace place;
    unsigned knobs;
    FaultHarm harm;
    std::uint32_t signs;
    std::string_view what;
    std::string_view found;     // by whom, and how
    std::string_view document;  // or the product that met it
};

/// All of them, in the order of the enumeration.
const std::vector<FaultClass>& fault_classes();
inline const FaultClass& class_of(Fault fault) {
    return fault_classes()[static_cast<std::size_t>(fault)];
}
/// nullptr: there is none of that name.
const FaultClass* find_fault(std::string_view name);

}  // namespace lmsim::sim
