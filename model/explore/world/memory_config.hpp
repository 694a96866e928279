#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "model/check/invariant.hpp"
#include "model/explore/system.hpp"
#include "model/spec/rules.hpp"

// Tracking of the memory that a VF writes, explored: a controller with a PF and a VF, the host's
// flow (model/host/memory_log.hpp), and whoever copies the memory.
namespace lmsim::explore {

/// A model of tracked memory (`lmsim explore memory`): its size, and what may happen in it.
struct MemoryConfig {
    std::uint8_t pages = 2;        // of data that the VF writes, 1 or 2, besides its completions'
    std::uint8_t commands = 1;     // reads of the guest under way at once, 1 or 2
    std::uint8_t descriptors = 2;  // ranges that fit into one report, 1 to 3
    bool coarse = false;           // the device cannot track single pages, and says what it can
    bool abort = true;             // the VMM may give up after the Suspend: the VF goes on
    bool tracks = false;           // a host that does not get the device to track is wrong
};

/// What MemoryConfig::tracks asks for.
extern const check::Invariant tracks_what_it_can;

/// What is wrong with the configuration, for its author; empty if nothing is.
std::string objection(const MemoryConfig& config);

/// One System, for one thread; `config` must be without objection (asserted). Rules are copied.
std::unique_ptr<System> make_memory_world(const MemoryConfig& config, const spec::Rules& rules);

}  // namespace lmsim::explore
