#include <fmt/format.h>

#include "sim/conform/cases/state_image.hpp"

namespace lmsim::sim::conform::cases {

using spec::Id;

namespace {

constexpr const char* group = "Set Controller State";

/// The MC enabled and suspended, and the image of a state without queues in the buffer "state".
Draft begin(const std::string& id, const std::string& title, std::initializer_list<Id> rows) {
    Draft draft(group, "set-state." + id, title, rows);
    need_set_state(draft);
    store_empty_state(draft);
    return draft.mc_enabled();
}

Draft suspended(const std::string& id, const std::string& title, std::initializer_list<Id> rows) {
    Draft draft = begin(id, title, rows);
    draft.row(Id::SetStateWhileSuspended).step(suspend());
    return draft;
}

Command whole() { return set_state(seqind_only(), "state", 0, empty_state); }

void add_strangers(List& list) {
    for (const Stranger& stranger : strangers()) {
        list.push_back(
            suspended(stranger.id, "The state of " + stranger.who,
                      {Id::SetStateCntlid, Id::SetStateBadCntlid})
                .refused(
                    whole().set(Id::SetStateCntlid, stranger.cntlid).ends(Id::SetStateBadCntlid))
                .done());
    }
}

void add_fields(List& list) {
    for (const std::uint32_t offset : {1U, 2U, 3U}) {
        list.push_back(
            suspended(fmt::format("offset-{}", offset), "CSOL is not a multiple of 4",
                      {Id::SetStateCsol, Id::SetStateOffsetUnaligned})
                .refused(whole().set(Id::SetStateCsol, offset).ends(Id::SetStateOffsetUnaligned))
                .done());
    }
    list.push_back(suspended("offset-high", "An offset of 4 GiB: CSOU counts",
                             {Id::SetStateCsou, Id::SetStateOffsetTooLarge})
                       .refused(whole().set(Id::SetStateCsou, 1).ends(Id::SetStateOffsetTooLarge))
                       .done());
    const struct {
        const char* id;
        const char* title;
        Id row;
        Id condition;
        Value value;
    } indices[] = {
        {"csvi-nv+1", "CSVI one above NV", Id::SetStateCsvi, Id::SetStateBadCsvi,
         Value("formats.nv", 1)},
        {"csvi-255", "CSVI 255", Id::SetStateCsvi, Id::SetStateBadCsvi, 255},
        {"csuuidi-nuuid+1", "CSUUIDI one above NUUID", Id::SetStateCsuuidi, Id::SetStateBadCsuuidi,
         Value("formats.nuuid", 1)},
        {"csuuidi-255", "CSUUIDI 255", Id::SetStateCsuuidi, Id::SetStateBadCsuuidi, 255},
        {"no-index", "CSVI and CSUUIDI are both 0", Id::SetStateCsvi, Id::SetStateNoIndex, 0},
    };
    for (const auto& index : indices) {
        list.push_back(suspended(index.id, index.title, {index.row, index.condition})
                           .refused(whole().set(index.row, index.value).ends(index.condition))
                           .done());
    }
    const struct {
        const char* id;
        Value seqind;
        Id row;
    } pieces[] = {{"numd-0-middle", oracle().value(Id::SeqindMiddle), Id::SeqindMiddle},
                  {"numd-0-first", oracle().value(Id::SeqindFirst), Id::SeqindFirst},
                  {"numd-0-only", oracle().value(Id::SeqindOnly), Id::SeqindOnly}};
    for (const auto& piece : pieces) {
        Draft draft = suspended(piece.id, "NUMD = 0 although SEQIND is not 10b",
                                {Id::SetStateNumd, Id::SetStateNumdZero, piece.row});
        if (piece.row == Id::SeqindMiddle) {
            draft.step(set_state(oracle().value(Id::SeqindFirst), "state", 0, 8));
        }
        list.push_back(
            draft.refused(set_state(piece.seqind, "state", 0, 0).ends(Id::SetStateNumdZero))
                .done());
    }
}

void add_buffers(List& list) {
    for (const std::uint32_t offset : {1U, 2U, 3U}) {
        list.push_back(suspended(fmt::format("prp1-offset-{}", offset), "PRP1 is not dword aligned",
                                 {Id::PrpOffsetNotAllowed})
                           .refused(whole()
                                        .set("PRP1", spec::bytes(24, 31), Value("state", offset))
                                        .ends(Id::PrpOffsetNotAllowed))
                           .done());
    }
    list.push_back(
        suspended("data-nowhere", "The data are where there is no memory", {Id::DataInUnreachable})
            .need("nowhere", 1, "the target names no address that is not host memory")
            .refused(whole()
                         .set("PRP1", spec::bytes(24, 31), "nowhere")
                         .ends(Id::DataInUnreachable)
                         .or_with(invalid_field()))
            .done());
    list.push_back(suspended("beyond-mdts", "NUMD asks for more than MDTS allows",
                             {Id::SetStateNumd, Id::TransferBeyondMdts, Id::IdMdts})
                       .need("mmc.mdts", 1, "MDTS sets no limit")
                       .refused(whole()
                                    .set(Id::SetStateNumd, Value("mmc.mdts.dwords", 1))
                                    .ends(Id::TransferBeyondMdts))
                       .done());
}

void add_controllers(List& list) {
    list.push_back(begin("running", "The MC is enabled and not suspended",
                         {Id::SetStateWrongState, Id::SetStateWhileEnabled})
                       // "enabled (i.e., CC.EN = 1)" is printed, and hardly meant.
                       .refused(whole().ends(Id::SetStateWrongState).or_with(success()))
                       .done());
    Draft disabled(group, "set-state.disabled", "The MC is neither suspended, enabled nor offline",
                   {Id::SetStateWrongState});
    need_set_state(disabled);
    list.push_back(
        store_empty_state(disabled).refused(whole().ends(Id::SetStateWrongState)).done());
    Draft other(group, "set-state.other-suspended",
                "Another MC is suspended, not the one that is named", {Id::SetStateWrongState});
    need_set_state(other);
    list.push_back(store_empty_state(other)
                       .step(suspend("mc2.cntlid"))
                       .refused(whole().ends(Id::SetStateWrongState))
                       .done());
    list.push_back(
        begin("sent-to-mc", "Set Controller State sent to an MC", {Id::MigrationSendToMc})
            .buffer("mc-state", page_size, "mc")
            .step(suspend("mc2.cntlid"))
            .refused(whole()
                         .to("mc")
                         .set(Id::SetStateCntlid, "mc2.cntlid")
                         .with_data("mc-state", empty_state)
                         .ends(Id::MigrationSendToMc))
            .done());
    Draft queues = begin("queues-exist", "NVMECSS is not 0 and the MC has an I/O queue pair",
                         {Id::SetStateQueuesExist});
    list.push_back(queues.steps({create_cq("mc", 1), create_sq("mc", 1), suspend()})
                       .refused(whole().ends(Id::SetStateQueuesExist), "mc.queues")
                       .done());
    Draft cq = begin("cq-exists", "NVMECSS is not 0 and the MC has an I/O completion queue",
                     {Id::SetStateQueuesExist});
    list.push_back(cq.steps({create_cq("mc", 1), suspend()})
                       .refused(whole().ends(Id::SetStateQueuesExist), "mc.queues")
                       .done());
}

void add_data(List& list) {
    const auto broken = [&](const char* id, const char* title, Id condition, std::uint64_t at,
                            Field wrong) {
        Draft draft = suspended(id, title, {condition});
        draft.row(wrong.row).step(store("state", at, {wrong}));
        list.push_back(draft.refused(whole().ends(condition)).done());
    };
    broken("version", "VER of the structure is not 0", Id::SetStateIncomplete, 0,
           field(Id::StateVer, 1));
    broken("nvme-version", "VER of the NVMe Controller State is not that of CSVI",
           Id::SetStateIncomplete, state_header, field(Id::NvmeStateVer, 0x7fff));
    broken("nvmecss-large", "NVMECSS announces more than there is", Id::SetStateIncomplete, 0,
           field(Id::StateNvmecss, 3));
    broken("nvmecss-small", "NVMECSS is less than the queues need", Id::SetStateIncomplete, 0,
           field(Id::StateNvmecss, 1));
    broken("nvmecss-huge", "NVMECSS has bit 127 set", Id::SetStateIncomplete, 16,
           raw("NVMECSS, its upper half", {64, 64}, std::uint64_t{1} << 63));
    broken("niosq-large", "NIOSQ is more than NVMECSS has room for", Id::SetStateIncomplete,
           state_header, field(Id::NvmeStateNiosq, 1));
    broken("vss-without-csuuidi", "CSUUIDI = 0 and VSS is not 0", Id::SetStateCsuuidiMissing, 0,
           field(Id::StateVss, 1));
    list.push_back(suspended("nvmecss-without-csvi", "CSVI = 0 and NVMECSS is not 0",
                             {Id::SetStateCsviMissing})
                       .need("formats.nuuid", 1, "CNS 20h lists no UUID of vendor specific state")
                       .refused(whole()
                                    .set(Id::SetStateCsvi, 0)
                                    .set(Id::SetStateCsuuidi, 1)
                                    .ends(Id::SetStateCsviMissing))
                       .done());
    list.push_back(
        suspended("only-incomplete", "The one and only piece is not the whole",
                  {Id::SetStateIncomplete, Id::SeqindOnly, Id::SetStateOnlyCommits})
            .refused(
                set_state(seqind_only(), "state", 0, state_header).ends(Id::SetStateIncomplete))
            .done());
    list.push_back(suspended("last-incomplete", "The last piece leaves the data incomplete",
                             {Id::SetStateIncomplete, Id::SeqindLast, Id::SetStateLastCommits})
                       .step(set_state(oracle().value(Id::SeqindFirst), "state", 0, 8))
                       .refused(set_state(oracle().value(Id::SeqindLast), "state", 8, 4)
                                    .ends(Id::SetStateIncomplete))
                       .done());
}

void add_queue_states(List& list) {
    const auto broken = [&](const char* id, const char* title, std::uint64_t at, Field wrong) {
        Draft draft(group, std::string("set-state.") + id, title, {Id::SetStateQueueInvalid});
        need_set_state(draft);
        store_pair_state(draft);
        draft.row(wrong.row).mc_enabled().step(suspend()).step(store("state", at, {wrong}));
        Command command = set_state(seqind_only(), "state", 0, pair_state);
        // No code is stated for data that do not parse: both rows name the same.
        command.ends(Id::SetStateQueueInvalid).or_with(oracle().status(Id::SetStateIncomplete));
        list.push_back(draft.refused(command).done());
    };
    broken("sq-qid-0", "An I/O SQ state with QID 0", sq_at, field(Id::SqStateQid, 0));
    broken("sq-qid-high", "An I/O SQ state with QID FFFFh", sq_at, field(Id::SqStateQid, 0xffff));
    broken("sq-no-cq", "An I/O SQ state whose CQ is not in the state", sq_at,
           field(Id::SqStateCqid, 2));
    broken("sq-size-0", "An I/O SQ state of one entry", sq_at, field(Id::SqStateQsize, 0));
    broken("sq-size-high", "An I/O SQ state larger than CAP.MQES", sq_at,
           field(Id::SqStateQsize, Value("mmc.mqes", 1)));
    broken("sq-head", "HP of an I/O SQ state is outside the queue", sq_at,
           field(Id::SqStateHp, Value("mc.entries1")));
    broken("sq-tail", "TP of an I/O SQ state is outside the queue", sq_at,
           field(Id::SqStateTp, Value("mc.entries1")));
    for (const bool twice : {false, true}) {
        Draft draft(group, twice ? "set-state.sq-twice" : "set-state.sq-descending",
                    twice ? "Two I/O SQ states of one QID" : "I/O SQ states in descending order",
                    {Id::SetStateQueueInvalid, Id::NvmeStateSqAscending, Id::SqStateQid});
        need_set_state(draft);
        store_pair_state(draft);
        const std::uint64_t size = oracle().value(Id::SqStateSize);
        const std::vector<Field> first{field(Id::SqStatePrp1, "mc.sq2"), field(Id::SqStateQsize, 1),
                                       field(Id::SqStateQid, twice ? 1 : 2),
                                       field(Id::SqStateCqid, 1), field(Id::SqStatePc, 1)};
        std::vector<Field> second = first;
        second[0] = field(Id::SqStatePrp1, "mc.sq1");
        second[2] = field(Id::SqStateQid, 1);
        const std::vector<Field> cq{field(Id::CqStatePrp1, "mc.cq1"), field(Id::CqStateQsize, 1),
                                    field(Id::CqStateQid, 1), field(Id::CqStatePc, 1)};
        draft.mc_enabled()
            .steps({suspend(), store("state", 0, {field(Id::StateNvmecss, 20)}),
                    store("state", state_header, {field(Id::NvmeStateNiosq, 2)}),
                    store("state", sq_at, first), store("state", sq_at + size, second),
                    store("state", sq_at + 2 * size, cq)})
            .refused(set_state(seqind_only(), "state", 0, pair_state + size)
                         .ends(Id::SetStateQueueInvalid)
                         .or_with(oracle().status(Id::SetStateIncomplete)));
        list.push_back(draft.done());
    }
    broken("cq-qid-0", "An I/O CQ state with QID 0", cq_at, field(Id::CqStateQid, 0));
    broken("cq-size-0", "An I/O CQ state of one entry", cq_at, field(Id::CqStateQsize, 0));
    broken("cq-size-high", "An I/O CQ state larger than CAP.MQES", cq_at,
           field(Id::CqStateQsize, Value("mmc.mqes", 1)));
    broken("cq-head", "HP of an I/O CQ state is outside the queue", cq_at,
           field(Id::CqStateHp, Value("mc.entries1")));
    broken("cq-tail", "TP of an I/O CQ state is outside the queue", cq_at,
           field(Id::CqStateTp, Value("mc.entries1")));
}

}  // namespace

void add_set_state(List& list) {
    add_strangers(list);
    add_fields(list);
    add_buffers(list);
    add_controllers(list);
    add_data(list);
    add_queue_states(list);
}

}  // namespace lmsim::sim::conform::cases
