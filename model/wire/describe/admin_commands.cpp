#include "model/spec/table.hpp"
#include "model/wire/describe/command.hpp"

namespace lmsim::wire::describe {

using spec::Id;

namespace {

constexpr std::uint64_t smallest_page = 4096;  // CC.MPS is not known here

constexpr Id cns_rows[] = {Id::CnsNamespace,
                           Id::CnsController,
                           Id::CnsActiveNamespaces,
                           Id::CnsNamespaceDescriptors,
                           Id::CnsCommandSetNamespace,
                           Id::CnsCommandSetController,
                           Id::CnsCommandSetActiveNamespaces,
                           Id::CnsIndependentNamespace,
                           Id::CnsAllocatedNamespaces,
                           Id::CnsAllocatedNamespace,
                           Id::CnsAttachedControllers,
                           Id::CnsControllers,
                           Id::CnsPrimaryCapabilities,
                           Id::CnsSecondaryControllers,
                           Id::CnsControllerStateFormats};
constexpr Codes cns_codes = {cns_rows};
constexpr Field identify_fields[] = {
    {"CNS", Id::IdentifyCns, Style::Hex, nullptr, &cns_codes},
    {"CNTID", Id::IdentifyCntid, Style::Hex},
    {"CSI", Id::IdentifyCsi, Style::Hex},
    {"UIDX", Id::IdentifyUidx},
};

// Of what the structure tells, no namespace is part.
constexpr Id cns_without_namespace[] = {Id::CnsController,           Id::CnsCommandSetController,
                                        Id::CnsControllers,          Id::CnsPrimaryCapabilities,
                                        Id::CnsSecondaryControllers, Id::CnsControllerStateFormats};

void check_identify(Walker& walker, const View& view) {
    for (const Id cns : cns_without_namespace) {
        if (view.get(Id::IdentifyCns) == view.rules->value(cns) && view.get(Id::SqeNsid) != 0) {
            walker.broken(Id::NsidNotUsed, view.where(Id::SqeNsid),
                          "NSID = {:#x} with a CNS that does not use it", view.get(Id::SqeNsid));
        }
    }
}

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

void says_burst(const Value& value, Text& text) {
    if (value.number == 7) return text.add("no limit");
    text.add("{} commands", 1U << value.number);
}

constexpr Id select_rows[] = {Id::SelectCurrent, Id::SelectDefault, Id::SelectSaved,
                              Id::SelectCapabilities};
constexpr Codes select_codes = {select_rows, Id::SelectReserved};

constexpr Id log_rows[] = {Id::LogSupportedPages, Id::LogErrors,   Id::LogHealth,
                           Id::LogFirmware,       Id::LogCommands, Id::LogFeatures,
                           Id::LogManagement};
constexpr Codes log_codes = {log_rows};
constexpr Field get_log_page_fields[] = {
    {"LID", Id::LogLid, Style::Hex, nullptr, &log_codes},
    {"LSP", Id::LogLsp, Style::Hex},
    {"RAE", Id::LogRae, Style::Flag},
    {"NUMDL", Id::LogNumdl, Style::Decimal, says_zero_based},
    {"NUMDU", Id::LogNumdu},
    {"LSI", Id::LogLsi, Style::Hex},
    {"LPOL", Id::LogLpol, Style::Hex},
    {"LPOU", Id::LogLpou, Style::Hex},
    {"UIDX", Id::LogUidx},
    {"OT", Id::LogOt, Style::Flag},
    {"CSI", Id::LogCsi, Style::Hex},
};

void check_get_log_page(Walker& walker, const View& view) {
    if (view.get(Id::LogOt) == 0 && view.get(Id::LogLpol) % 4 != 0) {
        walker.broken(Id::LogOffsetUnaligned, view.where(Id::LogLpol),
                      "the offset {:#x} is not a whole number of dwords", view.get(Id::LogLpol));
    }
}

constexpr Id feature_rows[] = {Id::FeatureArbitration,
                               Id::FeaturePowerManagement,
                               Id::FeatureTemperatureThreshold,
                               Id::FeatureErrorRecovery,
                               Id::FeatureVolatileWriteCache,
                               Id::FeatureNumberOfQueues,
                               Id::FeatureInterruptCoalescing,
                               Id::FeatureInterruptVector,
                               Id::FeatureWriteAtomicity,
                               Id::FeatureAsyncEventConfig,
                               Id::FeatureCdq};
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
constexpr Field set_vector_fields[] = {
    {"FID", Id::FeatureFid, Style::Hex, nullptr, &feature_codes},
    {"SV", Id::SetFeaturesSv, Style::Flag},
    {"IV", Id::VectorIv},
    {"CD", Id::VectorCd, Style::Flag},
};
constexpr Field set_cache_fields[] = {
    {"FID", Id::FeatureFid, Style::Hex, nullptr, &feature_codes},
    {"SV", Id::SetFeaturesSv, Style::Flag},
    {"WCE", Id::WriteCacheWce, Style::Flag},
};
constexpr Field set_arbitration_fields[] = {
    {"FID", Id::FeatureFid, Style::Hex, nullptr, &feature_codes},
    {"SV", Id::SetFeaturesSv, Style::Flag},
    {"AB", Id::ArbitrationAb, Style::Decimal, says_burst},
    {"LPW", Id::ArbitrationLpw, Style::Decimal, says_zero_based},
    {"MPW", Id::ArbitrationMpw, Style::Decimal, says_zero_based},
    {"HPW", Id::ArbitrationHpw, Style::Decimal, says_zero_based},
};
constexpr Field set_power_fields[] = {
    {"FID", Id::FeatureFid, Style::Hex, nullptr, &feature_codes},
    {"SV", Id::SetFeaturesSv, Style::Flag},
    {"PS", Id::PowerPs},
    {"WH", Id::PowerWh},
};
constexpr Id thsel_rows[] = {Id::ThresholdOver, Id::ThresholdUnder};
constexpr Codes thsel_codes = {thsel_rows};
constexpr Field set_threshold_fields[] = {
    {"FID", Id::FeatureFid, Style::Hex, nullptr, &feature_codes},
    {"SV", Id::SetFeaturesSv, Style::Flag},
    {"TMPTH", Id::ThresholdTmpth, Style::Decimal, says_kelvins},
    {"TMPSEL", Id::ThresholdTmpsel},
    {"THSEL", Id::ThresholdThsel, Style::Decimal, nullptr, &thsel_codes},
};
constexpr Field set_recovery_fields[] = {
    {"FID", Id::FeatureFid, Style::Hex, nullptr, &feature_codes},
    {"SV", Id::SetFeaturesSv, Style::Flag},
    {"TLER", Id::RecoveryTler},
    {"DULBE", Id::RecoveryDulbe, Style::Flag},
};
constexpr Field set_atomicity_fields[] = {
    {"FID", Id::FeatureFid, Style::Hex, nullptr, &feature_codes},
    {"SV", Id::SetFeaturesSv, Style::Flag},
    {"DN", Id::AtomicityDn, Style::Flag},
};
constexpr Field set_features_fields[] = {
    {"FID", Id::FeatureFid, Style::Hex, nullptr, &feature_codes},
    {"SV", Id::SetFeaturesSv, Style::Flag},
};
constexpr Field get_features_fields[] = {
    {"FID", Id::FeatureFid, Style::Hex, nullptr, &feature_codes},
    {"SEL", Id::GetFeaturesSel, Style::Decimal, nullptr, &select_codes},
};

constexpr Field set_cdq_fields[] = {
    {"FID", Id::FeatureFid, Style::Hex, nullptr, &feature_codes},
    {"SV", Id::SetFeaturesSv, Style::Flag},
    {"CDQID", Id::CdqFeatureCdqid},
    {"ETPT", Id::CdqFeatureEtpt, Style::Flag},
    {"HP", Id::CdqFeatureHp},
    {"TPT", Id::CdqFeatureTpt},
};
constexpr Field get_cdq_fields[] = {
    {"FID", Id::FeatureFid, Style::Hex, nullptr, &feature_codes},
    {"SEL", Id::GetFeaturesSel, Style::Decimal, nullptr, &select_codes},
    {"CDQID", Id::CdqFeatureCdqid},
};

// These features are the controller's: a namespace cannot have its own.
void check_feature(Walker& walker, const View& view) {
    const std::uint64_t nsid = view.get(Id::SqeNsid);
    if (nsid != 0 && nsid != 0xFFFFFFFF) {
        walker.broken(Id::FeatureOfController, view.where(Id::SqeNsid),
                      "NSID = {:#x} names a namespace", nsid);
    }
}

void check_queues_feature(Walker& walker, const View& view) {
    check_feature(walker, view);
    for (const Id field : {Id::QueuesNsqr, Id::QueuesNcqr}) {
        if (view.get(field) == 0xFFFF) {
            walker.broken(Id::QueuesBeyondLimit, view.where(field), "FFFFh asks for 65536 queues");
        }
    }
}

constexpr Id act_rows[] = {Id::ActPrimaryFlexible, Id::ActSecondaryOffline, Id::ActSecondaryAssign,
                           Id::ActSecondaryOnline};
constexpr Codes act_codes = {act_rows, Id::VirtualizationActReserved};
constexpr Id rt_rows[] = {Id::ResourceVq, Id::ResourceVi};
constexpr Codes rt_codes = {rt_rows};
constexpr Field virtualization_fields[] = {
    {"ACT", Id::VirtualizationAct, Style::Decimal, nullptr, &act_codes},
    {"RT", Id::VirtualizationRt, Style::Decimal, nullptr, &rt_codes},
    {"CNTLID", Id::VirtualizationCntlid, Style::Hex},
    {"NR", Id::VirtualizationNr},
};

// RT counts where resources are moved.
void check_virtualization(Walker& walker, const View& view) {
    const spec::Rules& rules = *view.rules;
    const std::uint64_t act = view.get(Id::VirtualizationAct);
    const std::uint64_t type = view.get(Id::VirtualizationRt);
    const bool moves =
        act == rules.value(Id::ActPrimaryFlexible) || act == rules.value(Id::ActSecondaryAssign);
    if (moves && type != rules.value(Id::ResourceVq) && type != rules.value(Id::ResourceVi)) {
        walker.broken(Id::VirtualizationRtReserved, view.where(Id::VirtualizationRt),
                      "RT = {} is reserved", type);
    }
    if (act == rules.value(Id::ActSecondaryAssign) && type == rules.value(Id::ResourceVq) &&
        view.get(Id::VirtualizationNr) == 1) {
        walker.broken(Id::ResourcesBelowMinimum, view.where(Id::VirtualizationNr),
                      "NR = 1: a controller takes an admin and an I/O queue");
    }
}

constexpr Field abort_fields[] = {{"SQID", Id::AbortSqid}, {"CID", Id::AbortCid, Style::Hex}};

constexpr Command commands[] = {
    command(Id::OpcodeAdminDeleteSq, UsesNothing, delete_fields, check_delete),
    command(Id::OpcodeAdminCreateSq, UsesPrp1, create_sq_fields, check_create_sq),
    command(Id::OpcodeAdminGetLogPage, UsesNsidAndData, get_log_page_fields, check_get_log_page),
    command(Id::OpcodeAdminDeleteCq, UsesNothing, delete_fields, check_delete),
    command(Id::OpcodeAdminCreateCq, UsesPrp1, create_cq_fields, check_create_cq),
    command(Id::OpcodeAdminIdentify, UsesNsidAndData, identify_fields, check_identify),
    command(Id::OpcodeAdminAbort, UsesNothing, abort_fields),
    {Id::OpcodeAdminSetFeatures, UsesNsidAndData, set_queues_fields,
     "Set Features, Number of Queues", Id::FeatureFid, Id::FeatureNumberOfQueues,
     check_queues_feature},
    {Id::OpcodeAdminSetFeatures, UsesNsidAndData, set_coalescing_fields,
     "Set Features, Interrupt Coalescing", Id::FeatureFid, Id::FeatureInterruptCoalescing,
     check_feature},
    {Id::OpcodeAdminSetFeatures, UsesNsidAndData, set_vector_fields,
     "Set Features, Interrupt Vector Configuration", Id::FeatureFid, Id::FeatureInterruptVector,
     check_feature},
    {Id::OpcodeAdminSetFeatures, UsesNsidAndData, set_cache_fields,
     "Set Features, Volatile Write Cache", Id::FeatureFid, Id::FeatureVolatileWriteCache,
     check_feature},
    {Id::OpcodeAdminSetFeatures, UsesNsidAndData, set_arbitration_fields,
     "Set Features, Arbitration", Id::FeatureFid, Id::FeatureArbitration, check_feature},
    {Id::OpcodeAdminSetFeatures, UsesNsidAndData, set_power_fields,
     "Set Features, Power Management", Id::FeatureFid, Id::FeaturePowerManagement, check_feature},
    {Id::OpcodeAdminSetFeatures, UsesNsidAndData, set_threshold_fields,
     "Set Features, Temperature Threshold", Id::FeatureFid, Id::FeatureTemperatureThreshold,
     check_feature},
    {Id::OpcodeAdminSetFeatures, UsesNsidAndData, set_recovery_fields,
     "Set Features, Error Recovery", Id::FeatureFid, Id::FeatureErrorRecovery},
    {Id::OpcodeAdminSetFeatures, UsesNsidAndData, set_atomicity_fields,
     "Set Features, Write Atomicity Normal", Id::FeatureFid, Id::FeatureWriteAtomicity,
     check_feature},
    {Id::OpcodeAdminSetFeatures, UsesNsid, set_cdq_fields, "Set Features, Controller Data Queue",
     Id::FeatureFid, Id::FeatureCdq, check_feature},
    command(Id::OpcodeAdminSetFeatures, UsesNsidAndData, set_features_fields, nullptr,
            Rest::Undescribed),
    {Id::OpcodeAdminGetFeatures, UsesNsidAndData, get_cdq_fields,
     "Get Features, Controller Data Queue", Id::FeatureFid, Id::FeatureCdq},
    command(Id::OpcodeAdminGetFeatures, UsesNsidAndData, get_features_fields, nullptr,
            Rest::Undescribed),
    command(Id::OpcodeAdminAer, UsesNothing, {}),
    command(Id::OpcodeAdminVirtualization, UsesNothing, virtualization_fields,
            check_virtualization),
};

}  // namespace

Span<Command> common_admin_commands() { return commands; }

}  // namespace lmsim::wire::describe
