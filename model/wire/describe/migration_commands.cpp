#include "model/wire/describe/command.hpp"

// The commands of live migration: Migration Send and Receive, Controller Data Queue, Track Send and
// Receive.
namespace lmsim::wire::describe {

using spec::Id;

namespace {

constexpr std::uint64_t smallest_page = 4096;  // CC.MPS is not known here

constexpr Id send_rows[] = {Id::SelSuspend, Id::SelResume, Id::SelSetControllerState};
constexpr Codes send_codes = {send_rows, Id::SendSelReserved};
constexpr Id stype_rows[] = {Id::StypeNotification, Id::StypeSuspend};
constexpr Codes stype_codes = {stype_rows, Id::SuspendStypeReserved};
constexpr Field suspend_fields[] = {
    {"SEL", Id::SendSel, Style::Decimal, nullptr, &send_codes},
    {"CNTLID", Id::SuspendCntlid, Style::Hex},
    {"STYPE", Id::SuspendStype, Style::Decimal, nullptr, &stype_codes},
    {"DUDMQ", Id::SuspendDudmq, Style::Flag},
    {"UIDX", Id::SendUidx},
};
constexpr Field resume_fields[] = {
    {"SEL", Id::SendSel, Style::Decimal, nullptr, &send_codes},
    {"CNTLID", Id::ResumeCntlid, Style::Hex},
    {"UIDX", Id::SendUidx},
};

/// Does an index of a format ask for one? (ID-FMT-06)
bool asks(std::uint64_t index, const spec::Rules& rules) {
    return index >= rules.value(Id::FormatsFirstIndex);
}
/// Which one: nothing lists the formats of commands that have opcodes of their own (LM-VND-01).
const char* where_listed(const spec::Rules& rules, const char* listed) {
    return rules.on(Id::VendorCommands) ? "there is one kind of data" : listed;
}
void says_csvi(const Value& value, Text& text) {
    text.add("{}", asks(value.number, *value.rules)
                       ? where_listed(*value.rules, "index of a version in CNS 20h")
                       : "no NVMe state");
}
void says_csuuidi(const Value& value, Text& text) {
    text.add("{}", asks(value.number, *value.rules)
                       ? where_listed(*value.rules, "index of a UUID in CNS 20h")
                       : "no vendor state");
}
void says_numd(const Value& value, Text& text) {
    const std::uint64_t dwords = value.number + value.rules->value(Id::SendNumdIsZeroBased);
    text.add("{} dwords, {} bytes", dwords, dwords * 4);
}
void says_numdl(const Value& value, Text& text) {
    const std::uint64_t dwords = value.number + value.rules->value(Id::ReceiveNumdIsZeroBased);
    text.add("{} dwords, {} bytes", dwords, dwords * 4);
}

constexpr Id seqind_rows[] = {Id::SeqindMiddle, Id::SeqindFirst, Id::SeqindLast, Id::SeqindOnly};
constexpr Codes seqind_codes = {seqind_rows};
constexpr Field set_state_fields[] = {
    {"SEL", Id::SendSel, Style::Decimal, nullptr, &send_codes},
    {"SEQIND", Id::SetStateSeqind, Style::Decimal, nullptr, &seqind_codes},
    {"CNTLID", Id::SetStateCntlid, Style::Hex},
    {"CSVI", Id::SetStateCsvi, Style::Decimal, says_csvi},
    {"CSUUIDI", Id::SetStateCsuuidi, Style::Decimal, says_csuuidi},
    {"CSOL", Id::SetStateCsol},
    {"CSOU", Id::SetStateCsou},
    {"UIDX", Id::SendUidx},
    {"NUMD", Id::SetStateNumd, Style::Decimal, says_numd},
};
constexpr Field send_fields[] = {
    {"SEL", Id::SendSel, Style::Decimal, nullptr, &send_codes},
    {"MOS", Id::SendMos, Style::Hex},
    {"UIDX", Id::SendUidx},
};

void check_set_state(Walker& walker, const View& view) {
    if (view.get(Id::SetStateCsol) % 4 != 0) {
        walker.broken(Id::SetStateOffsetUnaligned, view.where(Id::SetStateCsol),
                      "CSOL bits 1:0 are not 0");
    }
    if (!asks(view.get(Id::SetStateCsvi), *view.rules) &&
        !asks(view.get(Id::SetStateCsuuidi), *view.rules)) {
        walker.broken(Id::SetStateNoIndex, view.where(Id::SetStateCsvi),
                      "CSVI and CSUUIDI are both 0");
    }
    const std::uint64_t dwords =
        view.get(Id::SetStateNumd) + view.rules->value(Id::SendNumdIsZeroBased);
    if (dwords == 0 && view.get(Id::SetStateSeqind) != view.rules->value(Id::SeqindLast)) {
        walker.broken(Id::SetStateNumdZero, view.where(Id::SetStateNumd),
                      "NUMD = 0 and SEQIND is not 10b");
    }
}

constexpr Id receive_rows[] = {Id::SelGetControllerState};
constexpr Codes receive_codes = {receive_rows, Id::ReceiveSelReserved};
constexpr Field get_state_fields[] = {
    {"SEL", Id::ReceiveSel, Style::Decimal, nullptr, &receive_codes},
    {"CSVI", Id::GetStateCsvi, Style::Decimal, says_csvi},
    {"CNTLID", Id::GetStateCntlid, Style::Hex},
    {"CSUUIDI", Id::GetStateCsuuidi, Style::Decimal, says_csuuidi},
    {"CSUIDXP", Id::GetStateCsuidxp, Style::Hex},
    {"OL", Id::GetStateOl},
    {"OU", Id::GetStateOu},
    {"UIDX", Id::ReceiveUidx},
    {"NUMDL", Id::GetStateNumdl, Style::Decimal, says_numdl},
};
constexpr Field receive_fields[] = {
    {"SEL", Id::ReceiveSel, Style::Decimal, nullptr, &receive_codes},
    {"MOS", Id::ReceiveMos, Style::Hex},
    {"UIDX", Id::ReceiveUidx},
};

void check_get_state(Walker& walker, const View& view) {
    if (view.get(Id::GetStateOl) % 4 != 0) {
        walker.broken(Id::GetStateOffsetUnaligned, view.where(Id::GetStateOl),
                      "OL bits 1:0 are not 0");
    }
}

constexpr Id cdq_rows[] = {Id::SelCreateCdq, Id::SelDeleteCdq};
constexpr Codes cdq_codes = {cdq_rows, Id::CdqSelReserved, 0xC0};
constexpr Id qt_rows[] = {Id::CdqTypeUdmq};
constexpr Codes qt_codes = {qt_rows, Id::CdqTypeReserved, 0xC0};
constexpr Field create_cdq_fields[] = {
    {"SEL", Id::CdqSel, Style::Decimal, nullptr, &cdq_codes},
    {"QT", Id::CdqQt, Style::Hex, nullptr, &qt_codes},
    {"PC", Id::CdqPc, Style::Flag},
    {"CQS", Id::CdqCqs, Style::Hex},
    {"CDQSIZE", Id::CdqSize, Style::Decimal, says_dwords},
};
constexpr Field delete_cdq_fields[] = {
    {"SEL", Id::CdqSel, Style::Decimal, nullptr, &cdq_codes},
    {"CDQID", Id::CdqDeleteCdqid},
};
constexpr Field cdq_fields[] = {{"SEL", Id::CdqSel, Style::Hex, nullptr, &cdq_codes}};

void check_create_cdq(Walker& walker, const View& view) {
    if (view.get(Id::SqePrp1) % smallest_page != 0) {
        walker.broken(Id::CdqPrpOffset, view.where(Id::SqePrp1), "PRP1 is not aligned to a page");
    }
    const std::uint64_t entry = view.rules->value(Id::UdmqEntrySize);
    if (view.get(Id::CdqQt) != view.rules->value(Id::CdqTypeUdmq) || entry == 0) {
        return;
    }
    const std::uint64_t bytes = view.get(Id::CdqSize) * 4;
    if (bytes % entry != 0) {
        walker.broken(Id::CdqSizeNotEntries, view.where(Id::CdqSize),
                      "{} bytes are not a multiple of {}, the size of an entry", bytes, entry);
    } else if (bytes / entry < 2) {
        walker.broken(Id::CdqTooSmall, view.where(Id::CdqSize), "{} slots, of which one stays free",
                      bytes / entry);
    }
}

constexpr Id track_rows[] = {Id::SelLogUserDataChanges, Id::SelTrackMemoryChanges};
constexpr Codes track_codes = {track_rows, Id::TrackSendSelReserved};
constexpr Id lact_rows[] = {Id::LactStop, Id::LactStart};
constexpr Codes lact_codes = {lact_rows, Id::LogActionReserved};
constexpr Field log_fields[] = {
    {"SEL", Id::TrackSendSel, Style::Decimal, nullptr, &track_codes},
    {"LACT", Id::LogLact, Style::Decimal, nullptr, &lact_codes},
    {"CDQID", Id::LogCdqid},
};
void says_tact(const Value& value, Text& text) {
    text.add("{}", value.number != 0 ? "start tracking" : "stop tracking");
}
constexpr Field track_memory_fields[] = {
    {"SEL", Id::TrackSendSel, Style::Decimal, nullptr, &track_codes},
    {"TACT", Id::TrackTact, Style::Flag, says_tact},
    {"CNTLID", Id::TrackCntlid, Style::Hex},
};
constexpr Field track_fields[] = {{"SEL", Id::TrackSendSel, Style::Hex, nullptr, &track_codes}};

constexpr Id track_receive_rows[] = {Id::SelTrackedMemoryChanges};
constexpr Codes track_receive_codes = {track_receive_rows, Id::TrackReceiveSelReserved};
std::uint64_t track_receive_dwords(std::uint64_t numdl, const spec::Rules& rules) {
    return numdl + rules.value(Id::TrackReceiveNumdIsZeroBased);
}
void says_track_numdl(const Value& value, Text& text) {
    const std::uint64_t dwords = track_receive_dwords(value.number, *value.rules);
    text.add("{} dwords, {} bytes", dwords, dwords * 4);
}
constexpr Field track_receive_fields[] = {
    {"SEL", Id::TrackReceiveSel, Style::Decimal, nullptr, &track_receive_codes},
    {"CNTLID", Id::TrackReceiveCntlid, Style::Hex},
    {"NUMDL", Id::TrackReceiveNumdl, Style::Decimal, says_track_numdl},
};
constexpr Field track_receive_sel[] = {
    {"SEL", Id::TrackReceiveSel, Style::Hex, nullptr, &track_receive_codes}};

void check_track_receive(Walker& walker, const View& view) {
    const std::uint64_t bytes =
        track_receive_dwords(view.get(Id::TrackReceiveNumdl), *view.rules) * 4;
    if (bytes < view.rules->value(Id::TrackedHeaderSize)) {
        walker.broken(Id::TrackReceiveNoHeader, view.where(Id::TrackReceiveNumdl),
                      "{} bytes have no room for the header", bytes);
    }
}

// LM-VND-01: an opcode for each operation, in the place of both commands.
constexpr Command instead(Id opcode, std::uint8_t uses, Fields fields, std::string_view title,
                          void (*check)(Walker& walker, const View& view) = nullptr) {
    const Fields after_sel = fields.without_first();
    Command command{opcode, uses, after_sel, title, Id::Count, Id::Count, check};
    command.only_with = Id::VendorCommands;
    return command;
}
constexpr Command ratified(Command command) {
    command.not_with = Id::VendorCommands;
    return command;
}

constexpr Command own_opcodes[] = {
    instead(Id::VendorQuerySize, UsesNothing, get_state_fields, "Query the data size (2022)"),
    instead(Id::VendorSuspend, UsesNothing, suspend_fields, "Suspend the VF (2022)"),
    instead(Id::VendorResume, UsesNothing, resume_fields, "Resume the VF (2022)"),
    instead(Id::VendorSave, UsesData, get_state_fields, "Save the device data (2022)",
            check_get_state),
    instead(Id::VendorLoad, UsesData, set_state_fields, "Load the device data (2022)",
            check_set_state),
};

constexpr Command commands[] = {
    ratified({Id::OpcodeAdminMigrationSend, UsesNothing, suspend_fields, "Migration Send, Suspend",
              Id::SendSel, Id::SelSuspend}),
    ratified({Id::OpcodeAdminMigrationSend, UsesNothing, resume_fields, "Migration Send, Resume",
              Id::SendSel, Id::SelResume}),
    ratified({Id::OpcodeAdminMigrationSend, UsesData, set_state_fields,
              "Migration Send, Set Controller State", Id::SendSel, Id::SelSetControllerState,
              check_set_state}),
    ratified(
        command(Id::OpcodeAdminMigrationSend, UsesData, send_fields, nullptr, Rest::Undescribed)),
    ratified({Id::OpcodeAdminMigrationReceive, UsesData, get_state_fields,
              "Migration Receive, Get Controller State", Id::ReceiveSel, Id::SelGetControllerState,
              check_get_state}),
    ratified(command(Id::OpcodeAdminMigrationReceive, UsesData, receive_fields, nullptr,
                     Rest::Undescribed)),
    {Id::OpcodeAdminCdq, UsesPrp1, create_cdq_fields, "Controller Data Queue, Create", Id::CdqSel,
     Id::SelCreateCdq, check_create_cdq},
    {Id::OpcodeAdminCdq, UsesNothing, delete_cdq_fields, "Controller Data Queue, Delete",
     Id::CdqSel, Id::SelDeleteCdq},
    command(Id::OpcodeAdminCdq, UsesPrp1, cdq_fields, nullptr, Rest::Undescribed),
    {Id::OpcodeAdminTrackSend, UsesNothing, log_fields, "Track Send, Log User Data Changes",
     Id::TrackSendSel, Id::SelLogUserDataChanges},
    {Id::OpcodeAdminTrackSend, UsesData, track_memory_fields, "Track Send, Track Memory Changes",
     Id::TrackSendSel, Id::SelTrackMemoryChanges},
    command(Id::OpcodeAdminTrackSend, UsesData, track_fields, nullptr, Rest::Undescribed),
    {Id::OpcodeAdminTrackReceive, UsesData, track_receive_fields,
     "Track Receive, Tracked Memory Changes", Id::TrackReceiveSel, Id::SelTrackedMemoryChanges,
     check_track_receive},
    command(Id::OpcodeAdminTrackReceive, UsesData, track_receive_sel, nullptr, Rest::Undescribed),
};

}  // namespace

Span<Command> migration_commands() { return commands; }
Span<Command> vendor_commands() { return own_opcodes; }

}  // namespace lmsim::wire::describe
