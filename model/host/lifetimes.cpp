#include "model/host/lifetimes.hpp"

namespace lmsim::host {
namespace {

constexpr check::Invariant invariants[] = {
    {"INV-HOLD-01", "nothing is used after its end", "What was freed, unpinned or put is not used",
     "the kernel reads and writes what others have by now", "", ""},
    {"INV-HOLD-02", "nothing is given back twice", "What is not held is not given back",
     "the allocator gives one piece of memory to two owners", "", ""},
    {"INV-HOLD-03", "only what is there is used", "NULL and error pointers are not followed",
     "the kernel stops", "", ""},
    {"INV-HOLD-04", "all is given back", "Whoever ends has given back what he took",
     "pinned memory is lost until the next boot", "", ""},
    {"INV-HOLD-05", "the device writes what it was given alone",
     "Memory is given back only when the device can no longer write it",
     "the device overwrites memory of others", "NVM Express Base Specification 2.3", "8.1.7"},
    {"INV-HOLD-06", "a buffer holds what the device writes",
     "Beside the memory that it was given for a command or a queue the device writes nothing",
     "the device overwrites what lies beside the buffer", "NVM Express Base Specification 2.3",
     "5.2.4.1.1"},
    {"INV-HOLD-07", "privileged actions are asked for by the privileged",
     "A caller who may not send the command gets nothing by it", "anybody reads what a VM changes",
     "NVM Express Base Specification 2.3", "3.10"},
    {"INV-HOLD-08", "memory goes back to where it came from",
     "Each allocation is freed by its own allocator", "the kernel stops, or its heap is broken", "",
     ""},
    {"INV-HOLD-09", "what a device wrote is kept", "Pages that were written are unpinned as dirty",
     "entries of the log vanish from their pages", "", ""},
};

}  // namespace

const check::Invariant* broken_by(Misuse misuse) {
    return misuse == Misuse::None ? nullptr : &invariants[static_cast<std::size_t>(misuse) - 1];
}

}  // namespace lmsim::host
