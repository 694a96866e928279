#pragma once

#include <cstdint>
#include <string>

namespace lmsim::sim {

/// Why CommandPort cannot drive a controller whose CAP this is, in words; empty: it can.
std::string cannot_drive(std::uint64_t cap);

}  // namespace lmsim::sim
