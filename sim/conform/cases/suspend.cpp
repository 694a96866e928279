#include <fmt/format.h>

#include "sim/conform/cases/cases.hpp"

namespace lmsim::sim::conform::cases {

using spec::Id;

namespace {

constexpr const char* group = "Suspend";
const std::string to = "data";

Draft begin(const std::string& id, const std::string& title, std::initializer_list<Id> rows,
            std::uint16_t pairs = 0) {
    Draft draft(group, std::string("suspend.") + id, title, rows);
    draft.buffer("data", page_size).buffer("block", page_size, "mc").mc_enabled(pairs);
    return draft;
}

void add_conditions(List& list) {
    for (const std::uint32_t sel : {3U, 0x7fU, 0xffU}) {
        Draft draft =
            begin("", "Migration Send with a reserved SEL", {Id::SendSel, Id::SendSelReserved});
        Case test = draft.refused(suspend().set(Id::SendSel, sel).ends(Id::SendSelReserved)).done();
        test.id = fmt::format("send.sel-{:02x}", sel);
        list.push_back(test);
    }
    for (const std::uint32_t stype : {2U, 0x40U, 0x80U, 0xffU}) {
        Draft draft = begin("", "Suspend with a reserved STYPE",
                            {Id::SuspendStype, Id::SuspendStypeReserved});
        Case test =
            draft.refused(suspend("mc.cntlid", stype).ends(Id::SuspendStypeReserved)).done();
        test.id = fmt::format("suspend.stype-{:02x}", stype);
        list.push_back(test);
    }
    for (const Stranger& stranger : strangers()) {
        Draft draft = begin(stranger.id, "Suspend of " + stranger.who,
                            {Id::SuspendCntlid, Id::SuspendBadCntlid});
        // The code is not stated: other codes of the same meaning are accepted.
        list.push_back(
            draft
                .refused(
                    suspend(stranger.cntlid).ends(Id::SuspendBadCntlid).or_with(invalid_field()))
                .done());
    }
    Draft to_mc = begin("sent-to-mc", "Suspend sent to an MC",
                        {Id::MigrationSendToMc, Id::OpcodeAdminMigrationSend});
    list.push_back(
        to_mc.refused(suspend("mc2.cntlid").to("mc").ends(Id::MigrationSendToMc)).done());
    Draft wrong = begin("opcode-43", "Opcode 43h, which drafts gave to Migration Send",
                        {Id::UnsupportedOpcode, Id::OpcodeAdminMigrationSend});
    Command draft_opcode = suspend();
    draft_opcode.set("opcode", spec::bytes(0, 0), 0x43).ends(Id::UnsupportedOpcode);
    list.push_back(wrong.refused(draft_opcode).done());
}

void add_states(List& list) {
    list.push_back(begin("notification", "A Suspend Notification stops nothing",
                         {Id::StypeNotification, Id::SuspendNotificationStopsNothing}, 1)
                       .steps({suspend("mc.cntlid", 0), expects_suspended(false, to),
                               io(Id::OpcodeNvmRead, "block")})
                       .done());
    list.push_back(
        begin("csup", "A suspended MC is told as such by CSUP",
              {Id::SelSuspend, Id::StypeSuspend, Id::GetStateCsup, Id::GetStateCsupMeansSuspended})
            .steps({expects_suspended(false, to), suspend(), expects_suspended(true, to)})
            .done());
    list.push_back(begin("twice", "Suspending a suspended MC again is no error", {Id::SuspendAgain})
                       .steps({suspend(), suspend().ends(Id::SuspendAgain),
                               expects_suspended(true, to), resume(), expects_suspended(false, to)})
                       .done());
    list.push_back(begin("one-of-two", "A suspension concerns its MC alone", {Id::SuspendCntlid})
                       .steps({simple(StepKind::Enable, "mc2"), suspend(),
                               expects_suspended(false, to, "mc2.cntlid"),
                               get_features(Id::FeatureNumberOfQueues).to("mc2")})
                       .done());
    list.push_back(begin("notification-of-suspended",
                         "A Suspend Notification for a suspended MC changes nothing",
                         {Id::StypeNotification, Id::SuspendNotificationStopsNothing})
                       .steps({suspend(), suspend("mc.cntlid", 0), expects_suspended(true, to)})
                       .done());
    Draft disabled(group, "suspend.disabled", "An MC that is not enabled can be suspended",
                   {Id::SelSuspend, Id::StypeSuspend});
    list.push_back(
        disabled.buffer("data", page_size).steps({suspend(), expects_suspended(true, to)}).done());
    list.push_back(
        begin("dudmq-without-queue", "DUDMQ = 1 without a UDMQ is no error", {Id::SuspendDudmq})
            .steps({suspend().set(Id::SuspendDudmq, 1), expects_suspended(true, to)})
            .done());
}

void add_fetching(List& list) {
    const auto read = [] { return io(Id::OpcodeNvmRead, "block").runs_on("read"); };
    list.push_back(begin("io-left-queued", "I/O commands stay queued until the Resume",
                         {Id::SuspendStopsIoFetch, Id::SuspendLeavesQueued,
                          Id::SuspendRecordsDoorbells, Id::ResumeFetchesFromHead},
                         1)
                       .steps({suspend(), read(), silent("mc", "read"), expects_suspended(true, to),
                               resume(), await("mc", "read", success())})
                       .done());
    list.push_back(
        begin("admin-left-queued", "Admin commands stay queued until the Resume",
              {Id::SuspendStopsAdminFetch, Id::SuspendLeavesQueued, Id::ResumeFetchesAdmin})
            .steps({suspend(), get_features(Id::FeatureNumberOfQueues).to("mc").runs_on("get"),
                    silent("mc", "get"), resume(), await("mc", "get", success())})
            .done());
    list.push_back(begin("finishes-fetched", "What was fetched before the Suspend is finished",
                         {Id::SuspendFinishesFetched, Id::SuspendCompletesAfterDrain}, 1)
                       .steps({read(), io(Id::OpcodeNvmRead, "block").runs_on("second"), suspend(),
                               expects_suspended(true, to), resume(),
                               await("mc", "read", success()), await("mc", "second", success())})
                       .done());
    list.push_back(begin("keeps-aers", "An outstanding AER stays outstanding",
                         {Id::SuspendKeepsAers, Id::AerAborted})
                       .steps({aer().to("mc").runs_on("aer"), suspend(), silent("mc", "aer"),
                               resume(), silent("mc", "aer")})
                       .done());
    list.push_back(begin("mmc-goes-on", "The MMC itself goes on while an MC is suspended",
                         {Id::SuspendStopsAdminFetch})
                       .steps({suspend(), identify(Id::CnsController, to),
                               get_features(Id::FeatureNumberOfQueues)})
                       .done());
}

void add_ends(List& list) {
    list.push_back(
        begin("ended-by-mmc-reset", "A CLR of the MMC ends the suspension",
              {Id::MmcResetEndsSuspension})
            .steps({suspend(), simple(StepKind::Disable, "mmc"), simple(StepKind::Enable, "mmc"),
                    expects_suspended(false, to), resume().ends(Id::ResumeNotSuspended)})
            .done());
    list.push_back(begin("ended-by-mc-reset", "A CLR of the MC ends the suspension",
                         {Id::McResetEndsSuspension})
                       .steps({suspend(), simple(StepKind::Disable, "mc"),
                               expects_suspended(false, to), simple(StepKind::Enable, "mc"),
                               get_features(Id::FeatureNumberOfQueues).to("mc")})
                       .done());
    list.push_back(
        begin("ended-by-function-reset", "A function level reset of the MC ends the suspension",
              {Id::McResetEndsSuspension})
            .steps({suspend(), simple(StepKind::Reset, "mc"), expects_suspended(false, to)})
            .done());
    Step csts = simple(StepKind::Read, "mc");
    csts.at = reg::CSTS;
    csts.fields = {raw("CSTS.RDY", {0, 1}, 1)};
    Step cc = simple(StepKind::Read, "mc");
    cc.at = reg::CC;
    cc.fields = {raw("CC.EN", {0, 1}, 1)};
    Step version = simple(StepKind::Read, "mc");
    version.at = reg::VS;
    version.fields = {raw("VS.MJR", {16, 16}, 2)};
    list.push_back(begin("properties", "Properties of a suspended MC read as ever",
                         {Id::SuspendPropertiesNormal})
                       .steps({suspend(), csts, cc, version})
                       .done());
}

}  // namespace

void add_suspend(List& list) {
    add_conditions(list);
    add_states(list);
    add_fetching(list);
    add_ends(list);
}

void add_resume(List& list) {
    const auto resume_case = [](const std::string& id, const std::string& title,
                                std::initializer_list<Id> rows) {
        Draft draft("Resume", std::string("resume.") + id, title, rows);
        draft.buffer("data", page_size).buffer("block", page_size, "mc").mc_enabled(1);
        return draft;
    };
    list.push_back(resume_case("not-suspended", "Resume of an MC that is not suspended",
                               {Id::ResumeNotSuspended, Id::SelResume})
                       .refused(resume().ends(Id::ResumeNotSuspended), "mc.queues")
                       .done());
    list.push_back(resume_case("twice", "A second Resume", {Id::ResumeNotSuspended})
                       .steps({suspend(), resume()})
                       .refused(resume().ends(Id::ResumeNotSuspended), "mc.queues")
                       .done());
    list.push_back(resume_case("after-notification", "Resume after a mere notification",
                               {Id::ResumeNotSuspended, Id::SuspendNotificationStopsNothing})
                       .step(suspend("mc.cntlid", 0))
                       .refused(resume().ends(Id::ResumeNotSuspended), "mc.queues")
                       .done());
    for (const Stranger& stranger : strangers()) {
        list.push_back(resume_case(stranger.id, "Resume of " + stranger.who,
                                   {Id::ResumeCntlid, Id::ResumeBadCntlid})
                           .step(suspend())
                           .refused(resume(stranger.cntlid).ends(Id::ResumeBadCntlid), "mc.queues")
                           .done());
    }
    list.push_back(
        resume_case("sent-to-mc", "Resume sent to an MC", {Id::MigrationSendToMc})
            .refused(resume("mc2.cntlid").to("mc").ends(Id::MigrationSendToMc), "mc.queues")
            .done());
    list.push_back(resume_case("roll-back", "After a Resume the MC works as before",
                               {Id::SelResume, Id::ResumeFetchesFromHead, Id::ResumeFetchesAdmin})
                       .steps({io(Id::OpcodeNvmRead, "block"), suspend(), resume(),
                               io(Id::OpcodeNvmRead, "block"),
                               get_features(Id::FeatureNumberOfQueues).to("mc")})
                       .done());
}

}  // namespace lmsim::sim::conform::cases
