#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace lmsim::check {

/// What somebody saw happen; what.def says what the fields mean. Who tells it: whoever runs the
/// model (the explorer while it performs effects, the simulator), reads a trace or stands beside a
/// real device. Tell what you know: an invariant whose facts are missing does not fall.
enum class What : std::uint8_t {
#define LMSIM_WHAT(name, text) name,
#include "model/check/what.def"
#undef LMSIM_WHAT
};
#define LMSIM_WHAT(name, text) +1
constexpr std::size_t what_count = 0
#include "model/check/what.def"
    ;
#undef LMSIM_WHAT

constexpr std::uint16_t no_vf = 0xffff;  // the PF, or none
constexpr std::uint16_t every_cid = 0xffff;

namespace flag {
constexpr std::uint8_t may_wait = 1;  // Submitted: need never complete (AER)
constexpr std::uint8_t aborted = 1;   // Posted: Command Abort Requested, unasked
constexpr std::uint8_t is_cq = 1;     // QueueCreated, QueueDeleted
constexpr std::uint8_t saving = 1;    // SessionOpened, SessionUsed: read by the VMM
constexpr std::uint8_t unasked = 1;   // Reset: its host did not ask for it, and is not told
constexpr std::uint8_t outside = 1;   // Writes: no memory of the function's owner
}  // namespace flag

constexpr std::uint8_t source = 0;
constexpr std::uint8_t destination = 1;
constexpr std::uint8_t hosts = 2;

/// Plain bytes. Fields that a What does not name are 0.
struct Observation {
    What what = What::VmRuns;
    std::uint8_t host = source;
    std::uint8_t flags = 0;
    std::uint16_t vf = no_vf;  // 0 is the first
    std::uint16_t queue = 0;
    std::uint16_t cid = 0;
    std::uint64_t value = 0;
    std::uint64_t value2 = 0;
};
static_assert(std::is_trivially_copyable_v<Observation> && sizeof(Observation) <= 32);

/// "Posted": as What names it.
std::string_view name(What what);
/// False if there is no such name.
bool find_what(std::string_view name, What& into);

/// "completion posted".
std::string_view to_string(What what);

}  // namespace lmsim::check
