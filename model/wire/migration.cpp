#include "model/wire/migration.hpp"

#include <tuple>

#include "model/wire/fields.hpp"

namespace lmsim::wire {

using spec::Id;

namespace {

std::uint8_t sel_of(const MigrationSend& command, const spec::Rules& rules) {
    switch (command.operation) {
        case SendOperation::Suspend: return static_cast<std::uint8_t>(rules.value(Id::SelSuspend));
        case SendOperation::Resume: return static_cast<std::uint8_t>(rules.value(Id::SelResume));
        case SendOperation::SetControllerState:
            return static_cast<std::uint8_t>(rules.value(Id::SelSetControllerState));
        case SendOperation::Reserved: break;
    }
    return command.sel;
}

SendOperation operation_of(std::uint8_t sel, const spec::Rules& rules) {
    if (sel == rules.value(Id::SelSuspend)) return SendOperation::Suspend;
    if (sel == rules.value(Id::SelResume)) return SendOperation::Resume;
    if (sel == rules.value(Id::SelSetControllerState)) return SendOperation::SetControllerState;
    return SendOperation::Reserved;
}

std::uint8_t stype_of(const MigrationSend& command, const spec::Rules& rules) {
    switch (command.type) {
        case SuspendType::Notification:
            return static_cast<std::uint8_t>(rules.value(Id::StypeNotification));
        case SuspendType::Suspend: return static_cast<std::uint8_t>(rules.value(Id::StypeSuspend));
        case SuspendType::Reserved: break;
    }
    return command.stype;
}

SuspendType type_of(std::uint8_t stype, const spec::Rules& rules) {
    if (stype == rules.value(Id::StypeNotification)) return SuspendType::Notification;
    if (stype == rules.value(Id::StypeSuspend)) return SuspendType::Suspend;
    return SuspendType::Reserved;
}

/// LM-VND-01: each operation's own opcode says what SEL does elsewhere.
bool has_own_opcodes(const spec::Rules& rules) { return rules.on(Id::VendorCommands); }

constexpr std::pair<SendOperation, Id> own_opcodes[] = {
    {SendOperation::Suspend, Id::VendorSuspend},
    {SendOperation::Resume, Id::VendorResume},
    {SendOperation::SetControllerState, Id::VendorLoad},
};

SendOperation operation_of(const Sqe& sqe, std::uint8_t sel, const spec::Rules& rules) {
    if (!has_own_opcodes(rules)) {
        return operation_of(sel, rules);
    }
    for (const auto& [operation, opcode] : own_opcodes) {
        if (sqe.opcode == rules.value(opcode)) return operation;
    }
    return SendOperation::Reserved;
}

std::uint8_t send_opcode(const MigrationSend& command, const spec::Rules& rules) {
    Id row = Id::OpcodeAdminMigrationSend;
    for (const auto& [operation, opcode] : own_opcodes) {
        if (has_own_opcodes(rules) && operation == command.operation) row = opcode;
    }
    return static_cast<std::uint8_t>(rules.value(row));
}

std::uint8_t receive_opcode(const MigrationReceive& command, const spec::Rules& rules) {
    const Id row = !has_own_opcodes(rules) ? Id::OpcodeAdminMigrationReceive
                   : command.query_size    ? Id::VendorQuerySize
                                           : Id::VendorSave;
    return static_cast<std::uint8_t>(rules.value(row));
}

constexpr Id seqind_rows[] = {Id::SeqindMiddle, Id::SeqindFirst, Id::SeqindLast, Id::SeqindOnly};

Seqind seqind_of(std::uint64_t bits, const spec::Rules& rules) {
    for (std::uint8_t i = 0; i < 4; ++i) {
        if (bits == rules.value(seqind_rows[i])) return static_cast<Seqind>(i);
    }
    return Seqind::Middle;
}

// 0's based counts cannot say 0.
std::uint64_t count_to_wire(std::uint64_t dwords, bool zero_based) {
    LMSIM_ASSERT(!zero_based || dwords != 0);
    return zero_based ? dwords - 1 : dwords;
}

}  // namespace

MigrationSend MigrationSend::suspend(std::uint16_t cntlid, SuspendType type, bool dudmq) {
    MigrationSend command;
    command.operation = SendOperation::Suspend;
    command.cntlid = cntlid;
    command.type = type;
    command.dudmq = dudmq;
    return command;
}

MigrationSend MigrationSend::resume(std::uint16_t cntlid) {
    MigrationSend command;
    command.operation = SendOperation::Resume;
    command.cntlid = cntlid;
    return command;
}

MigrationSend MigrationSend::set_controller_state(std::uint16_t cntlid, Seqind seqind,
                                                  std::uint8_t csvi, std::uint8_t csuuidi,
                                                  std::uint64_t offset, std::uint64_t dwords) {
    MigrationSend command;
    command.operation = SendOperation::SetControllerState;
    command.cntlid = cntlid;
    command.seqind = seqind;
    command.csvi = csvi;
    command.csuuidi = csuuidi;
    command.offset = offset;
    command.dwords = dwords;
    return command;
}

// `sel` and `stype` only matter where the typed member says Reserved.
bool operator==(const MigrationSend& a, const MigrationSend& b) {
    const auto tie = [](const MigrationSend& c) {
        const std::uint8_t sel = c.operation == SendOperation::Reserved ? c.sel : std::uint8_t{0};
        const std::uint8_t stype = c.type == SuspendType::Reserved ? c.stype : std::uint8_t{0};
        return std::make_tuple(c.operation, sel, c.uidx, c.cntlid, c.type, stype, c.dudmq, c.seqind,
                               c.csvi, c.csuuidi, c.offset, c.dwords);
    };
    return tie(a) == tie(b);
}

bool operator==(const MigrationReceive& a, const MigrationReceive& b) {
    const auto tie = [](const MigrationReceive& c) {
        const std::uint8_t sel = c.get_controller_state ? std::uint8_t{0} : c.sel;
        return std::make_tuple(c.get_controller_state, c.query_size, sel, c.uidx, c.cntlid, c.csvi,
                               c.csuuidi, c.csuidxp, c.offset, c.dwords);
    };
    return tie(a) == tie(b);
}

bool is_migration_send(const Sqe& sqe, const spec::Rules& rules) {
    return has_own_opcodes(rules) ? operation_of(sqe, 0, rules) != SendOperation::Reserved
                                  : sqe.opcode == rules.value(Id::OpcodeAdminMigrationSend);
}

bool is_migration_receive(const Sqe& sqe, const spec::Rules& rules) {
    return has_own_opcodes(rules) ? sqe.opcode == rules.value(Id::VendorQuerySize) ||
                                        sqe.opcode == rules.value(Id::VendorSave)
                                  : sqe.opcode == rules.value(Id::OpcodeAdminMigrationReceive);
}

Sqe encode(const MigrationSend& command, const spec::Rules& rules) {
    Sqe blank;
    blank.opcode = send_opcode(command, rules);
    SqeFields fields(blank, rules);
    if (!has_own_opcodes(rules)) {
        fields.set(Id::SendSel, sel_of(command, rules));
    }
    fields.set(Id::SendUidx, command.uidx);
    if (command.operation == SendOperation::Suspend) {
        fields.set(Id::SuspendCntlid, command.cntlid);
        fields.set(Id::SuspendStype, stype_of(command, rules));
        fields.set(Id::SuspendDudmq, command.dudmq ? 1 : 0);
    } else if (command.operation == SendOperation::Resume) {
        fields.set(Id::ResumeCntlid, command.cntlid);
    } else if (command.operation == SendOperation::SetControllerState) {
        const std::size_t seqind = static_cast<std::size_t>(command.seqind);
        fields.set(Id::SetStateSeqind, rules.value(seqind_rows[seqind]));
        fields.set(Id::SetStateCntlid, command.cntlid);
        fields.set(Id::SetStateCsvi, command.csvi);
        fields.set(Id::SetStateCsuuidi, command.csuuidi);
        fields.set(Id::SetStateCsol, command.offset & 0xFFFFFFFF);
        fields.set(Id::SetStateCsou, command.offset >> 32);
        const bool zero_based = rules.value(Id::SendNumdIsZeroBased) != 0;
        fields.set(Id::SetStateNumd, count_to_wire(command.dwords, zero_based));
    }
    return fields.sqe();
}

MigrationSend decode_migration_send(const Sqe& sqe, const spec::Rules& rules) {
    const SqeFields fields(sqe, rules);
    MigrationSend command;
    command.sel = fields.u8(Id::SendSel);
    command.operation = operation_of(sqe, command.sel, rules);
    command.uidx = fields.u8(Id::SendUidx);
    if (command.operation == SendOperation::Suspend) {
        command.cntlid = fields.u16(Id::SuspendCntlid);
        command.stype = fields.u8(Id::SuspendStype);
        command.type = type_of(command.stype, rules);
        command.dudmq = fields.flag(Id::SuspendDudmq);
    } else if (command.operation == SendOperation::Resume) {
        command.cntlid = fields.u16(Id::ResumeCntlid);
    } else if (command.operation == SendOperation::SetControllerState) {
        command.seqind = seqind_of(fields.get(Id::SetStateSeqind), rules);
        command.cntlid = fields.u16(Id::SetStateCntlid);
        command.csvi = fields.u8(Id::SetStateCsvi);
        command.csuuidi = fields.u8(Id::SetStateCsuuidi);
        command.offset = fields.get(Id::SetStateCsol) | fields.get(Id::SetStateCsou) << 32;
        command.dwords = fields.get(Id::SetStateNumd) + rules.value(Id::SendNumdIsZeroBased);
    }
    return command;
}

Sqe encode(const MigrationReceive& command, const spec::Rules& rules) {
    Sqe blank;
    blank.opcode = receive_opcode(command, rules);
    SqeFields fields(blank, rules);
    if (!has_own_opcodes(rules)) {
        const std::uint32_t get_state = rules.value(Id::SelGetControllerState);
        fields.set(Id::ReceiveSel, command.get_controller_state ? get_state : command.sel);
    }
    fields.set(Id::ReceiveUidx, command.uidx);
    fields.set(Id::GetStateCsvi, command.csvi);
    fields.set(Id::GetStateCntlid, command.cntlid);
    fields.set(Id::GetStateCsuuidi, command.csuuidi);
    fields.set(Id::GetStateCsuidxp, command.csuidxp);
    fields.set(Id::GetStateOl, command.offset & 0xFFFFFFFF);
    fields.set(Id::GetStateOu, command.offset >> 32);
    const bool zero_based = rules.value(Id::ReceiveNumdIsZeroBased) != 0;
    fields.set(Id::GetStateNumdl, count_to_wire(command.dwords, zero_based));
    return fields.sqe();
}

MigrationReceive decode_migration_receive(const Sqe& sqe, const spec::Rules& rules) {
    const SqeFields fields(sqe, rules);
    MigrationReceive command;
    command.sel = fields.u8(Id::ReceiveSel);
    command.get_controller_state =
        has_own_opcodes(rules) || command.sel == rules.value(Id::SelGetControllerState);
    command.query_size = has_own_opcodes(rules) && sqe.opcode == rules.value(Id::VendorQuerySize);
    command.uidx = fields.u8(Id::ReceiveUidx);
    command.csvi = fields.u8(Id::GetStateCsvi);
    command.cntlid = fields.u16(Id::GetStateCntlid);
    command.csuuidi = fields.u8(Id::GetStateCsuuidi);
    command.csuidxp = fields.u8(Id::GetStateCsuidxp);
    command.offset = fields.get(Id::GetStateOl) | fields.get(Id::GetStateOu) << 32;
    command.dwords = fields.get(Id::GetStateNumdl) + rules.value(Id::ReceiveNumdIsZeroBased);
    return command;
}

std::uint32_t encode_csup(bool csup, const spec::Rules& rules) {
    std::uint8_t bytes[Cqe::size] = {};
    store_bits(bytes, rules.place(Id::GetStateCsup), csup ? 1 : 0);
    return decode_cqe(bytes).dw0;
}

bool decode_csup(const Cqe& cqe, const spec::Rules& rules) {
    std::uint8_t bytes[Cqe::size];
    encode(cqe, bytes);
    const spec::Place place = rules.place(Id::GetStateCsup);
    return place.end_byte() <= Cqe::size && load_bits(bytes, place) != 0;
}

}  // namespace lmsim::wire
