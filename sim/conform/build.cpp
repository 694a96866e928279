#include "sim/conform/build.hpp"

#include <algorithm>
#include <utility>

#include "model/spec/table.hpp"

namespace lmsim::sim::conform {

using spec::Id;

namespace {

constexpr spec::Place opcode_place = spec::bytes(0, 0);
constexpr spec::Place nsid_place = spec::bytes(4, 7);
constexpr spec::Place prp1_place = spec::bytes(24, 31);
constexpr std::uint64_t header_bytes = 48;

void put(std::vector<Field>& fields, Field field) {
    const auto same = std::find_if(fields.begin(), fields.end(),
                                   [&](const Field& other) { return other.place == field.place; });
    if (same == fields.end()) {
        fields.push_back(std::move(field));
    } else {
        *same = std::move(field);
    }
}

/// What stands behind the colon of a row's title: "Suspend: CNTLID" is CNTLID.
std::string short_name(const spec::Row& row) {
    const std::size_t colon = row.title.find(": ");
    return std::string(colon == std::string_view::npos ? row.title : row.title.substr(colon + 2));
}

}  // namespace

Field field(Id id, Value value) {
    const spec::Row& row = spec::row(id);
    return {short_name(row), std::string(row.name), oracle().place(id), std::move(value)};
}

Field raw(std::string name, spec::Place place, Value value) {
    return {std::move(name), "", place, std::move(value)};
}

Command::Command(Id opcode_row) : Command(static_cast<std::uint8_t>(oracle().value(opcode_row))) {}

Command::Command(std::uint8_t opcode) {
    kind = StepKind::Command;
    set("opcode", opcode_place, opcode);
}

Command& Command::to(const char* name) {
    controller = name;
    return *this;
}

Command& Command::on_queue(std::uint16_t id) {
    queue = id;
    return *this;
}

Command& Command::nsid(Value value) { return set("NSID", nsid_place, std::move(value)); }

Command& Command::set(Id row, Value value) {
    put(fields, field(row, std::move(value)));
    return *this;
}

Command& Command::set(const char* name, spec::Place place, Value value) {
    put(fields, raw(name, place, std::move(value)));
    return *this;
}

Command& Command::with_data(const std::string& name, std::uint64_t length, std::uint64_t from) {
    data = name;
    bytes = length;
    at = from;
    return *this;
}

Command& Command::ends(Id condition) {
    conditions.push_back(condition);
    return ends_with(oracle().status(condition));
}

Command& Command::ends_with(std::uint16_t status) {
    answer.statuses = {status};
    return *this;
}

Command& Command::or_with(std::uint16_t status) {
    answer.statuses.push_back(status);
    return *this;
}

Command& Command::gives(const std::string& name, spec::Place place, Value value) {
    answer.fields.push_back(raw(name, place, std::move(value)));
    return *this;
}

Command& Command::gives(Id row, Value value) {
    answer.fields.push_back(field(row, std::move(value)));
    return *this;
}

Command& Command::saves(const char* symbol, spec::Place place) {
    answer.saves.push_back({symbol, place});
    return *this;
}

Command& Command::runs_on(const char* name) {
    later = true;
    tag = name;
    return *this;
}

std::uint16_t success() { return oracle().status(Id::StatusSuccess); }
std::uint16_t invalid_field() { return oracle().status(Id::StatusInvalidField); }

Command suspend(Value cntlid, Value stype) {
    Command command(Id::OpcodeAdminMigrationSend);
    command.set(Id::SendSel, oracle().value(Id::SelSuspend))
        .set(Id::SuspendCntlid, std::move(cntlid))
        .set(Id::SuspendStype, std::move(stype));
    return command;
}

Command resume(Value cntlid) {
    Command command(Id::OpcodeAdminMigrationSend);
    command.set(Id::SendSel, oracle().value(Id::SelResume))
        .set(Id::ResumeCntlid, std::move(cntlid));
    return command;
}

Command set_state(Value seqind, const std::string& buffer, std::uint64_t offset,
                  std::uint64_t bytes) {
    Command command(Id::OpcodeAdminMigrationSend);
    command.set(Id::SendSel, oracle().value(Id::SelSetControllerState))
        .set(Id::SetStateSeqind, std::move(seqind))
        .set(Id::SetStateCntlid, "mc.cntlid")
        .set(Id::SetStateCsvi, "formats.csvi")
        .set(Id::SetStateCsol, offset)
        .set(Id::SetStateNumd, bytes / 4);
    if (bytes != 0) {
        command.with_data(buffer, bytes, offset);
    }
    return command;
}

Command get_state(const std::string& buffer, std::uint64_t offset, std::uint64_t bytes) {
    Command command(Id::OpcodeAdminMigrationReceive);
    command.set(Id::ReceiveSel, oracle().value(Id::SelGetControllerState))
        .set(Id::GetStateCsvi, "formats.csvi")
        .set(Id::GetStateCntlid, "mc.cntlid")
        .set(Id::GetStateOl, offset)
        .set(Id::GetStateNumdl, bytes / 4 - 1)
        .with_data(buffer, bytes);
    return command;
}

Command identify(Id cns, const std::string& buffer) {
    Command command(Id::OpcodeAdminIdentify);
    command.set(Id::IdentifyCns, oracle().value(cns))
        .with_data(buffer, oracle().value(Id::IdentifySize));
    return command;
}

Command create_cq(const char* controller, std::uint16_t id) {
    const std::string name = std::string(controller) + ".";
    Command command(Id::OpcodeAdminCreateCq);
    command.to(controller)
        .set("PRP1", prp1_place, Value(name + "cq" + std::to_string(id)))
        .set(Id::QueueQid, id)
        .set(Id::QueueQsize, Value(name + "entries" + std::to_string(id), std::uint64_t{0} - 1))
        .set(Id::CreateCqPc, 1);
    return command;
}

Command create_sq(const char* controller, std::uint16_t id) {
    const std::string name = std::string(controller) + ".";
    Command command(Id::OpcodeAdminCreateSq);
    command.to(controller)
        .set("PRP1", prp1_place, Value(name + "sq" + std::to_string(id)))
        .set(Id::QueueQid, id)
        .set(Id::QueueQsize, Value(name + "entries" + std::to_string(id), std::uint64_t{0} - 1))
        .set(Id::CreateSqPc, 1)
        .set(Id::CreateSqCqid, id);
    return command;
}

Command delete_sq(const char* controller, std::uint16_t id) {
    Command command(Id::OpcodeAdminDeleteSq);
    command.to(controller).set(Id::QueueQid, id);
    return command;
}

Command delete_cq(const char* controller, std::uint16_t id) {
    Command command(Id::OpcodeAdminDeleteCq);
    command.to(controller).set(Id::QueueQid, id);
    return command;
}

Command set_features(Id feature, Value cdw11) {
    Command command(Id::OpcodeAdminSetFeatures);
    command.set(Id::FeatureFid, oracle().value(feature))
        .set("CDW11", spec::cdw(11, 31, 0), std::move(cdw11));
    return command;
}

Command get_features(Id feature) {
    Command command(Id::OpcodeAdminGetFeatures);
    command.set(Id::FeatureFid, oracle().value(feature));
    return command;
}

Command abort(Value sqid, Value cid) {
    Command command(Id::OpcodeAdminAbort);
    command.set(Id::AbortSqid, std::move(sqid)).set(Id::AbortCid, std::move(cid));
    return command;
}

Command aer() { return Command(Id::OpcodeAdminAer); }

Command io(Id opcode, const std::string& buffer) {
    Command command(opcode);
    command.to("mc").on_queue(1).nsid("mc.nsid");
    if (!buffer.empty()) {
        command.with_data(buffer, page_size);
        command.set("SLBA", spec::bytes(40, 47), 0).set("NLB", spec::cdw(12, 15, 0), 0);
    }
    return command;
}

Command expects_suspended(bool suspended, const std::string& buffer, Value cntlid) {
    Command command = get_state(buffer, 0, header_bytes);
    command.set(Id::GetStateCsvi, 0)
        .set(Id::GetStateCntlid, std::move(cntlid))
        .gives(Id::GetStateCsup, suspended ? 1 : 0);
    return command;
}

Step await(const char* controller, const char* tag, std::uint16_t status) {
    Step step = simple(StepKind::Await, controller);
    step.tag = tag;
    step.answer.statuses = {status};
    return step;
}

Step silent(const char* controller, const char* tag) {
    Step step = simple(StepKind::Silent, controller);
    step.tag = tag;
    return step;
}

Step simple(StepKind kind, const char* controller) {
    Step step;
    step.kind = kind;
    step.controller = controller;
    return step;
}

Step store(const std::string& buffer, std::uint64_t at, std::vector<Field> fields) {
    Step step = simple(StepKind::Store, "mmc");
    step.buffer = buffer;
    step.at = at;
    step.fields = std::move(fields);
    return step;
}

Step check(const std::string& buffer, std::uint64_t at, std::vector<Field> fields) {
    Step step = store(buffer, at, std::move(fields));
    step.kind = StepKind::Check;
    return step;
}

Step load(const std::string& buffer, std::uint64_t at, spec::Place place, const char* symbol) {
    Step step = store(buffer, at, {raw(symbol, place, 0)});
    step.kind = StepKind::Load;
    return step;
}

Draft::Draft(std::string group, std::string id, std::string title, std::initializer_list<Id> rows) {
    case_.group = std::move(group);
    case_.id = std::move(id);
    case_.title = std::move(title);
    for (const Id each : rows) {
        row(each);
    }
}

Draft& Draft::row(Id id) { return row(std::string(spec::row(id).name)); }

Draft& Draft::row(const std::string& requirement) {
    const auto& known = case_.rows;
    if (requirement.empty()) {
        return *this;
    }
    if (std::find(known.begin(), known.end(), requirement) == known.end()) {
        case_.rows.push_back(requirement);
    }
    return *this;
}

Draft& Draft::need(std::string symbol, std::uint64_t at_least, std::string otherwise,
                   std::uint64_t at_most) {
    case_.needs.push_back({std::move(symbol), at_least, at_most, std::move(otherwise)});
    return *this;
}

Draft& Draft::buffer(const std::string& name, std::uint64_t bytes, const char* controller) {
    case_.buffers.push_back({name, bytes, controller});
    return *this;
}

Draft& Draft::step(Step step) {
    for (const Field& seen : step.answer.fields) {
        row(seen.row);
    }
    const bool looks = step.kind == StepKind::Check || step.kind == StepKind::Find ||
                       step.kind == StepKind::Absent;
    for (const Field& seen : looks ? step.fields : std::vector<Field>()) {
        row(seen.row);
    }
    case_.steps.push_back(std::move(step));
    return *this;
}

Draft& Draft::step(const Command& command) {
    for (const Id condition : command.conditions) {
        row(condition);
    }
    return step(static_cast<const Step&>(command));
}

Draft& Draft::steps(std::initializer_list<Step> more) {
    for (const Step& each : more) {
        step(each);
    }
    return *this;
}

Draft& Draft::mc_enabled(std::uint16_t pairs) {
    step(simple(StepKind::Enable, "mc"));
    for (std::uint16_t id = 1; id <= pairs; ++id) {
        step(create_cq("mc", id)).step(create_sq("mc", id));
    }
    return *this;
}

Draft& Draft::refused(const Command& command, const char* probe) {
    Step before = simple(StepKind::Remember, "mmc");
    before.tag = probe;
    Step after = before;
    after.kind = StepKind::Unchanged;
    return step(before).step(command).step(after);
}

}  // namespace lmsim::sim::conform
