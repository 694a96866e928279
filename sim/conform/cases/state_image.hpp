#pragma once

#include "sim/conform/cases/cases.hpp"

/// Controller State data structures that cases send.
namespace lmsim::sim::conform::cases {

constexpr std::uint64_t state_header = 48;
constexpr std::uint64_t sq_at = 56;        // the first queue state
constexpr std::uint64_t cq_at = 80;        // the CQ state behind one SQ state
constexpr std::uint64_t empty_state = 56;  // bytes, without queues
constexpr std::uint64_t pair_state = 104;  // bytes, with one I/O queue pair

inline std::uint32_t seqind_only() { return oracle().value(spec::Id::SeqindOnly); }

/// Version 0 of the NVMe Controller State must be supported.
void need_set_state(Draft& draft);

/// A buffer "state" with the state of an MC without I/O queues.
Draft& store_empty_state(Draft& draft);

/// The same with I/O queue pair 1 in the MC's rings, never used.
Draft& store_pair_state(Draft& draft);

}  // namespace lmsim::sim::conform::cases
