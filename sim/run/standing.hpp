#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "sim/core/event_queue.hpp"

namespace lmsim::sim {

/// How far a run is, for who watches it. No result knows of it.
struct Standing {
    Ps now = 0;
    std::uint64_t events = 0;
    std::string_view stage;  // "boot", "warm-up", "migration", "cool-down", ...
    /// What the migration is at, in the words of traces and results: "pre-copy round 3: 1.20 GiB
    /// left", "switchover: state-read of VF 3 on the source". Empty before and after.
    std::string migration;
    std::size_t vms = 1;
    std::size_t moved = 0;      // of these, whose migration is over
    std::size_t under_way = 0;  // that migrate now
    std::size_t vm = 0;         // of which `migration` speaks, counted from 1
    Ps migration_begins = 0;    // 0: while hosts and guests boot nobody knows
    Ps cooled_down = 0;         // when the cool-down ends; 0: it has not begun
};

}  // namespace lmsim::sim
