#pragma once

#include <cstdint>
#include <string_view>

#include "model/spec/rules.hpp"

namespace lmsim::spec {

/// The standard's status codes, SCT << 8 | SC. What a rule answers with comes from Rules::status().
namespace status {
#define LMSIM_STATUS(symbol, name, title, source, section, value) \
    inline constexpr std::uint16_t symbol = value;
#include "model/spec/rows/status.def"
#undef LMSIM_STATUS
}  // namespace status

/// The standard's opcodes: AdminIdentify, NvmRead, ...
namespace opcode {
#define LMSIM_OPCODE(symbol, name, title, source, section, value) \
    inline constexpr std::uint8_t symbol = value;
#include "model/spec/rows/opcodes.def"
#undef LMSIM_OPCODE
}  // namespace opcode

/// "Invalid Field in Command"; "unknown status" for a code that no row names.
std::string_view status_name(std::uint16_t status);

/// "Migration Send"; "unknown opcode" for one that no row names.
std::string_view admin_opcode_name(std::uint8_t opcode);

/// What a dialect calls them: by its own opcodes and codes.
std::string_view status_name(std::uint16_t status, const Rules& rules);
std::string_view admin_opcode_name(std::uint8_t opcode, const Rules& rules);

/// "Read"; "unknown opcode" for one that no row names.
std::string_view nvm_opcode_name(std::uint8_t opcode);

}  // namespace lmsim::spec
