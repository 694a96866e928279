#include "model/spec/table.hpp"
#include "model/wire/describe/command.hpp"

namespace lmsim::wire::describe {

using spec::Id;

namespace {

constexpr std::uint64_t smallest_page = 4096;  // CC.MPS is not known here

constexpr Id cns_rows[] = {Id::CnsNamespace, Id::CnsController, Id::CnsActiveNamespaces,
                           Id::CnsSecondaryControllers, Id::CnsControllerStateFormats};
constexpr Codes cns_codes = {cns_rows};
constexpr Field identify_fields[] = {
    {"CNS", Id::IdentifyCns, Style::Hex, nullptr, &cns_codes},
    {"CNTID", Id::IdentifyCntid, Style::Hex},
    {"CSI", Id::IdentifyCsi, Style::Hex},
    {"UIDX", Id::IdentifyUidx},
};

constexpr Field create_cq_fields[] = {
    {"QID", Id::QueueQid},
    {"QSIZE", Id::QueueQsize, Style::Decimal, says_zero_based},
    {"PC", Id::CreateCqPc, Style::Flag},
    {"IEN", Id::CreateCqIen, Style::Flag},
    {"IV", Id::CreateCqIv},
};
constexpr Field create_sq_fields[] = {
    {"QID", Id::QueueQid},
    {"QSIZE", Id::QueueQsize, Style::Decimal, says_zero_based},
    {"PC", Id::CreateSqPc, Style::Flag},
    {"QPRIO", Id::CreateSqQprio},
    {"CQID", Id::CreateSqCqid},
};
constexpr Field delete_fields[] = {{"QID", Id::QueueQid}};

void check_queue(Walker& walker, const View& view, Id bad_qid, Id bad_size) {
    if (view.get(Id::QueueQid) == 0) {
        walker.broken(bad_qid, view.where(Id::QueueQid), "QID = 0 is the admin queue");
    }
    if (view.get(Id::QueueQsize) == 0) {
        walker.broken(bad_size, view.where(Id::QueueQsize), "QSIZE = 0: one entry is no queue");
    }
    if (view.get(Id::SqePrp1) % smallest_page != 0) {
        walker.broken(Id::CreateQueuePrpOffset, view.where(Id::SqePrp1),
                      "PRP1 is not aligned to a page");
    }
}

void check_create_cq(Walker& walker, const View& view) {
    check_queue(walker, view, Id::CreateCqBadQid, Id::CreateCqBadSize);
}

void check_create_sq(Walker& walker, const View& view) {
    check_queue(walker, view, Id::CreateSqBadQid, Id::CreateSqBadSize);
    if (view.get(Id::CreateSqCqid) == 0) {
        walker.broken(Id::CreateSqBadCqid, view.where(Id::CreateSqCqid),
                      "CQID = 0 is the admin completion queue");
    }
}

void check_delete(Walker& walker, const View& view) {
    if (view.get(Id::QueueQid) == 0) {
        walker.broken(Id::DeleteBadQid, view.where(Id::QueueQid), "QID = 0 is the admin queue");
    }
}

constexpr Id feature_rows[] = {Id::FeatureVolatileWriteCache,  Id::FeatureNumberOfQueues,
                               Id::FeatureInterruptCoalescing, Id::FeatureInterruptVector,
                               Id::FeatureAsyncEventConfig,    Id::FeatureCdq};
constexpr Codes feature_codes = {feature_rows};
constexpr Field set_queues_fields[] = {
    {"FID", Id::FeatureFid, Style::Hex, nullptr, &feature_codes},
    {"SV", Id::SetFeaturesSv, Style::Flag},
    {"NSQR", Id::QueuesNsqr, Style::Decimal, says_zero_based},
    {"NCQR", Id::QueuesNcqr, Style::Decimal, says_zero_based},
};
constexpr Field set_coalescing_fields[] = {
    {"FID", Id::FeatureFid, Style::Hex, nullptr, &feature_codes},
    {"SV", Id::SetFeaturesSv, Style::Flag},
    {"THR", Id::CoalescingThr, Style::Decimal, says_zero_based},
    {"TIME", Id::CoalescingTime},
};
constexpr Field set_features_fields[] = {
    {"FID", Id::FeatureFid, Style::Hex, nullptr, &feature_codes},
    {"SV", Id::SetFeaturesSv, Style::Flag},
};
constexpr Field get_features_fields[] = {
    {"FID", Id::FeatureFid, Style::Hex, nullptr, &feature_codes},
    {"SEL", Id::GetFeaturesSel},
};

void check_queues_feature(Walker& walker, const View& view) {
    for (const Id field : {Id::QueuesNsqr, Id::QueuesNcqr}) {
        if (view.get(field) == 0xFFFF) {
            walker.broken(Id::QueuesBeyondLimit, view.where(field), "FFFFh asks for 65536 queues");
        }
    }
}

constexpr Field abort_fields[] = {{"SQID", Id::AbortSqid}, {"CID", Id::AbortCid, Style::Hex}};

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

void says_csvi(const Value& value, Text& text) {
    text.add("{}", value.number == 0 ? "no NVMe state" : "index of a version in CNS 20h");
}
void says_csuuidi(const Value& value, Text& text) {
    text.add("{}", value.number == 0 ? "no vendor state" : "index of a UUID in CNS 20h");
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
    if (view.get(Id::SetStateCsvi) == 0 && view.get(Id::SetStateCsuuidi) == 0) {
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

constexpr Command commands[] = {
    {Id::OpcodeAdminDeleteSq, UsesNothing, delete_fields, {}, Id::Count, Id::Count, check_delete},
    {Id::OpcodeAdminCreateSq,
     UsesPrp1,
     create_sq_fields,
     {},
     Id::Count,
     Id::Count,
     check_create_sq},
    {Id::OpcodeAdminGetLogPage,
     UsesNsidAndData,
     {},
     {},
     Id::Count,
     Id::Count,
     nullptr,
     Rest::Undescribed},
    {Id::OpcodeAdminDeleteCq, UsesNothing, delete_fields, {}, Id::Count, Id::Count, check_delete},
    {Id::OpcodeAdminCreateCq,
     UsesPrp1,
     create_cq_fields,
     {},
     Id::Count,
     Id::Count,
     check_create_cq},
    {Id::OpcodeAdminIdentify, UsesNsidAndData, identify_fields},
    {Id::OpcodeAdminAbort, UsesNothing, abort_fields},
    {Id::OpcodeAdminSetFeatures, UsesNsidAndData, set_queues_fields,
     "Set Features, Number of Queues", Id::FeatureFid, Id::FeatureNumberOfQueues,
     check_queues_feature},
    {Id::OpcodeAdminSetFeatures, UsesNsidAndData, set_coalescing_fields,
     "Set Features, Interrupt Coalescing", Id::FeatureFid, Id::FeatureInterruptCoalescing},
    {Id::OpcodeAdminSetFeatures,
     UsesNsidAndData,
     set_features_fields,
     {},
     Id::Count,
     Id::Count,
     nullptr,
     Rest::Undescribed},
    {Id::OpcodeAdminGetFeatures,
     UsesNsidAndData,
     get_features_fields,
     {},
     Id::Count,
     Id::Count,
     nullptr,
     Rest::Undescribed},
    {Id::OpcodeAdminAer, UsesNothing, {}},
    {Id::OpcodeAdminVirtualization,
     UsesNothing,
     {},
     {},
     Id::Count,
     Id::Count,
     nullptr,
     Rest::Undescribed},
    {Id::OpcodeAdminTrackSend, UsesData, {}, {}, Id::Count, Id::Count, nullptr, Rest::Undescribed},
    {Id::OpcodeAdminTrackReceive,
     UsesData,
     {},
     {},
     Id::Count,
     Id::Count,
     nullptr,
     Rest::Undescribed},
    {Id::OpcodeAdminMigrationSend, UsesNothing, suspend_fields, "Migration Send, Suspend",
     Id::SendSel, Id::SelSuspend},
    {Id::OpcodeAdminMigrationSend, UsesNothing, resume_fields, "Migration Send, Resume",
     Id::SendSel, Id::SelResume},
    {Id::OpcodeAdminMigrationSend, UsesData, set_state_fields,
     "Migration Send, Set Controller State", Id::SendSel, Id::SelSetControllerState,
     check_set_state},
    {Id::OpcodeAdminMigrationSend,
     UsesData,
     send_fields,
     {},
     Id::Count,
     Id::Count,
     nullptr,
     Rest::Undescribed},
    {Id::OpcodeAdminMigrationReceive, UsesData, get_state_fields,
     "Migration Receive, Get Controller State", Id::ReceiveSel, Id::SelGetControllerState,
     check_get_state},
    {Id::OpcodeAdminMigrationReceive,
     UsesData,
     receive_fields,
     {},
     Id::Count,
     Id::Count,
     nullptr,
     Rest::Undescribed},
    {Id::OpcodeAdminCdq, UsesPrp1, {}, {}, Id::Count, Id::Count, nullptr, Rest::Undescribed},
};

}  // namespace

Span<Command> admin_commands() { return commands; }

}  // namespace lmsim::wire::describe
