#include "model/host/lifetimes.hpp"

#include "model/spec/documents.hpp"

namespace lmsim::host {
namespace {

constexpr check::Invariant invariants[] = {
    {"INV-HOLD-01", "nothing is used after its end", "What was freed, unpinned or put is not used.",
     "The kernel reads and writes what others have by now.", "", ""},
    {"INV-HOLD-02", "nothing is given back twice", "What is not held is not given back.",
     "The allocator gives one piece of memory to two owners.", "", ""},
    {"INV-HOLD-03", "only what is there is used", "NULL and error pointers are not followed.",
     "The kernel stops.", "", ""},
    {"INV-HOLD-04", "all is given back", "Whoever ends has given back what he took.",
     "Pinned memory is lost until the next boot.", "", ""},
    {"INV-HOLD-05", "memory is given back last",
     "Memory is given back only when the device can no longer write it.",
     "The device overwrites the memory of others.", spec::document::Base23, "8.1.7"},
    {"INV-HOLD-06", "a buffer holds what the device writes",
     "Beside the memory that it was given for a command or a queue the device writes nothing.",
     "The device overwrites what lies beside the buffer.", spec::document::Base23, "5.2.4.1.1"},
    {"INV-HOLD-07", "privileged actions are for the privileged",
     "A caller who may not send the command gets nothing by it.",
     "Anybody reads what a VM changes.", spec::document::Base23, "3.10"},
    {"INV-HOLD-08", "memory goes back to where it came from",
     "Each allocation is freed by its own allocator.", "The kernel stops, or its heap is broken.",
     "", ""},
    {"INV-HOLD-09", "what a device wrote is kept", "Pages that were written are unpinned as dirty.",
     "Entries of the log vanish from their pages.", "", ""},
};

}  // namespace

const check::Invariant* broken_by(Misuse misuse) {
    return misuse == Misuse::None ? nullptr : &invariants[static_cast<std::size_t>(misuse) - 1];
}

}  // namespace lmsim::host
