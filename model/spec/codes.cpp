#include "model/spec/codes.hpp"

#include "model/spec/table.hpp"

namespace lmsim::spec {

namespace {

std::string_view title_of(Kind kind, std::string_view symbol_prefix, std::uint32_t value,
                          std::string_view unknown) {
    for (const Row& candidate : table) {
        if (candidate.kind == kind && candidate.value == value &&
            candidate.symbol.substr(0, symbol_prefix.size()) == symbol_prefix) {
            return candidate.title;
        }
    }
    return unknown;
}

}  // namespace

std::string_view status_name(std::uint16_t status) {
    return title_of(Kind::Status, "Status", status, "unknown status");
}

std::string_view admin_opcode_name(std::uint8_t opcode) {
    return title_of(Kind::Opcode, "OpcodeAdmin", opcode, "unknown opcode");
}

std::string_view nvm_opcode_name(std::uint8_t opcode) {
    return title_of(Kind::Opcode, "OpcodeNvm", opcode, "unknown opcode");
}

}  // namespace lmsim::spec
