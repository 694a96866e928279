#pragma once

#include <string>
#include <string_view>

#include "model/spec/row.hpp"

namespace lmsim::sim {

/// Reads a place as `lmsim spec` prints it, for a Field or Layout row: "CDW11 15:0", "CQE DW0 0",
/// "bytes 31:16", "byte 2 bits 5:3", "bit 11". Returns false, with what is wrong in `error`: it is
/// no place, or lies outside a command, a completion entry or 4096 bytes.
bool parse_place(std::string_view text, spec::Kind kind, spec::Place& place, std::string& error);

}  // namespace lmsim::sim
