#pragma once

#include <cstdint>

#include "sim/core/units.hpp"

namespace lmsim::sim::fio {

constexpr std::uint64_t sector = 512;

enum class Op : std::uint8_t { Read, Write, Trim, Flush };

/// An I/O of the guest: bytes from the start of the namespace; 0 and 0 for a flush.
struct Io {
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
    Op op = Op::Read;
};

/// An I/O and the time before which the guest does not submit it.
struct Planned {
    Io io;
    Time not_before;
};

}  // namespace lmsim::sim::fio
