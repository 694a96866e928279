#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "model/vfio/uapi.hpp"

// The next-hop table of vfio_mig_get_next_state() as Linux 6.12, 7.2 and 7.3 have it, in the order
// of its numbers, and its algorithm. The model derives what is written out here.
namespace lmsim::vfio::golden {

inline constexpr std::uint8_t error = 0;
inline constexpr std::uint8_t hops[8][8] = {
    // to: ERROR STOP RUNNING STOP_COPY RESUMING RUNNING_P2P PRE_COPY PRE_COPY_P2P
    {0, 0, 0, 0, 0, 0, 0, 0},  // from ERROR
    {0, 1, 5, 3, 4, 5, 5, 5},  // from STOP
    {0, 5, 2, 5, 5, 5, 6, 5},  // from RUNNING
    {0, 1, 1, 3, 1, 1, 0, 0},  // from STOP_COPY
    {0, 1, 1, 1, 4, 1, 1, 1},  // from RESUMING
    {0, 1, 2, 1, 1, 5, 2, 7},  // from RUNNING_P2P
    {0, 2, 2, 7, 2, 2, 6, 7},  // from PRE_COPY
    {0, 5, 5, 3, 5, 5, 6, 7},  // from PRE_COPY_P2P
};
inline constexpr std::uint32_t needs[8] = {~0U, 1, 1, 1, 1, 3, 5, 7};

inline bool exists(std::uint32_t state, std::uint32_t flags) {
    return state < 8 && (needs[state] & flags) == needs[state];
}

/// The hop, or `error` for -EINVAL.
inline std::uint8_t next_state(std::uint32_t current, std::uint32_t target, std::uint32_t flags) {
    if (!exists(current, flags) || !exists(target, flags)) {
        return error;
    }
    std::uint8_t hop = hops[current][target];
    while (hop != error && !exists(hop, flags)) {
        hop = hops[hop][target];
    }
    return hop;
}

inline constexpr std::uint8_t feature_sets[] = {1, 3, 5, 7};

/// The states from `from` to `to`, both included; empty when there is no path.
inline std::vector<MigState> path(MigState from, MigState to, std::uint8_t flags) {
    std::vector<MigState> result{from};
    while (result.back() != to) {
        const std::uint8_t hop = next_state(static_cast<std::uint32_t>(result.back()),
                                            static_cast<std::uint32_t>(to), flags);
        if (hop == error) {
            return {};
        }
        result.push_back(static_cast<MigState>(hop));
    }
    return result;
}

/// All states that exist with these flags.
inline std::vector<MigState> states(std::uint8_t flags) {
    std::vector<MigState> result;
    for (std::uint32_t state = 1; state < 8; ++state) {
        if (exists(state, flags)) {
            result.push_back(static_cast<MigState>(state));
        }
    }
    return result;
}

}  // namespace lmsim::vfio::golden
