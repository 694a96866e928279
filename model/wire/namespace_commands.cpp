#include "model/wire/namespace_commands.hpp"

#include <cstring>
#include <type_traits>

#include "model/wire/fields.hpp"
#include "model/wire/layout.hpp"

namespace lmsim::wire {

using spec::Id;

namespace {

SqeFields fields_of(Id opcode_row, std::uint32_t nsid, const spec::Rules& rules) {
    Sqe sqe;
    sqe.opcode = static_cast<std::uint8_t>(rules.value(opcode_row));
    sqe.nsid = nsid;
    return {sqe, rules};
}

template <class Data, class Visitor>
void create_fields(Data& data, Visitor&& visit) {
    visit(Id::NmNsze, data.nsze);
    visit(Id::NmNcap, data.ncap);
    visit(Id::NmFlbas, data.flbas);
    visit(Id::NmDps, data.dps);
    visit(Id::NmNmic, data.nmic);
    visit(Id::NmAnagrpid, data.anagrpid);
    visit(Id::NmNvmsetid, data.nvmsetid);
    visit(Id::NmEndgid, data.endgid);
}

struct ActionRow {
    SanitizeAction action;
    Id row;
};
constexpr ActionRow actions[] = {
    {SanitizeAction::ExitFailure, Id::SanactExitFailure},
    {SanitizeAction::BlockErase, Id::SanactBlockErase},
    {SanitizeAction::Overwrite, Id::SanactOverwrite},
    {SanitizeAction::CryptoErase, Id::SanactCryptoErase},
    {SanitizeAction::ExitVerification, Id::SanactExitVerification},
};

}  // namespace

Sqe encode(const NamespaceManagement& command, const spec::Rules& rules) {
    SqeFields fields = fields_of(Id::OpcodeAdminNamespaceManagement, command.nsid, rules);
    const bool create = command.select == NamespaceSelect::Create;
    fields.set(Id::NmSel, rules.value(create ? Id::NmCreate : Id::NmDelete));
    fields.set(Id::NmCsi, command.csi);
    return fields.sqe();
}

NamespaceManagement decode_namespace_management(const Sqe& sqe, const spec::Rules& rules) {
    const SqeFields fields(sqe, rules);
    const std::uint64_t sel = fields.get(Id::NmSel);
    const NamespaceSelect select = sel == rules.value(Id::NmCreate)   ? NamespaceSelect::Create
                                   : sel == rules.value(Id::NmDelete) ? NamespaceSelect::Delete
                                                                      : NamespaceSelect::Reserved;
    return {select, sqe.nsid, fields.u8(Id::NmCsi)};
}

Sqe encode(const NamespaceAttachment& command, const spec::Rules& rules) {
    SqeFields fields = fields_of(Id::OpcodeAdminNamespaceAttachment, command.nsid, rules);
    const bool attach = command.select == NamespaceSelect::Attach;
    fields.set(Id::NaSel, rules.value(attach ? Id::NaAttach : Id::NaDetach));
    return fields.sqe();
}

NamespaceAttachment decode_namespace_attachment(const Sqe& sqe, const spec::Rules& rules) {
    const std::uint64_t sel = SqeFields(sqe, rules).get(Id::NaSel);
    const NamespaceSelect select = sel == rules.value(Id::NaAttach)   ? NamespaceSelect::Attach
                                   : sel == rules.value(Id::NaDetach) ? NamespaceSelect::Detach
                                                                      : NamespaceSelect::Reserved;
    return {select, sqe.nsid};
}

bool operator==(const NamespaceCreate& a, const NamespaceCreate& b) {
    return a.nsze == b.nsze && a.ncap == b.ncap && a.flbas == b.flbas && a.dps == b.dps &&
           a.nmic == b.nmic && a.anagrpid == b.anagrpid && a.nvmsetid == b.nvmsetid &&
           a.endgid == b.endgid;
}

void encode(const NamespaceCreate& data, std::uint8_t* to, const spec::Rules& rules) {
    const std::size_t size = rules.value(Id::NmDataSize);
    std::memset(to, 0, size);
    LayoutWriter writer(to, size, rules);
    create_fields(data, [&](Id id, const auto& member) { writer.set(id, member); });
}

Result<NamespaceCreate> decode_namespace_create(const std::uint8_t* data, std::size_t size,
                                                const spec::Rules& rules) {
    if (size < rules.value(Id::NmDataSize)) {
        return Fault{Error::Truncated, size};
    }
    const LayoutReader reader(data, size, rules);
    NamespaceCreate create;
    create_fields(create, [&](Id id, auto& member) {
        member = static_cast<std::remove_reference_t<decltype(member)>>(reader.get(id));
    });
    return create;
}

Sqe encode(const FormatNvm& command, const spec::Rules& rules) {
    SqeFields fields = fields_of(Id::OpcodeAdminFormatNvm, command.nsid, rules);
    fields.set(Id::FormatLbafl, command.format & 0xF);
    fields.set(Id::FormatLbafu, command.format >> 4 & 3);
    fields.set(Id::FormatMset, command.mset ? 1 : 0);
    fields.set(Id::FormatPi, command.pi);
    fields.set(Id::FormatPil, command.pil ? 1 : 0);
    fields.set(Id::FormatSes, command.ses);
    return fields.sqe();
}

FormatNvm decode_format_nvm(const Sqe& sqe, const spec::Rules& rules) {
    const SqeFields fields(sqe, rules);
    FormatNvm command;
    command.nsid = sqe.nsid;
    command.format =
        static_cast<std::uint8_t>(fields.get(Id::FormatLbafl) | fields.get(Id::FormatLbafu) << 4);
    command.mset = fields.flag(Id::FormatMset);
    command.pi = fields.u8(Id::FormatPi);
    command.pil = fields.flag(Id::FormatPil);
    command.ses = fields.u8(Id::FormatSes);
    return command;
}

Sqe encode(const Sanitize& command, const spec::Rules& rules) {
    SqeFields fields = fields_of(Id::OpcodeAdminSanitize, 0, rules);
    for (const ActionRow& known : actions) {
        if (known.action == command.action) {
            fields.set(Id::SanitizeSanact, rules.value(known.row));
        }
    }
    fields.set(Id::SanitizeAuse, command.ause ? 1 : 0);
    fields.set(Id::SanitizeOwpass, command.owpass);
    fields.set(Id::SanitizeOipbp, command.oipbp ? 1 : 0);
    fields.set(Id::SanitizeNdas, command.ndas ? 1 : 0);
    fields.set(Id::SanitizeEmvs, command.emvs ? 1 : 0);
    fields.set(Id::SanitizeOvrpat, command.ovrpat);
    return fields.sqe();
}

Sanitize decode_sanitize(const Sqe& sqe, const spec::Rules& rules) {
    const SqeFields fields(sqe, rules);
    Sanitize command;
    command.action = SanitizeAction::Reserved;
    for (const ActionRow& known : actions) {
        if (fields.get(Id::SanitizeSanact) == rules.value(known.row)) {
            command.action = known.action;
            break;
        }
    }
    command.ause = fields.flag(Id::SanitizeAuse);
    command.owpass = fields.u8(Id::SanitizeOwpass);
    command.oipbp = fields.flag(Id::SanitizeOipbp);
    command.ndas = fields.flag(Id::SanitizeNdas);
    command.emvs = fields.flag(Id::SanitizeEmvs);
    command.ovrpat = fields.u32(Id::SanitizeOvrpat);
    return command;
}

}  // namespace lmsim::wire
