#include <fmt/format.h>

#include "sim/conform/cases/cases.hpp"

namespace lmsim::sim::conform::cases {

using spec::Id;

namespace {

const char* const probe_name = "mc.features";
constexpr const char* constant = "Get Features says that the feature cannot be changed";
constexpr const char* no_abort = "the controller does not abort an AER: an Abort is best effort";
constexpr const char* more_queues = "the MC grants more queues than it is asked for, as it may";

Draft begin(const std::string& id, const std::string& title, std::initializer_list<Id> rows,
            std::uint16_t pairs = 0) {
    Draft draft("Features", "feature." + id, title, rows);
    return draft.mc_enabled(pairs);
}

void add_identifiers(List& list) {
    for (const std::uint32_t fid : {0x00U, 0x7fU, 0xbfU}) {
        list.push_back(begin(fmt::format("set-fid-{:02x}", fid), "Set Features of a reserved FID",
                             {Id::FeatureFid, Id::FeatureUnknown})
                           .refused(set_features(Id::FeatureNumberOfQueues, 0)
                                        .to("mc")
                                        .set(Id::FeatureFid, fid)
                                        .ends(Id::FeatureUnknown),
                                    probe_name)
                           .done());
        list.push_back(begin(fmt::format("get-fid-{:02x}", fid), "Get Features of a reserved FID",
                             {Id::FeatureFid, Id::FeatureUnknown})
                           .refused(get_features(Id::FeatureNumberOfQueues)
                                        .to("mc")
                                        .set(Id::FeatureFid, fid)
                                        .ends(Id::FeatureUnknown),
                                    probe_name)
                           .done());
    }
    for (const std::uint32_t select : {4U, 7U}) {
        list.push_back(begin(fmt::format("get-select-{}", select),
                             "Get Features with a reserved SEL",
                             {Id::GetFeaturesSel, Id::SelectReserved})
                           .step(get_features(Id::FeatureNumberOfQueues)
                                     .to("mc")
                                     .set(Id::GetFeaturesSel, select)
                                     .ends(Id::SelectReserved))
                           .done());
    }
    list.push_back(begin("of-namespace", "Set Features of the controller for one namespace",
                         {Id::FeatureOfController})
                       .refused(set_features(Id::FeatureInterruptCoalescing, 0)
                                    .to("mc")
                                    .nsid("mc.nsid")
                                    .ends(Id::FeatureOfController),
                                probe_name)
                       .done());
    list.push_back(
        begin("vector-without-queue", "Interrupt Vector Configuration of no queue's",
              {Id::FeatureInterruptVector, Id::VectorIv, Id::VectorWithoutCq})
            .need("mc.feature.09", 1, constant)
            .refused(
                set_features(Id::FeatureInterruptVector, 0x7ff).to("mc").ends(Id::VectorWithoutCq),
                probe_name)
            .done());
    list.push_back(begin("saved", "Set Features with SV = 1 of a feature that cannot be saved",
                         {Id::SetFeaturesSv, Id::FeatureSaved})
                       .refused(set_features(Id::FeatureNumberOfQueues, 0)
                                    .to("mc")
                                    .set(Id::SetFeaturesSv, 1)
                                    .ends(Id::FeatureSaved),
                                probe_name)
                       .done());
}

void add_number_of_queues(List& list) {
    list.push_back(begin("queues-nsqr-ffff", "Number of Queues with NSQR = FFFFh",
                         {Id::QueuesNsqr, Id::QueuesBeyondLimit})
                       .refused(set_features(Id::FeatureNumberOfQueues, 0xffff)
                                    .to("mc")
                                    .ends(Id::QueuesBeyondLimit),
                                probe_name)
                       .done());
    list.push_back(begin("queues-ncqr-ffff", "Number of Queues with NCQR = FFFFh",
                         {Id::QueuesNcqr, Id::QueuesBeyondLimit})
                       .refused(set_features(Id::FeatureNumberOfQueues, 0xffff'0000U)
                                    .to("mc")
                                    .ends(Id::QueuesBeyondLimit),
                                probe_name)
                       .done());
    list.push_back(begin("queues-one", "Number of Queues: one of each, and that is what is told",
                         {Id::FeatureNumberOfQueues, Id::QueuesNsqr, Id::QueuesNcqr})
                       .need("mc.queues.as-asked", 1, more_queues)
                       .step(set_features(Id::FeatureNumberOfQueues, 0)
                                 .to("mc")
                                 .gives("NSQA and NCQA", dw0(31, 0), 0))
                       .step(get_features(Id::FeatureNumberOfQueues)
                                 .to("mc")
                                 .gives("NSQA and NCQA", dw0(31, 0), 0))
                       .done());
    list.push_back(begin("queues-then-qid", "No QID above the Number of Queues",
                         {Id::FeatureNumberOfQueues, Id::CreateCqBadQid})
                       .need("mc.queues.as-asked", 1, more_queues)
                       .step(set_features(Id::FeatureNumberOfQueues, 0).to("mc"))
                       .refused(create_cq("mc", 2).ends(Id::CreateCqBadQid), probe_name)
                       .done());
    list.push_back(begin("queues-late", "Number of Queues after an I/O queue was created",
                         {Id::QueuesAfterCreation}, 1)
                       .refused(set_features(Id::FeatureNumberOfQueues, 0x0001'0001U)
                                    .to("mc")
                                    .ends(Id::QueuesAfterCreation),
                                probe_name)
                       .done());
}

void add_kept(List& list) {
    const struct {
        const char* id;
        const char* title;
        Id feature;
        std::uint32_t value;
    } kept[] = {
        {"coalescing", "Interrupt Coalescing reads as set", Id::FeatureInterruptCoalescing, 0x1403},
        {"async-events", "Asynchronous Event Configuration reads as set",
         Id::FeatureAsyncEventConfig, 0x0003},
    };
    for (const auto& feature : kept) {
        Draft draft = begin(feature.id, feature.title, {feature.feature});
        if (feature.feature == Id::FeatureInterruptCoalescing) {
            draft.need("mc.feature.08", 1, constant);
        }
        list.push_back(draft.step(set_features(feature.feature, feature.value).to("mc"))
                           .step(get_features(feature.feature)
                                     .to("mc")
                                     .gives("the value", dw0(15, 0), feature.value))
                           .done());
    }
    list.push_back(begin("kept-over-suspension", "Features are the same after a suspension",
                         {Id::FeatureInterruptCoalescing, Id::SelResume})
                       .steps({set_features(Id::FeatureInterruptCoalescing, 0x1403).to("mc"),
                               suspend(), resume(),
                               get_features(Id::FeatureInterruptCoalescing)
                                   .to("mc")
                                   .gives("the value", dw0(15, 0), 0x1403)})
                       .done());
}

/// Features that every I/O controller has, whether or not they can be changed.
void add_mandatory(List& list) {
    Draft all = begin("mandatory", "Get Features of what every I/O controller has", {});
    for (const Id feature :
         {Id::FeatureArbitration, Id::FeaturePowerManagement, Id::FeatureTemperatureThreshold,
          Id::FeatureNumberOfQueues, Id::FeatureInterruptCoalescing, Id::FeatureWriteAtomicity,
          Id::FeatureAsyncEventConfig}) {
        all.row(feature).step(get_features(feature).to("mc"));
    }
    list.push_back(all.row(Id::FeatureErrorRecovery)
                       .step(get_features(Id::FeatureErrorRecovery).to("mc").nsid("mc.nsid"))
                       .done());
    Draft threshold = begin("over-temperature", "By default the over temperature is WCTEMP",
                            {Id::FeatureTemperatureThreshold, Id::ThresholdTmpth, Id::ThresholdOver,
                             Id::ThresholdComposite, Id::IdWctemp});
    const spec::Place wctemp = oracle().place(Id::IdWctemp);
    list.push_back(threshold.buffer("page", 4096, "mc")
                       .step(identify(Id::CnsController, "page").to("mc"))
                       .step(load("page", wctemp.byte(), spec::bytes(0, 1), "wctemp"))
                       .step(get_features(Id::FeatureTemperatureThreshold)
                                 .to("mc")
                                 .set(Id::GetFeaturesSel, oracle().value(Id::SelectDefault))
                                 .gives("TMPTH", dw0(15, 0), "wctemp"))
                       .done());
    list.push_back(begin("under-temperature", "There is an under temperature threshold, too",
                         {Id::ThresholdThsel, Id::ThresholdUnder})
                       .step(get_features(Id::FeatureTemperatureThreshold)
                                 .to("mc")
                                 .set(Id::ThresholdThsel, oracle().value(Id::ThresholdUnder)))
                       .done());
    list.push_back(begin("threshold-reserved", "A threshold of reserved type",
                         {Id::ThresholdThsel, Id::ReservedFieldValue})
                       .step(get_features(Id::FeatureTemperatureThreshold)
                                 .to("mc")
                                 .set(Id::ThresholdThsel, 3)
                                 .ends(Id::ReservedFieldValue))
                       .done());
    list.push_back(begin("power-state-31", "A power state that there is not",
                         {Id::FeaturePowerManagement, Id::PowerPs, Id::PowerStateUnsupported})
                       .step(set_features(Id::FeaturePowerManagement, 31)
                                 .to("mc")
                                 .ends(Id::PowerStateUnsupported))
                       .done());
    list.push_back(begin("may-be-constant", "Write Atomicity Normal as it is, if it can be set",
                         {Id::FeatureWriteAtomicity, Id::FeatureConstant})
                       .step(set_features(Id::FeatureWriteAtomicity, 0)
                                 .to("mc")
                                 .ends(Id::FeatureConstant)
                                 .or_with(success()))
                       .done());
}

/// Error Recovery is each namespace's own.
void add_of_namespaces(List& list) {
    list.push_back(begin("of-all-namespaces", "Get Features of each namespace's own, for all",
                         {Id::FeatureErrorRecovery, Id::FeatureOfAllNamespaces})
                       .step(get_features(Id::FeatureErrorRecovery)
                                 .to("mc")
                                 .nsid(0xffff'ffffU)
                                 .ends(Id::FeatureOfAllNamespaces))
                       .done());
    for (const std::uint32_t nsid : {0U, 0xffff'fffeU}) {
        list.push_back(begin(fmt::format("of-namespace-{:x}", nsid),
                             "Get Features of a namespace that cannot be",
                             {Id::FeatureErrorRecovery, Id::NamespaceInvalid})
                           .step(get_features(Id::FeatureErrorRecovery)
                                     .to("mc")
                                     .nsid(nsid)
                                     .ends(Id::NamespaceInvalid))
                           .done());
    }
}

Draft event_case(const char* id, const char* title, std::initializer_list<Id> rows) {
    Draft draft("Events and Abort", std::string("event.") + id, title, rows);
    return draft.mc_enabled(1);
}

/// How many commands there may be at once, and with which CIDs.
void add_limits(List& list) {
    list.push_back(event_case("cid-in-use", "The CID of an outstanding AER, for another command",
                              {Id::SqeCid, Id::CommandIdInUse})
                       .step(aer().to("mc").runs_on("aer"))
                       // How many commands are searched for a conflict is the controller's affair.
                       .step(get_features(Id::FeatureNumberOfQueues)
                                 .to("mc")
                                 .set(Id::SqeCid, "aer.cid")
                                 .ends(Id::CommandIdInUse)
                                 .or_with(success()))
                       .done());
    Step aborts = abort(0, 0xfffe).runs_on("aborts");
    aborts.times = Value("mmc.acl", 1);
    list.push_back(event_case("abort-limit", "One Abort more than ACL + 1 at once",
                              {Id::AbortTooMany, Id::IdAcl})
                       .need("mmc.acl", 0, "ACL is above what the driver's queue holds", 24)
                       .step(aborts)
                       // "may": a controller that is quick enough never has so many.
                       .step(abort(0, 0xfffe).ends(Id::AbortTooMany).or_with(success()))
                       .step(await("mmc", "aborts", success()))
                       .done());
}

}  // namespace

void add_features(List& list) {
    add_identifiers(list);
    add_number_of_queues(list);
    add_kept(list);
    add_mandatory(list);
    add_of_namespaces(list);
}

void add_events(List& list) {
    add_limits(list);
    Step many = aer().to("mc").runs_on("aer");
    many.times = Value("mc.aerl", 1);
    Draft limit = event_case("aer-limit", "One AER more than AERL + 1", {Id::AerTooMany});
    list.push_back(limit.need("mc.aerl", 0, "AERL is above what the driver's queue holds", 24)
                       .step(many)
                       .step(silent("mc", "aer"))
                       .step(aer().to("mc").ends(Id::AerTooMany))
                       .step(silent("mc", "aer"))
                       .done());
    list.push_back(event_case("aer-waits", "An AER waits for an event", {Id::OpcodeAdminAer})
                       .step(aer().to("mc").runs_on("aer"))
                       .step(silent("mc", "aer"))
                       .done());
    list.push_back(event_case("abort-unknown", "Abort of a command that is not there",
                              {Id::AbortSqid, Id::AbortCid, Id::OpcodeAdminAbort})
                       .step(abort(0, 0x7ffe).to("mc").gives("not aborted", dw0(0, 0), 1))
                       .done());
    list.push_back(event_case("abort-other-queue", "Abort names the queue too: an AER stays",
                              {Id::AbortSqid, Id::OpcodeAdminAbort})
                       .step(aer().to("mc").runs_on("aer"))
                       .step(abort(1, "aer.cid").to("mc").gives("not aborted", dw0(0, 0), 1))
                       .step(silent("mc", "aer"))
                       .done());
    list.push_back(event_case("abort-aer", "Abort of an outstanding AER",
                              {Id::AbortSqid, Id::AbortCid, Id::AerAborted})
                       .need("mc.aborts", 1, no_abort)
                       .step(aer().to("mc").runs_on("aer"))
                       .step(abort(0, "aer.cid").to("mc").gives("not aborted", dw0(0, 0), 0))
                       .step(await("mc", "aer", oracle().status(Id::AerAborted)))
                       .done());
    list.push_back(event_case("abort-second-aer", "Abort of the second of two AERs",
                              {Id::AbortSqid, Id::AbortCid, Id::AerAborted})
                       .need("mc.aborts", 1, no_abort)
                       .steps({aer().to("mc").runs_on("first"), aer().to("mc").runs_on("second")})
                       .step(abort(0, "second.cid").to("mc").gives("not aborted", dw0(0, 0), 0))
                       .step(await("mc", "second", oracle().status(Id::AerAborted)))
                       .step(silent("mc", "first"))
                       .done());
    list.push_back(event_case("abort-aer-after-suspension",
                              "An AER that outlived a suspension can be aborted",
                              {Id::SuspendKeepsAers, Id::AerAborted})
                       .steps({aer().to("mc").runs_on("aer"), suspend(), resume()})
                       .step(abort(0, "aer.cid").to("mc").gives("not aborted", dw0(0, 0), 0))
                       .step(await("mc", "aer", oracle().status(Id::AerAborted)))
                       .done());
    list.push_back(
        event_case("reset-ends-aers", "A CLR ends AERs without a completion", {Id::ResetAbortsAers})
            .steps({aer().to("mc").runs_on("aer"), simple(StepKind::Disable, "mc"),
                    silent("mc", "aer"), simple(StepKind::Enable, "mc"), silent("mc", "aer")})
            .done());
    list.push_back(event_case("reset-deletes-queues", "A CLR deletes the I/O queues",
                              {Id::ResetDeletesIoQueues})
                       .steps({simple(StepKind::Disable, "mc"), simple(StepKind::Enable, "mc"),
                               create_cq("mc", 1), create_sq("mc", 1)})
                       .done());
}

}  // namespace lmsim::sim::conform::cases
