#include <fmt/format.h>

#include <algorithm>

#include "sim/conform/cases/state_image.hpp"

namespace lmsim::sim::conform::cases {

using spec::Id;

namespace {

constexpr const char* group = "State sequences";

std::uint32_t first() { return oracle().value(Id::SeqindFirst); }
std::uint32_t middle() { return oracle().value(Id::SeqindMiddle); }
std::uint32_t last() { return oracle().value(Id::SeqindLast); }

Draft begin(const std::string& id, const std::string& title, std::initializer_list<Id> rows,
            bool pair = true) {
    Draft draft(group, "sequence." + id, title, rows);
    need_set_state(draft);
    draft.buffer("block", page_size, "mc");
    (pair ? store_pair_state(draft) : store_empty_state(draft)).mc_enabled().step(suspend());
    return draft;
}

/// The queue pair of the image is there and works.
Draft& expect_pair_works(Draft& draft) {
    return draft.row(Id::SetStateCreatesQueues)
        .step(get_state("data", 0, pair_state))
        .step(check("data", state_header,
                    {field(Id::NvmeStateNiosq, 1), field(Id::NvmeStateNiocq, 1)}))
        .step(check("data", sq_at, {field(Id::SqStateQid, 1), field(Id::SqStatePrp1, "mc.sq1")}))
        .step(resume())
        .step(io(Id::OpcodeNvmRead, "block"));
}

/// The 104 bytes in pieces of this size; the last piece by itself, of 0 bytes, if so wanted.
void add_pieces(List& list, std::uint64_t piece, bool empty_last) {
    Draft draft = begin(fmt::format("pieces-of-{}{}", piece, empty_last ? "-and-none" : ""),
                        fmt::format("A state in pieces of {} bytes{}", piece,
                                    empty_last ? ", ended by a command without data" : ""),
                        {Id::SeqindFirst, Id::SeqindMiddle, Id::SeqindLast, Id::SetStateLastCommits,
                         Id::SetStateCsol, Id::SetStateNumd, Id::SendNumdIsZeroBased});
    for (std::uint64_t at = 0; at < pair_state; at += piece) {
        const std::uint64_t length = std::min(piece, pair_state - at);
        const bool ends = at + length == pair_state && !empty_last;
        draft.step(set_state(at == 0 ? first() : (ends ? last() : middle()), "state", at, length));
    }
    if (empty_last) {
        draft.step(set_state(last(), "state", pair_state, 0));
    }
    list.push_back(expect_pair_works(draft).done());
}

void add_order(List& list) {
    Draft whole = begin("only", "A state in one piece: SEQIND 11b",
                        {Id::SeqindOnly, Id::SetStateOnlyCommits});
    whole.step(set_state(seqind_only(), "state", 0, pair_state));
    list.push_back(expect_pair_works(whole).done());
    const struct {
        const char* id;
        const char* title;
        std::uint32_t seqind;
        Id row;
    } orphans[] = {
        {"middle-alone", "SEQIND 00b without a sequence", middle(), Id::SeqindMiddle},
        {"last-alone", "SEQIND 10b without a sequence", last(), Id::SeqindLast},
    };
    for (const auto& orphan : orphans) {
        list.push_back(
            begin(orphan.id, orphan.title, {orphan.row, Id::SetStateNoSequence}, false)
                .refused(
                    set_state(orphan.seqind, "state", 0, empty_state).ends(Id::SetStateNoSequence))
                .done());
        list.push_back(
            begin(std::string(orphan.id) + "-after-commit",
                  std::string(orphan.title) + ": the one before was committed",
                  {orphan.row, Id::SetStateNoSequence}, false)
                .step(set_state(first(), "state", 0, 8))
                .step(set_state(last(), "state", 8, empty_state - 8))
                .refused(
                    set_state(orphan.seqind, "state", 0, empty_state).ends(Id::SetStateNoSequence))
                .done());
        list.push_back(
            begin(std::string(orphan.id) + "-of-other",
                  std::string(orphan.title) + " for this MC: another MC has one",
                  {orphan.row, Id::SetStateNoSequence, Id::SetStateCntlid}, false)
                .steps({suspend("mc2.cntlid"),
                        set_state(first(), "state", 0, 8).set(Id::SetStateCntlid, "mc2.cntlid")})
                .refused(
                    set_state(orphan.seqind, "state", 0, empty_state).ends(Id::SetStateNoSequence))
                .done());
    }
    list.push_back(
        begin("last-after-only", "SEQIND 10b after a committed 11b",
              {Id::SeqindOnly, Id::SeqindLast, Id::SetStateNoSequence}, false)
            .step(set_state(seqind_only(), "state", 0, empty_state))
            .refused(set_state(last(), "state", empty_state, 0).ends(Id::SetStateNoSequence))
            .done());
    list.push_back(
        begin("gap", "A piece that leaves a gap: an offset beyond the data sent",
              {Id::SetStateCsol, Id::SetStateOffsetTooLarge})
            .step(set_state(first(), "state", 0, 8))
            .refused(set_state(middle(), "state", 16, 8).ends(Id::SetStateOffsetTooLarge))
            .done());
}

void add_discards(List& list) {
    Draft again = begin("first-discards", "SEQIND 01b discards an unfinished sequence",
                        {Id::SeqindFirst, Id::SetStateFirstDiscards});
    again.buffer("other", page_size)
        .step(set_state(first(), "other", 0, pair_state))  // zeros: not even the right version
        .step(set_state(first(), "state", 0, empty_state))
        .step(set_state(last(), "state", empty_state, pair_state - empty_state));
    list.push_back(expect_pair_works(again).done());
    Draft shorter = begin("first-discards-all",
                          "What an unfinished sequence had sent does not complete the next one",
                          {Id::SeqindFirst, Id::SetStateFirstDiscards, Id::SetStateIncomplete});
    list.push_back(shorter.step(set_state(first(), "state", 0, pair_state))
                       .step(set_state(first(), "state", 0, 8))
                       .step(set_state(last(), "state", 8, 0).ends(Id::SetStateIncomplete))
                       .step(get_state("data", 0, empty_state))
                       .step(check("data", state_header, {field(Id::NvmeStateNiosq, 0)}))
                       .done());
    Draft only = begin("only-discards", "SEQIND 11b amid a sequence sets the whole state",
                       {Id::SeqindOnly, Id::SetStateOnlyCommits});
    only.step(set_state(first(), "state", 0, 8))
        .step(set_state(seqind_only(), "state", 0, pair_state));
    list.push_back(expect_pair_works(only).done());
    Draft retry = begin("retry", "After a failure the whole state can be sent again",
                        {Id::SetStateFailureClosesSequence, Id::SetStateIncomplete});
    retry.step(set_state(first(), "state", 0, 8))
        .step(set_state(last(), "state", 8, 8).ends(Id::SetStateIncomplete))
        .step(set_state(first(), "state", 0, 8))
        .step(set_state(last(), "state", 8, pair_state - 8));
    list.push_back(expect_pair_works(retry).done());
}

void add_resumes(List& list) {
    Draft open = begin("resume-uncommitted", "Resume while state is received and not committed",
                       {Id::ResumeUncommitted});
    open.step(set_state(first(), "state", 0, 8))
        .step(resume().ends(Id::ResumeUncommitted))
        .step(expects_suspended(true, "data"))
        .step(set_state(last(), "state", 8, pair_state - 8));
    list.push_back(expect_pair_works(open).done());
    Draft other = begin("resume-other", "A sequence for one MC does not hinder another's Resume",
                        {Id::ResumeUncommitted, Id::ResumeCntlid}, false);
    list.push_back(
        other
            .steps({suspend("mc2.cntlid"), set_state(first(), "state", 0, 8), resume("mc2.cntlid")})
            .step(resume().ends(Id::ResumeUncommitted))
            .done());
    Draft again = begin("state-is-that-set", "Get Controller State gives back what was set",
                        {Id::SetStateCreatesQueues, Id::CqStateIv, Id::CqStateIen});
    list.push_back(
        again.step(store("state", sq_at, {field(Id::SqStateHp, 3), field(Id::SqStateTp, 5)}))
            .step(
                store("state", cq_at,
                      {field(Id::CqStateHp, 2), field(Id::CqStateTp, 3), field(Id::CqStateS0pt, 1),
                       field(Id::CqStateIen, 1), field(Id::CqStateIv, 1)}))
            .step(set_state(seqind_only(), "state", 0, pair_state))
            .step(get_state("data", 0, pair_state))
            .step(check("data", sq_at, {field(Id::SqStateHp, 3), field(Id::SqStateTp, 5)}))
            .step(
                check("data", cq_at,
                      {field(Id::CqStateHp, 2), field(Id::CqStateTp, 3), field(Id::CqStateS0pt, 1),
                       field(Id::CqStateIen, 1), field(Id::CqStateIv, 1)}))
            .done());
    Draft vendor = begin(
        "vendor-state", "A state with vendor specific data can be set again",
        {Id::GetStateCsuuidi, Id::SetStateCsuuidi, Id::StateVss, Id::SetStateOnlyCommits}, false);
    constexpr std::uint64_t room = 4 * page_size;
    constexpr std::uint64_t dwords_before_vendor = empty_state / 4;
    list.push_back(vendor.need("formats.nuuid", 1, "CNS 20h lists no UUID of vendor specific state")
                       .need("mmc.mdts.dwords", room / 4, "MDTS is less than 16 KiB")
                       .step(get_state("state", 0, room).set(Id::GetStateCsuuidi, 1))
                       .step(load("state", 0, {oracle().place(Id::StateVss).bit, 64}, "vss"))
                       .step(set_state(seqind_only(), "state", 0, room)
                                 .set(Id::SetStateCsuuidi, 1)
                                 .set(Id::SetStateNumd, Value("vss", dwords_before_vendor)))
                       .steps({expects_suspended(true, "data"), resume()})
                       .done());
    Draft round = begin("round-trip", "A state that was read can be set after a CLR of the MC",
                        {Id::SetStateCreatesQueues, Id::McResetEndsSuspension});
    round.step(set_state(seqind_only(), "state", 0, pair_state))
        .step(get_state("state", 0, pair_state))
        .steps({simple(StepKind::Disable, "mc"), simple(StepKind::Enable, "mc"), suspend(),
                set_state(seqind_only(), "state", 0, pair_state)});
    list.push_back(expect_pair_works(round).done());
    Draft queued = begin("queued-command", "A command that the state shows as queued is fetched",
                         {Id::ResumeFetchesFromHead, Id::SetStateCreatesQueues});
    queued.step(set_state(seqind_only(), "state", 0, pair_state))
        .steps({io(Id::OpcodeNvmRead, "block").runs_on("read"), silent("mc", "read"), resume(),
                await("mc", "read", success())});
    list.push_back(queued.done());
}

}  // namespace

void add_state_sequences(List& list) {
    for (const std::uint64_t piece : {4U, 8U, 20U, 24U, 48U, 52U, 56U, 100U}) {
        add_pieces(list, piece, false);
    }
    for (const std::uint64_t piece : {16U, 52U, 104U}) {
        add_pieces(list, piece, true);
    }
    add_order(list);
    add_discards(list);
    add_resumes(list);
}

}  // namespace lmsim::sim::conform::cases
