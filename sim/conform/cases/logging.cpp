#include <fmt/format.h>

#include "sim/conform/cases/cdq_commands.hpp"

/// Logging of user data changes into a UDMQ, its ring, and the events about it.
namespace lmsim::sim::conform::cases {

using spec::Id;

namespace {

constexpr const char* group = "Logging user data changes";
constexpr std::uint64_t slots = 8;
constexpr std::uint64_t few = 4;   // slots: one more than the most that can be used
constexpr std::uint64_t gap = 64;  // blocks between writes, so that no two can be merged

Draft begin(const std::string& id, const std::string& title, std::initializer_list<Id> rows = {},
            std::uint64_t size = slots) {
    Draft draft = logging_case(group, "log." + id, title, rows, size);
    return draft.row(Id::OpcodeAdminTrackSend);
}

std::uint16_t no_cdq() { return oracle().status(Id::StatusInvalidCdq); }

/// A write of one block, and the wait for its entry.
Draft& write_and_find(Draft& draft, std::uint64_t slba, std::uint64_t size,
                      std::vector<Field> more = {}, const char* symbol = "slot") {
    std::vector<Field> fields{entry_nsid("mc.nsid"), entry_slba(slba), entry_blocks(0),
                              entry_range(0), entry_deallocated(0)};
    fields.insert(fields.end(), more.begin(), more.end());
    return draft.step(write_block(slba)).step(find_entry("queue", size, fields, symbol));
}

void add_conditions(List& list) {
    for (const std::uint32_t sel : {2U, 0x80U, 0xffU}) {
        list.push_back(
            begin(fmt::format("sel-{:02x}", sel), "Track Send with a reserved SEL")
                .refused(log_changes(0).set(Id::TrackSendSel, sel).ends(Id::TrackSendSelReserved))
                .done());
    }
    for (const std::uint32_t action : {2U, 8U, 15U}) {
        list.push_back(begin(fmt::format("lact-{}", action), "A reserved LACT")
                           .refused(log_changes(action).ends(Id::LogActionReserved))
                           .done());
    }
    for (const std::uint32_t action : {0U, 1U}) {
        for (const std::uint32_t offset : {1U, 0x1000U}) {
            list.push_back(
                begin(fmt::format("cdqid-{}-{:x}", action, offset),
                      fmt::format("LACT = {} for a CDQID that is not there", action))
                    .refused(log_changes(action, Value("cdqid", offset)).ends(Id::LogUnknownCdq))
                    .done());
        }
        list.push_back(begin(fmt::format("suspended-{}", action),
                             fmt::format("LACT = {} while the MC is suspended", action))
                           .step(suspend())
                           .refused(log_changes(action).ends(Id::LogSuspended))
                           .done());
    }
    list.push_back(begin("twice", "LACT = 1 although the MC's changes are logged already")
                       .refused(log_changes(1).ends(Id::LogAlready))
                       .done());
    list.push_back(begin("deleted", "LACT = 0 for a queue that was deleted")
                       .step(cdq_delete())
                       .refused(log_changes(0).ends(Id::LogUnknownCdq))
                       .done());
    list.push_back(begin("sent-to-mc", "Log User Data Changes sent to an MC")
                       .refused(log_changes(0)
                                    .to("mc")
                                    .ends(Id::TrackSendToMc)
                                    .or_with(invalid_field())
                                    .or_with(no_cdq()))
                       .done());
    list.push_back(begin("restart", "After a stop logging can start again")
                       .steps({log_changes(0), log_changes(1)})
                       .done());
}

void add_entries(List& list) {
    Draft one = begin("write", "A write is logged: NSID, SLBA, NLB",
                      {Id::LogEveryChange, Id::UdmqEntrySize});
    list.push_back(write_and_find(one, 5, slots, {entry_phase(1)}).done());
    Draft first = begin("first", "The first entry since the start has ESA 1",
                        {Id::LogStartIsFirst, Id::LactStart});
    list.push_back(write_and_find(first, 5, slots)
                       .step(check_entry("queue", 0, {entry_phase(1), entry_esa(Id::EsaFirst)}))
                       .done());
    Draft many = begin("write-many", "A write of eight blocks: NLB is 0's based");
    list.push_back(many.step(write_block(16).set("NLB", spec::cdw(12, 15, 0), 7))
                       .step(find_entry("queue", slots,
                                        {entry_slba(16), entry_blocks(7), entry_nsid("mc.nsid")}))
                       .done());
    list.push_back(begin("read", "What only reads leaves no entry but the first")
                       .steps({io(Id::OpcodeNvmRead, "block"), io(Id::OpcodeNvmFlush, "")})
                       .step(no_entry("queue", slots, {entry_phase(1)}, 1))
                       .step(no_entry("queue", slots, {entry_nsid("mc.nsid")}))
                       .done());
    Draft stop = begin("stop", "A stop leaves an entry with ESA 2, the last",
                       {Id::LogStopIsLast, Id::LactStop});
    list.push_back(
        write_and_find(stop, 5, slots)
            .step(log_changes(0))
            .step(find_entry("queue", slots, {entry_phase(1), entry_esa(Id::EsaStopped)}))
            .step(write_block(gap))
            .step(no_entry("queue", slots, {entry_slba(gap)}))
            .done());
    Draft failed = begin("failed-write", "A write that fails is not logged");
    list.push_back(failed.step(write_block(~std::uint64_t{0} - 1).ends(Id::RangeBeyondNamespace))
                       .step(no_entry("queue", slots, {entry_nsid("mc.nsid")}))
                       .done());
    Draft before = logging_case(group, "log.before-start", "Nothing is logged before the start",
                                {Id::OpcodeAdminTrackSend});
    Case unstarted = before.done();
    unstarted.steps.pop_back();  // the start
    for (Step& step :
         std::vector<Step>{write_block(3), no_entry("queue", slots, {entry_phase(1)})}) {
        unstarted.steps.push_back(step);
    }
    list.push_back(unstarted);
    Draft other = begin("other-mc", "What another MC writes is not logged");
    other.buffer("block2", page_size, "mc2")
        .steps({simple(StepKind::Enable, "mc2"), create_cq("mc2", 1), create_sq("mc2", 1),
                write_block(7, "block2").to("mc2").nsid("mc2.nsid")})
        .step(no_entry("queue", slots, {entry_slba(7)}));
    list.push_back(other.done());
    Draft deleted = begin("delete-while-logging", "After a Delete nothing is posted any more");
    list.push_back(deleted.step(cdq_delete())
                       .step(write_block(9))
                       .step(no_entry("queue", slots, {entry_slba(9)}))
                       .done());
}

void add_suspensions(List& list) {
    Draft last = begin("suspend", "A Suspend leaves an entry with ESA 3",
                       {Id::SelSuspend, Id::LogSuspendIsLast});
    list.push_back(
        write_and_find(last, 5, slots)
            .step(suspend())
            .step(find_entry("queue", slots, {entry_phase(1), entry_esa(Id::EsaSuspended)}))
            .done());
    Draft dudmq =
        begin("suspend-dudmq", "With DUDMQ the entry with ESA 3 is posted, then the queue is gone",
              {Id::SuspendDudmq, Id::LogSuspendIsLast});
    list.push_back(
        dudmq.steps({write_block(5), suspend().set(Id::SuspendDudmq, 1)})
            .step(find_entry("queue", slots, {entry_slba(5)}))
            .step(find_entry("queue", slots, {entry_phase(1), entry_esa(Id::EsaSuspended)}))
            .step(cdq_set("cdqid", 0).ends(Id::CdqFeatureUnknown))
            .done());
    Draft again = begin("resume", "The first entry since the Resume has ESA 1",
                        {Id::SelResume, Id::LogResumeIsFirst});
    again.steps({write_block(5), suspend()})
        .step(find_entry("queue", slots, {entry_phase(1), entry_esa(Id::EsaSuspended)}))
        .steps({resume(), write_block(gap)})
        .step(find_entry("queue", slots, {entry_slba(gap)}))
        .step(find_entry("queue", slots, {entry_phase(1), entry_esa(Id::EsaFirst)}, "slot", 2));
    list.push_back(again.done());
    Draft order = begin("suspend-order", "All writes before the Suspend stand before its entry",
                        {Id::LogSuspendIsLast});
    order
        .steps({write_block(0).runs_on("w0"), write_block(gap).runs_on("w1"),
                write_block(2 * gap).runs_on("w2"), suspend(), expects_suspended(true, "data")})
        .step(find_entry("queue", slots, {entry_phase(1), entry_esa(Id::EsaSuspended)}))
        .steps({resume(), await("mc", "w0", success()), await("mc", "w1", success()),
                await("mc", "w2", success())})
        .steps({find_entry("queue", slots, {entry_slba(0), entry_blocks(0)}),
                find_entry("queue", slots, {entry_slba(gap)}),
                find_entry("queue", slots, {entry_slba(2 * gap)})});
    list.push_back(order.done());
    Draft twice = begin("suspend-twice", "A second Suspend of a suspended MC is no error",
                        {Id::SuspendAgain});
    list.push_back(twice.steps({suspend(), suspend().ends(Id::SuspendAgain)}).done());
}

void add_ring(List& list) {
    Draft full = begin("full", "The last slot that can be used gets ESA 7; the one after it none",
                       {Id::LogFullIsLast, Id::CdqOneSlotStaysFree}, few);
    full.steps({write_block(0), write_block(gap), write_block(2 * gap), write_block(3 * gap)})
        .step(check_entry("queue", few - 2, {entry_phase(1), entry_esa(Id::EsaFull)}))
        .step(no_entry("queue", few, {entry_phase(1)}, few - 1));
    list.push_back(full.done());
    Draft wrap = begin("wrap", "CDQP inverts at each wrap", {Id::CdqPhaseInverts}, few);
    const struct {
        int write;
        int phase;
    } known[] = {{1, 1}, {2, 1}, {4, 0}, {5, 0}, {6, 0}, {8, 1}, {9, 1}, {10, 1}, {12, 0}};
    for (int write = 0; write <= 12; ++write) {
        // Whether the start has an entry of its own is the controller's affair: where that decides
        // the pass, the phase is not looked at.
        std::vector<Field> phase;
        for (const auto& each : known) {
            if (each.write == write) {
                phase = {entry_phase(each.phase)};
            }
        }
        write_and_find(wrap, static_cast<std::uint64_t>(write) * gap, few, phase)
            .step(cdq_set("cdqid", "slot"));
    }
    list.push_back(wrap.done());
    Draft restart =
        begin("full-restart", "Logging on a full queue may start, or be refused", {}, few);
    list.push_back(
        restart
            .steps({write_block(0), write_block(gap), write_block(2 * gap), write_block(3 * gap)})
            .step(log_changes(1).ends(Id::LogQueueFull).or_with(success()))
            .done());
}

void add_heads(List& list) {
    const std::pair<const char*, std::uint64_t> wrong[] = {
        {"head-unposted", slots - 2}, {"head-outside", slots}, {"head-far", 0xffff'ffffU}};
    for (const auto& each : wrong) {
        Draft draft = begin(each.first, "HP on a slot without a posted entry", {Id::FeatureCdq});
        list.push_back(write_and_find(draft, 5, slots)
                           .step(cdq_set("cdqid", each.second).ends(Id::CdqHeadNotPosted))
                           .step(cdq_get("cdqid", "data"))
                           .step(check("data", 0, {field(Id::CdqGotHp, 0)}))
                           .done());
    }
    Draft on = begin("head-posted", "HP on a slot with a posted entry", {Id::FeatureCdq});
    list.push_back(write_and_find(on, 5, slots)
                       .step(cdq_set("cdqid", "slot"))
                       .step(cdq_get("cdqid", "data"))
                       .step(check("data", 0, {field(Id::CdqGotHp, "slot")}))
                       .done());
    Draft past =
        begin("head-past", "HP past the last entry: all consumed, or too far by the letter",
              {Id::FeatureCdq, Id::CdqHeadMayReachTail});
    list.push_back(write_and_find(past, 5, slots)
                       .step(cdq_set("cdqid", Value("slot", 1)).or_with(invalid_field()))
                       .done());
    Draft back = begin("head-back", "HP back on an entry that was consumed", {Id::FeatureCdq});
    write_and_find(back, 0, slots, {}, "first");
    write_and_find(back, gap, slots);
    list.push_back(write_and_find(back, 2 * gap, slots)
                       .step(cdq_set("cdqid", "slot"))
                       .step(cdq_set("cdqid", "first").ends(Id::CdqHeadNotPosted))
                       .done());
}

void add_one_shot_events(List& list) {
    const auto writes = [](Draft& draft, int count) -> Draft& {
        for (int i = 0; i < count; ++i) {
            draft.step(write_block(static_cast<std::uint64_t>(i) * gap));
        }
        return draft;
    };
    Draft tail =
        begin("tail-event", "The event comes when the slot TPT is posted",
              {Id::OpcodeAdminAer, Id::FeatureCdq, Id::CdqTriggerGivesEvent, Id::CdqTriggerOnce});
    tail.steps(
        {cdq_arm("cdqid", 0, 3), aer().runs_on("aer"), write_block(0), silent("mmc", "aer")});
    list.push_back(writes(tail, 4)
                       .step(await_event("aer", Id::EventCdqTailPointer))
                       .step(cdq_get("cdqid", "data").gives(Id::CdqGotEtpt, 0))
                       .done());
    Draft once = begin("tail-event-once", "One event for each arming",
                       {Id::OpcodeAdminAer, Id::FeatureCdq, Id::CdqTriggerOnce});
    once.steps({cdq_arm("cdqid", 0, 1), aer().runs_on("aer"), write_block(0)});
    write_and_find(once, gap, slots)
        .steps({await_event("aer", Id::EventCdqTailPointer), aer().runs_on("second")});
    for (std::uint64_t i = 2; i < 2 * slots; ++i) {  // past the slot TPT again
        once.step(cdq_set("cdqid", "slot"));
        write_and_find(once, i * gap, slots);
    }
    list.push_back(once.step(silent("mmc", "second")).done());
    Draft pending = begin("tail-event-pending", "Without an AER the event waits for one",
                          {Id::OpcodeAdminAer, Id::EventsWaitForAer});
    pending.step(cdq_arm("cdqid", 0, 2));
    list.push_back(writes(pending, 4)
                       .steps({aer().runs_on("aer"), await_event("aer", Id::EventCdqTailPointer)})
                       .done());
    Draft cleared = begin("tail-event-cleared", "Set Features 21h clears a pending event",
                          {Id::FeatureCdq, Id::CdqSetDropsTailEvent});
    cleared.step(cdq_arm("cdqid", 0, 2));
    list.push_back(writes(cleared, 4)
                       .steps({cdq_set("cdqid", 0), aer().runs_on("aer"), silent("mmc", "aer")})
                       .done());
    Draft disarmed = begin("tail-event-disarmed", "Without ETPT no event", {Id::FeatureCdq});
    disarmed.steps({cdq_arm("cdqid", 0, 2), cdq_set("cdqid", 0), aer().runs_on("aer")});
    list.push_back(writes(disarmed, 4).step(silent("mmc", "aer")).done());
    Draft full = begin("full-event", "A queue that gets full is told",
                       {Id::OpcodeAdminAer, Id::LogFullGivesEvent}, few);
    full.step(aer().runs_on("aer"));
    list.push_back(writes(full, 4).step(await_event("aer", Id::EventCdqFullError)).done());
    Draft full_pending =
        begin("full-event-pending", "That, too, waits for an AER",
              {Id::OpcodeAdminAer, Id::EventsWaitForAer, Id::LogFullGivesEvent}, few);
    list.push_back(writes(full_pending, 4)
                       .steps({aer().runs_on("aer"), await_event("aer", Id::EventCdqFullError)})
                       .done());
    Draft full_cleared = begin("full-event-cleared", "A Track Send clears a pending event",
                               {Id::OpcodeAdminAer, Id::LogSendDropsFullEvent}, few);
    list.push_back(writes(full_cleared, 4)
                       .steps({log_changes(oracle().value(Id::LactStop)), aer().runs_on("aer"),
                               silent("mmc", "aer")})
                       .done());
    Draft consumed = begin("aer-consumed", "An event takes one AER and leaves the other",
                           {Id::OpcodeAdminAer, Id::LogFullGivesEvent}, few);
    consumed.steps({aer().runs_on("first"), aer().runs_on("second")});
    list.push_back(
        writes(consumed, 4)
            .steps({await_event("first", Id::EventCdqFullError), silent("mmc", "second")})
            .done());
}

}  // namespace

void add_logging(List& list) {
    add_conditions(list);
    add_entries(list);
    add_suspensions(list);
    add_ring(list);
    add_heads(list);
    add_one_shot_events(list);
}

}  // namespace lmsim::sim::conform::cases
