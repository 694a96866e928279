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
constexpr Id cns_without_namespace[] = {Id::CnsController, Id::CnsCommandSetController,
                                        Id::CnsControllers, Id::CnsSecondaryControllers,
                                        Id::CnsControllerStateFormats};

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
    {"SEL", Id::GetFeaturesSel},
    {"CDQID", Id::CdqFeatureCdqid},
};

void check_queues_feature(Walker& walker, const View& view) {
    for (const Id field : {Id::QueuesNsqr, Id::QueuesNcqr}) {
        if (view.get(field) == 0xFFFF) {
            walker.broken(Id::QueuesBeyondLimit, view.where(field), "FFFFh asks for 65536 queues");
        }
    }
}

constexpr Field abort_fields[] = {{"SQID", Id::AbortSqid}, {"CID", Id::AbortCid, Style::Hex}};

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
    {Id::OpcodeAdminIdentify,
     UsesNsidAndData,
     identify_fields,
     {},
     Id::Count,
     Id::Count,
     check_identify},
    {Id::OpcodeAdminAbort, UsesNothing, abort_fields},
    {Id::OpcodeAdminSetFeatures, UsesNsidAndData, set_queues_fields,
     "Set Features, Number of Queues", Id::FeatureFid, Id::FeatureNumberOfQueues,
     check_queues_feature},
    {Id::OpcodeAdminSetFeatures, UsesNsidAndData, set_coalescing_fields,
     "Set Features, Interrupt Coalescing", Id::FeatureFid, Id::FeatureInterruptCoalescing},
    {Id::OpcodeAdminSetFeatures, UsesNothing, set_cdq_fields, "Set Features, Controller Data Queue",
     Id::FeatureFid, Id::FeatureCdq},
    {Id::OpcodeAdminSetFeatures,
     UsesNsidAndData,
     set_features_fields,
     {},
     Id::Count,
     Id::Count,
     nullptr,
     Rest::Undescribed},
    {Id::OpcodeAdminGetFeatures, UsesData, get_cdq_fields, "Get Features, Controller Data Queue",
     Id::FeatureFid, Id::FeatureCdq},
    {Id::OpcodeAdminGetFeatures,
     UsesNsidAndData,
     get_features_fields,
     {},
     Id::Count,
     Id::Count,
     nullptr,
     Rest::Undescribed},
    {Id::OpcodeAdminAer, UsesNothing, {}},
};

}  // namespace

Span<Command> common_admin_commands() { return commands; }

}  // namespace lmsim::wire::describe
