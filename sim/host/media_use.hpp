#pragma once

#include <cstdint>
#include <vector>

#include "sim/core/event_queue.hpp"

namespace lmsim::sim {

/// What one namespace came to.
struct NamespaceCopyUse {
    std::uint16_t vf = 0;
    std::uint32_t nsid = 0;
    bool shared = false;          // both hosts reach it: nothing is copied
    std::uint64_t allocated = 0;  // bytes that the first copy took
    std::uint64_t copied = 0;     // bytes in all
    std::uint64_t entries = 0;    // of the log that tell of it
    std::uint64_t gaps = 0;       // of the log
    std::uint64_t mismatch = 0;   // blocks that differ at the end
};

/// Of one namespace in a round.
struct NamespaceRoundUse {
    std::uint32_t nsid = 0;
    std::uint64_t bytes = 0;
};

/// A round of the copy: when, for how long, and of how much.
struct MediaRoundUse {
    Ps at = 0;
    Ps time = 0;
    std::uint64_t bytes = 0;
    bool by_rates = false;
    bool stopped = false;                       // the guest stood still
    std::vector<NamespaceRoundUse> namespaces;  // those of which there was something
};

/// What the copy came to.
struct MediaCopyUse {
    bool began = false;
    bool converged = false;
    Ps set_up = 0;
    Ps first_copy = 0;
    Ps ready = 0;       // from its begin until the RAM might begin
    Ps last_round = 0;  // in the blackout
    Ps skipped = 0;     // of all that, by rates
    std::uint64_t set_up_commands = 0;
    std::uint64_t bytes = 0;
    std::uint64_t data_bytes = 0;        // of these, what held data
    std::uint64_t rounds_to_ready = 0;   // until the switchover might have come
    std::uint64_t whole_copies = 0;      // of one namespace each
    std::uint64_t commands_skipped = 0;  // of the guest
    std::uint64_t mirrored_bytes = 0;
    std::vector<MediaRoundUse> rounds;
    std::vector<NamespaceCopyUse> namespaces;
};

}  // namespace lmsim::sim
