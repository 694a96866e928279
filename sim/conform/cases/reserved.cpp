#include <fmt/format.h>

#include "model/spec/table.hpp"
#include "sim/conform/cases/cdq_commands.hpp"

/// Bits of the command dwords that no field row of a command covers: a controller may ignore them
/// or say Invalid Field, and does nothing else about them.
namespace lmsim::sim::conform::cases {

using spec::Id;

namespace {

struct Operation {
    const char* id;
    const char* title;
    Command command;  // succeeds as it is
    std::vector<Id> fields;
    bool suspended;  // needs the MC suspended before
    std::vector<Step> before = {};
    const char* needed = nullptr;  // a symbol that must not be 0
    bool tracks = false;           // needs the buffers of store_track_range()
    bool of_namespace = false;     // uses NSID
};

constexpr const char* group = "Reserved bits";
// NSID and what stands around it, and what is specific to the command. Not the data pointer.
constexpr std::uint32_t dwords[] = {1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15};

std::uint32_t covered(const std::vector<Id>& fields, std::uint32_t dword) {
    std::uint32_t mask = 0;
    for (const Id id : fields) {
        const spec::Place place = oracle().place(id);
        for (std::uint32_t bit = place.bit; bit < place.bit + place.width; ++bit) {
            mask |= bit / 32 == dword ? 1U << (bit % 32) : 0;
        }
    }
    return mask;
}

void add(List& list, const Operation& operation) {
    for (const std::uint32_t dword : dwords) {
        const std::uint32_t reserved = ~covered(operation.fields, dword);
        if (reserved == 0 || (dword == 1 && operation.of_namespace)) {
            continue;
        }
        Draft draft(group, fmt::format("reserved.{}.cdw{}", operation.id, dword),
                    fmt::format("{}: bits {:08x}h of CDW{} belong to no field", operation.title,
                                reserved, dword),
                    {Id::ReservedFieldValue});
        for (const Id id : operation.fields) {
            if (oracle().place(id).bit / 32 == dword) {
                draft.row(id);
            }
        }
        draft.buffer("data", page_size).buffer("queue", page_size).mc_enabled();
        if (operation.needed != nullptr) {
            draft.need(operation.needed, 1, "the controller does not offer the command");
        }
        if (operation.tracks) {
            store_track_range(draft);
        }
        if (operation.suspended) {
            draft.step(suspend());
        }
        for (const Step& step : operation.before) {
            draft.step(step);
        }
        Command command = operation.command;
        // First, so that the fields' own values are stored over it.
        command.fields.insert(command.fields.begin(),
                              raw("bits of no field", {dword * 32, 32}, reserved));
        command.ends_with(success()).or_with(invalid_field());
        if (dword == 1) {
            command.or_with(oracle().status(Id::NamespaceInvalid));
        }
        draft.step(command);
        list.push_back(draft.done());
    }
}

const std::vector<Id> set_state_fields{Id::SendSel,      Id::SetStateSeqind,  Id::SetStateCntlid,
                                       Id::SetStateCsvi, Id::SetStateCsuuidi, Id::SetStateCsol,
                                       Id::SetStateCsou, Id::SetStateNumd,    Id::SendUidx};
const std::vector<Id> get_state_fields{Id::ReceiveSel,      Id::GetStateCsvi,    Id::GetStateCntlid,
                                       Id::GetStateCsuuidi, Id::GetStateCsuidxp, Id::GetStateOl,
                                       Id::GetStateOu,      Id::GetStateNumdl,   Id::ReceiveUidx};

void add_of_queues(List& list) {
    const Command create = cdq_create("queue", 8);
    const std::vector<Operation> operations{
        {"create-cdq",
         "Create CDQ",
         create,
         {Id::CdqSel, Id::CdqQt, Id::CdqPc, Id::CdqCqs, Id::CdqSize},
         false,
         {},
         "mmc.mcudmq"},
        {"delete-cdq",
         "Delete CDQ",
         cdq_delete(),
         {Id::CdqSel, Id::CdqDeleteCdqid},
         false,
         {create},
         "mmc.mcudmq"},
        {"set-cdq",
         "Set Features 21h",
         cdq_set("cdqid", 0),
         {Id::FeatureFid, Id::SetFeaturesSv, Id::CdqFeatureCdqid, Id::CdqFeatureEtpt,
          Id::CdqFeatureHp, Id::CdqFeatureTpt},
         false,
         {create},
         "mmc.mcudmq",
         false,
         true},
        {"get-cdq",
         "Get Features 21h",
         cdq_get("cdqid", "data"),
         {Id::FeatureFid, Id::GetFeaturesSel, Id::CdqFeatureCdqid},
         false,
         {create},
         "mmc.mcudmq",
         false,
         true},
        {"log",
         "Log User Data Changes",
         log_changes(1),
         {Id::TrackSendSel, Id::LogLact, Id::LogCdqid},
         false,
         {create},
         "mmc.tudcs"},
    };
    for (const Operation& operation : operations) {
        add(list, operation);
    }
}

void add_of_tracking(List& list) {
    const std::vector<Id> send{Id::TrackSendSel, Id::TrackTact, Id::TrackCntlid};
    const std::vector<Id> receive{Id::TrackReceiveSel, Id::TrackReceiveCntlid,
                                  Id::TrackReceiveNumdl};
    const std::vector<Operation> operations{
        {"track-start",
         "Track Memory Changes, TACT = 1",
         track_start(),
         send,
         false,
         {},
         "mmc.thmcs",
         true},
        {"track-stop",
         "Track Memory Changes, TACT = 0",
         track_stop(),
         send,
         false,
         {track_start()},
         "mmc.thmcs",
         true},
        {"track-receive",
         "Track Receive",
         track_report(),
         receive,
         false,
         {track_start()},
         "mmc.thmcs",
         true},
    };
    for (const Operation& operation : operations) {
        add(list, operation);
    }
}

/// UIDX where no UUID can be selected, or none by that index.
void add_uuid_indices(List& list) {
    for (const std::uint32_t index : {1U, 0x7fU}) {
        const std::pair<const char*, Command> commands[] = {
            {"send", suspend().set(Id::SendUidx, index)},
            {"receive", get_state("data", 0, 48).set(Id::ReceiveUidx, index)}};
        for (const auto& [id, command] : commands) {
            Draft draft(group, fmt::format("reserved.{}.uidx-{:02x}", id, index),
                        "A UUID Index, whose selection may not be supported",
                        {Id::ReservedFieldValue, Id::SendUidx, Id::ReceiveUidx});
            list.push_back(draft.buffer("data", page_size)
                               .mc_enabled()
                               .step(Command(command).ends_with(success()).or_with(invalid_field()))
                               .done());
        }
    }
}

}  // namespace

void add_reserved(List& list) {
    const std::vector<Operation> operations{
        {"suspend",
         "Suspend",
         suspend(),
         {Id::SendSel, Id::SuspendCntlid, Id::SuspendStype, Id::SuspendDudmq, Id::SendUidx},
         false},
        {"resume", "Resume", resume(), {Id::SendSel, Id::ResumeCntlid, Id::SendUidx}, true},
        {"set-state", "Set Controller State, the first of two pieces", set_state(1, "data", 0, 8),
         set_state_fields, true},
        {"get-state", "Get Controller State", get_state("data", 0, 48), get_state_fields, false},
        {"identify",
         "Identify Controller",
         identify(Id::CnsController, "data"),
         {Id::IdentifyCns, Id::IdentifyCntid, Id::IdentifyCsi, Id::IdentifyUidx},
         false,
         {},
         nullptr,
         false,
         true},
        {"get-features",
         "Get Features, Number of Queues",
         get_features(Id::FeatureNumberOfQueues),
         {Id::FeatureFid, Id::GetFeaturesSel},
         false,
         {},
         nullptr,
         false,
         true},
        {"abort", "Abort", abort(0, 0xfffe), {Id::AbortSqid, Id::AbortCid}, false},
    };
    for (const Operation& operation : operations) {
        add(list, operation);
    }
    add_of_queues(list);
    add_of_tracking(list);
    add_uuid_indices(list);
}

}  // namespace lmsim::sim::conform::cases
