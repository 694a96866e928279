#include "sim/conform/cases/cdq_commands.hpp"

namespace lmsim::sim::conform::cases {

using spec::Id;

namespace {

Command cdq(Id sel) {
    Command command(Id::OpcodeAdminCdq);
    return command.set(Id::CdqSel, oracle().value(sel));
}

}  // namespace

Command cdq_create(const std::string& buffer, std::uint64_t slots, const char* symbol) {
    Command command = cdq(Id::SelCreateCdq);
    return command.set("PRP1", spec::bytes(24, 31), Value(buffer))
        .set(Id::CdqQt, oracle().value(Id::CdqTypeUdmq))
        .set(Id::CdqPc, 1)
        .set(Id::CdqCqs, "mc.cntlid")
        .set(Id::CdqSize, slots * entry_dwords)
        .saves(symbol, oracle().place(Id::CdqCreatedCdqid));
}

Command cdq_delete(Value cdqid) {
    return cdq(Id::SelDeleteCdq).set(Id::CdqDeleteCdqid, std::move(cdqid));
}

Command cdq_set(Value cdqid, Value head) {
    Command command(Id::OpcodeAdminSetFeatures);
    return command.set(Id::FeatureFid, oracle().value(Id::FeatureCdq))
        .set(Id::CdqFeatureCdqid, std::move(cdqid))
        .set(Id::CdqFeatureHp, std::move(head));
}

Command cdq_arm(Value cdqid, Value head, Value trigger) {
    return cdq_set(std::move(cdqid), std::move(head))
        .set(Id::CdqFeatureEtpt, 1)
        .set(Id::CdqFeatureTpt, std::move(trigger));
}

Command cdq_get(Value cdqid, const std::string& buffer) {
    return get_features(Id::FeatureCdq)
        .set(Id::CdqFeatureCdqid, std::move(cdqid))
        .with_data(buffer, oracle().value(Id::CdqFeatureSize));
}

Command log_changes(Value action, Value cdqid) {
    Command command(Id::OpcodeAdminTrackSend);
    return command.set(Id::TrackSendSel, oracle().value(Id::SelLogUserDataChanges))
        .set(Id::LogLact, std::move(action))
        .set(Id::LogCdqid, std::move(cdqid));
}

Command track_start(const std::string& buffer) {
    Command command(Id::OpcodeAdminTrackSend);
    return command.set(Id::TrackSendSel, oracle().value(Id::SelTrackMemoryChanges))
        .set(Id::TrackTact, 1)
        .set(Id::TrackCntlid, "mc.cntlid")
        .with_data(buffer, page_size);
}

Command track_stop() {
    Command command = track_start();
    command.data.clear();
    return command.set(Id::TrackTact, 0);
}

Command track_report(std::uint64_t bytes) {
    Command command(Id::OpcodeAdminTrackReceive);
    return command.set(Id::TrackReceiveSel, oracle().value(Id::SelTrackedMemoryChanges))
        .set(Id::TrackReceiveCntlid, "mc.cntlid")
        .set(Id::TrackReceiveNumdl, bytes / 4 - oracle().value(Id::TrackReceiveNumdIsZeroBased))
        .with_data("data", bytes);
}

Draft& store_track_range(Draft& draft) {
    return draft.buffer("ranges", 4 * page_size)
        .buffer("tracked", tracked_pages * page_size, "mc")
        .step(store("ranges", 0,
                    {field(Id::TrackVer, oracle().value(Id::TrackVersion)),
                     field(Id::TrackRmrtg, "mmc.minmrtg"), field(Id::TrackRnmrtd, 1)}))
        .step(store("ranges", oracle().value(Id::TrackHeaderSize),
                    {field(Id::TrackSaddr, "tracked"), field(Id::TrackLen, tracked_pages)}));
}

Field entry_nsid(Value value) { return field(Id::UdmqNsid, std::move(value)); }
Field entry_blocks(Value count) { return field(Id::UdmqNlb, std::move(count)); }
Field entry_slba(Value value) { return field(Id::UdmqSlba, std::move(value)); }
Field entry_phase(Value value) { return field(Id::UdmqCdqp, std::move(value)); }
Field entry_esa(Id value) { return field(Id::UdmqEsa, oracle().value(value)); }
Field entry_deallocated(Value value) { return field(Id::UdmqDlba, std::move(value)); }
Field entry_range(Value value) { return field(Id::UdmqLbacir, std::move(value)); }

Step find_entry(const std::string& buffer, std::uint64_t slots, std::vector<Field> fields,
                const char* symbol, std::uint64_t first) {
    Step step = check(buffer, first * entry_bytes, std::move(fields));
    step.kind = StepKind::Find;
    step.tag = symbol;
    step.count = slots - first;
    step.stride = entry_bytes;
    return step;
}

Step no_entry(const std::string& buffer, std::uint64_t slots, std::vector<Field> fields,
              std::uint64_t first) {
    Step step = find_entry(buffer, slots, std::move(fields), "slot", first);
    step.kind = StepKind::Absent;
    return step;
}

Step check_entry(const std::string& buffer, std::uint64_t slot, std::vector<Field> fields) {
    return check(buffer, slot * entry_bytes, std::move(fields));
}

Command write_block(std::uint64_t slba, const std::string& buffer) {
    return io(Id::OpcodeNvmWrite, buffer).set("SLBA", spec::bytes(40, 47), slba);
}

Step await_event(const char* tag, Id information, Value cdqid) {
    Step step = await("mmc", tag, success());
    step.answer.fields = {field(Id::EventType, oracle().value(Id::EventTypeOneShot)),
                          field(Id::EventInformation, oracle().value(information)),
                          field(Id::EventLogPage, 0), field(Id::EventCdqid, std::move(cdqid))};
    return step;
}

Draft cdq_case(const char* group, const std::string& id, const std::string& title,
               std::initializer_list<Id> rows, std::uint64_t slots) {
    Draft draft(group, id, title, rows);
    return draft.need("mmc.mcudmq", 1, "MCUDMQ is 0: no User Data Migration Queue")
        .buffer("queue", slots * entry_bytes)
        .buffer("data", page_size)
        .mc_enabled();
}

Draft logging_case(const char* group, const std::string& id, const std::string& title,
                   std::initializer_list<Id> rows, std::uint64_t slots) {
    Draft draft(group, id, title, rows);
    return draft.need("mmc.tudcs", 1, "TRATTR.TUDCS is 0: changes of user data cannot be logged")
        .buffer("queue", slots * entry_bytes)
        .buffer("data", page_size)
        .buffer("block", page_size, "mc")
        .mc_enabled(1)
        .steps({cdq_create("queue", slots), log_changes(oracle().value(Id::LactStart))});
}

}  // namespace lmsim::sim::conform::cases
