#pragma once

#include <cstdint>
#include <string>

#include "sim/conform/case.hpp"

namespace lmsim::sim::conform {

/// "CDW11 23:16" of a command, "DW0 15:0" of a completion, "bytes 31:16" of a structure.
std::string place_in_command(spec::Place place);
std::string place_in_completion(spec::Place place);
std::string place_in_bytes(spec::Place place);

/// "Invalid Field in Command (002h)".
std::string describe_status(std::uint16_t status);
std::string describe_statuses(const std::vector<std::uint16_t>& statuses);

/// "mc.cntlid + 4", "17".
std::string describe(const Value& value);
inline std::string hex(std::uint64_t value) { return describe(Value(value)); }

/// "Migration Send (41h)", by queue: admin or I/O.
std::string describe_opcode(std::uint8_t opcode, std::uint16_t queue);

}  // namespace lmsim::sim::conform
