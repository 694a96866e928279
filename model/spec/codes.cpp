#include "model/spec/codes.hpp"

#include "model/spec/table.hpp"

namespace lmsim::spec {

namespace {

constexpr std::string_view unknown_status = "unknown status";
constexpr std::string_view unknown_opcode = "unknown opcode";

std::string_view title_of(Kind kind, std::string_view symbol_prefix, std::uint32_t value,
                          const Rules& rules, std::string_view unknown) {
    for (const Row& candidate : table) {
        if (candidate.kind == kind && rules.value(candidate.id) == value &&
            candidate.symbol.substr(0, symbol_prefix.size()) == symbol_prefix) {
            return candidate.title;
        }
    }
    return unknown;
}

const Rules& standard() {
    static const Rules ratified = Rules::ratified();
    return ratified;
}

/// An opcode that only a dialect has, while its switch is on.
struct OwnOpcode {
    Id with;
    Id opcode;
};
constexpr OwnOpcode own_opcodes[] = {
    {Id::VendorCommands, Id::VendorQuerySize}, {Id::VendorCommands, Id::VendorSuspend},
    {Id::VendorCommands, Id::VendorResume},    {Id::VendorCommands, Id::VendorSave},
    {Id::VendorCommands, Id::VendorLoad},      {Id::Templates, Id::TemplateReceive},
    {Id::Templates, Id::TemplateSend},
};

/// LM-VND-01: it has other commands in the place of these.
bool is_replaced(std::uint8_t opcode, const Rules& rules) {
    return rules.on(Id::VendorCommands) && (opcode == rules.value(Id::OpcodeAdminMigrationSend) ||
                                            opcode == rules.value(Id::OpcodeAdminMigrationReceive));
}

}  // namespace

std::string_view status_name(std::uint16_t status, const Rules& rules) {
    return title_of(Kind::Status, "Status", status, rules, unknown_status);
}

std::string_view admin_opcode_name(std::uint8_t opcode, const Rules& rules) {
    for (const OwnOpcode& own : own_opcodes) {
        if (rules.on(own.with) && rules.value(own.opcode) == opcode) {
            const std::string_view title = row(own.opcode).title;
            return title.substr(title.find(": ") + 2);
        }
    }
    return is_replaced(opcode, rules)
               ? unknown_opcode
               : title_of(Kind::Opcode, "OpcodeAdmin", opcode, rules, unknown_opcode);
}

std::string_view status_name(std::uint16_t status) { return status_name(status, standard()); }

std::string_view admin_opcode_name(std::uint8_t opcode) {
    return admin_opcode_name(opcode, standard());
}

std::string_view nvm_opcode_name(std::uint8_t opcode) {
    return title_of(Kind::Opcode, "OpcodeNvm", opcode, standard(), unknown_opcode);
}

}  // namespace lmsim::spec
