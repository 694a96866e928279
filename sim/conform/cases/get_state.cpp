#include <fmt/format.h>

#include "sim/conform/cases/cases.hpp"

namespace lmsim::sim::conform::cases {

using spec::Id;

namespace {

constexpr const char* group = "Get Controller State";
constexpr std::uint64_t header = 48;
constexpr std::uint64_t empty = 56;  // and an NVMe Controller State without queues
constexpr std::uint64_t one_pair = 104;

Draft begin(const std::string& id, const std::string& title, std::initializer_list<Id> rows,
            std::uint16_t pairs = 0) {
    Draft draft(group, "get-state." + id, title, rows);
    draft.need("formats.csvi", 1, "version 0 of the NVMe Controller State is not in CNS 20h");
    draft.buffer("data", 4 * page_size).buffer("block", page_size, "mc").mc_enabled(pairs);
    return draft;
}

void add_strangers(List& list) {
    for (const Stranger& stranger : strangers()) {
        list.push_back(begin(stranger.id, "The state of " + stranger.who,
                             {Id::GetStateCntlid, Id::GetStateBadCntlid})
                           .refused(get_state("data", 0, header)
                                        .set(Id::GetStateCntlid, stranger.cntlid)
                                        .ends(Id::GetStateBadCntlid))
                           .done());
    }
}

void add_conditions(List& list) {
    for (const std::uint32_t sel : {1U, 2U, 0x80U, 0xffU}) {
        list.push_back(begin(fmt::format("sel-{:02x}", sel),
                             "Migration Receive with a reserved SEL",
                             {Id::ReceiveSel, Id::ReceiveSelReserved})
                           .refused(get_state("data", 0, header)
                                        .set(Id::ReceiveSel, sel)
                                        .ends(Id::ReceiveSelReserved))
                           .done());
    }
    for (const std::uint32_t offset : {1U, 2U, 3U, 49U}) {
        list.push_back(begin(fmt::format("offset-{}", offset), "OL is not a multiple of 4",
                             {Id::GetStateOl, Id::GetStateOffsetUnaligned})
                           .refused(get_state("data", 0, header)
                                        .set(Id::GetStateOl, offset)
                                        .ends(Id::GetStateOffsetUnaligned))
                           .done());
    }
    list.push_back(
        begin("offset-past-end", "An offset of one dword past the end",
              {Id::GetStateOl, Id::GetStateOffsetTooLarge})
            .refused(get_state("data", empty + 4, header).ends(Id::GetStateOffsetTooLarge))
            .done());
    list.push_back(begin("offset-at-end", "An offset equal to the size is not greater than it",
                         {Id::GetStateOl, Id::GetStateOffsetTooLarge})
                       .step(get_state("data", empty, header))
                       .done());
    list.push_back(begin("offset-high", "An offset of 4 GiB: OU counts",
                         {Id::GetStateOu, Id::GetStateOffsetTooLarge})
                       .refused(get_state("data", 0, header)
                                    .set(Id::GetStateOu, 1)
                                    .ends(Id::GetStateOffsetTooLarge))
                       .done());
    const struct {
        const char* id;
        const char* title;
        Id row;
        Id condition;
        Value value;
    } indices[] = {
        {"csvi-nv+1", "CSVI one above NV", Id::GetStateCsvi, Id::GetStateBadCsvi,
         Value("formats.nv", 1)},
        {"csvi-255", "CSVI 255", Id::GetStateCsvi, Id::GetStateBadCsvi, 255},
        {"csuuidi-nuuid+1", "CSUUIDI one above NUUID", Id::GetStateCsuuidi, Id::GetStateBadCsuuidi,
         Value("formats.nuuid", 1)},
        {"csuuidi-255", "CSUUIDI 255", Id::GetStateCsuuidi, Id::GetStateBadCsuuidi, 255},
    };
    for (const auto& index : indices) {
        list.push_back(
            begin(index.id, index.title, {index.row, index.condition})
                .refused(
                    get_state("data", 0, header).set(index.row, index.value).ends(index.condition))
                .done());
    }
    list.push_back(begin("sent-to-mc", "Get Controller State sent to an MC",
                         {Id::MigrationReceiveToMc, Id::OpcodeAdminMigrationReceive})
                       .buffer("mc-data", page_size, "mc")
                       .refused(get_state("mc-data", 0, header)
                                    .to("mc")
                                    .set(Id::GetStateCntlid, "mc2.cntlid")
                                    .ends(Id::MigrationReceiveToMc))
                       .done());
}

/// Data and PRP lists that are not there.
void add_nowhere(List& list) {
    const auto nowhere = [](const char* id, const char* title) {
        return begin(id, title, {Id::GetStateNumdl})
            .need("nowhere", 1, "the target names no address that is not host memory");
    };
    list.push_back(nowhere("data-nowhere", "The data would go where there is no memory")
                       .refused(get_state("data", 0, header)
                                    .set("PRP1", spec::bytes(24, 31), "nowhere")
                                    .ends(Id::DataOutUnreachable)
                                    .or_with(invalid_field())
                                    .or_with(success()))  // writes are posted, and may get lost
                       .done());
    list.push_back(nowhere("list-nowhere", "The PRP list is where there is no memory")
                       .refused(get_state("data", 0, 3 * page_size)
                                    .set("PRP2", spec::bytes(32, 39), "nowhere")
                                    .ends(Id::PrpListUnreachable)
                                    .or_with(invalid_field()))
                       .done());
    list.push_back(nowhere("list-entry-offset", "An entry of the PRP list has an offset")
                       .step(store("data", 3 * page_size,
                                   {raw("PRP entry", {0, 64}, Value("data", page_size)),
                                    raw("PRP entry", {64, 64}, Value("data", 2 * page_size + 64))}))
                       .refused(get_state("data", 0, 3 * page_size)
                                    .set("PRP2", spec::bytes(32, 39), Value("data", 3 * page_size))
                                    .ends(Id::PrpListOffset))
                       .done());
}

void add_buffers(List& list) {
    for (const std::uint32_t offset : {1U, 2U, 3U}) {
        list.push_back(begin(fmt::format("prp1-offset-{}", offset), "PRP1 is not dword aligned",
                             {Id::PrpOffsetNotAllowed})
                           .refused(get_state("data", 0, header)
                                        .set("PRP1", spec::bytes(24, 31), Value("data", offset))
                                        .ends(Id::PrpOffsetNotAllowed))
                           .done());
    }
    list.push_back(
        begin("prp2-offset", "PRP2 as a second page has an offset", {Id::PrpOffsetNotAllowed})
            .refused(get_state("data", 0, 2 * page_size)
                         .set("PRP2", spec::bytes(32, 39), Value("data", page_size + 8))
                         .ends(Id::PrpOffsetNotAllowed))
            .done());
    list.push_back(
        begin("prp-list-offset", "PRP2 as a list is not qword aligned", {Id::PrpOffsetNotAllowed})
            .refused(get_state("data", 0, 3 * page_size)
                         .set("PRP2", spec::bytes(32, 39), Value("data", 4))
                         .ends(Id::PrpOffsetNotAllowed))
            .done());
    for (const std::uint32_t psdt : {1U, 2U, 3U}) {
        list.push_back(
            begin(fmt::format("psdt-{}", psdt), "An SGL, which no admin command takes",
                  {Id::SqePsdt})
                .refused(get_state("data", 0, header).set(Id::SqePsdt, psdt).ends(Id::AdminUsesSgl))
                .done());
    }
    list.push_back(begin("one-dword", "NUMDL = 0: one dword, and no byte behind it",
                         {Id::GetStateNumdl, Id::ReceiveNumdIsZeroBased})
                       .step(store("data", 4, {raw("what was there", {0, 32}, 0x5a5a'5a5a)}))
                       .step(get_state("data", 16, 4))
                       .step(check("data", 0,
                                   {raw("the low dword of NVMECSS", {0, 32}, 2),
                                    raw("what was there", {32, 32}, 0x5a5a'5a5a)}))
                       .done());
    constexpr std::uint64_t mdts = 65536;  // dwords
    Draft most = begin("at-mdts", "NUMDL asks for what MDTS allows",
                       {Id::GetStateNumdl, Id::TransferBeyondMdts});
    list.push_back(most.need("mmc.mdts.dwords", mdts, "MDTS is not 256 KiB", mdts)
                       .buffer("all", 4 * mdts)
                       .step(get_state("all", 0, 4 * mdts))
                       .step(check("all", 0, {field(Id::StateNvmecss, 2)}))
                       .done());
    list.push_back(begin("beyond-mdts", "NUMDL asks for more than MDTS allows",
                         {Id::GetStateNumdl, Id::TransferBeyondMdts, Id::IdMdts})
                       .need("mmc.mdts", 1, "MDTS sets no limit")
                       .refused(get_state("data", 0, header)
                                    .set(Id::GetStateNumdl, Value("mmc.mdts.dwords"))
                                    .ends(Id::TransferBeyondMdts))
                       .done());
    list.push_back(
        begin("three-pages", "A transfer of three pages by a PRP list", {Id::GetStateNumdl})
            .step(get_state("data", 0, 3 * page_size))
            .step(check("data", 0, {field(Id::StateNvmecss, 2)}))
            .done());
}

void add_contents(List& list) {
    list.push_back(
        begin("empty", "The state of an MC without I/O queues",
              {Id::StateVer, Id::StateNvmecss, Id::StateVss, Id::NvmeStateVer, Id::NvmeStateNiosq,
               Id::NvmeStateNiocq, Id::StateVersion, Id::NvmeStateVersion})
            .step(get_state("data", 0, empty))
            .step(check("data", 0,
                        {field(Id::StateVer, oracle().value(Id::StateVersion)),
                         field(Id::StateNvmecss, 2), field(Id::StateVss, 0)}))
            .step(check("data", header,
                        {field(Id::NvmeStateVer, oracle().value(Id::NvmeStateVersion)),
                         field(Id::NvmeStateNiosq, 0), field(Id::NvmeStateNiocq, 0)}))
            .done());
    list.push_back(begin("no-csvi", "CSVI = 0: no NVMe Controller State",
                         {Id::GetStateCsvi, Id::GetStateWithoutCsvi})
                       .step(get_state("data", 0, header).set(Id::GetStateCsvi, 0))
                       .step(check("data", 0, {field(Id::StateNvmecss, 0), field(Id::StateVss, 0)}))
                       .done());
    list.push_back(begin("no-csuuidi", "CSUUIDI = 0: no vendor specific state",
                         {Id::GetStateCsuuidi, Id::GetStateWithoutCsuuidi, Id::GetStateCsuidxp})
                       .step(get_state("data", 0, header).set(Id::GetStateCsuidxp, 0xff))
                       .step(check("data", 0, {field(Id::StateVss, 0)}))
                       .done());
    list.push_back(
        begin("cp-running", "CP and CSUP are 0 while the MC is not suspended",
              {Id::StateCp, Id::GetStateCsup, Id::GetStateCsupMeansSuspended, Id::GetStateAnytime})
            .step(get_state("data", 0, header).gives(Id::GetStateCsup, 0))
            .step(check("data", 0, {field(Id::StateCp, 0)}))
            .done());
    list.push_back(begin("cp-suspended", "CP and CSUP are 1 while the MC is suspended",
                         {Id::StateCp, Id::GetStateCsup, Id::GetStateCsupMeansSuspended})
                       .step(suspend())
                       .step(get_state("data", 0, header).gives(Id::GetStateCsup, 1))
                       .step(check("data", 0, {field(Id::StateCp, 1)}))
                       .done());
    list.push_back(
        begin("in-pieces", "Pieces by offset are pieces of the whole",
              {Id::GetStateOl, Id::GetStateNumdl, Id::ReceiveNumdIsZeroBased})
            .step(get_state("data", header, 4))
            .step(check("data", 0, {field(Id::NvmeStateVer, 0), field(Id::NvmeStateNiosq, 0)}))
            .step(get_state("data", 16, 4))
            .step(check("data", 0, {raw("the low dword of NVMECSS", {0, 32}, 2)}))
            .done());
}

std::vector<Field> sq_state(Value position) {
    return {field(Id::SqStatePrp1, "mc.sq1"),
            field(Id::SqStateQsize, Value("mc.entries1", std::uint64_t{0} - 1)),
            field(Id::SqStateQid, 1),
            field(Id::SqStateCqid, 1),
            field(Id::SqStatePc, 1),
            field(Id::SqStateHp, position),
            field(Id::SqStateTp, position)};
}

std::vector<Field> cq_state(Value position, Value slot0) {
    return {field(Id::CqStatePrp1, "mc.cq1"),
            field(Id::CqStateQsize, Value("mc.entries1", std::uint64_t{0} - 1)),
            field(Id::CqStateQid, 1),
            field(Id::CqStateHp, position),
            field(Id::CqStateTp, position),
            field(Id::CqStatePc, 1),
            field(Id::CqStateIen, 0),
            field(Id::CqStateS0pt, slot0)};
}

Draft& expect_pair(Draft& draft, Value position, Value slot0) {
    return draft.step(suspend())
        .step(get_state("data", 0, one_pair))
        .step(check("data", 0, {field(Id::StateNvmecss, 14)}))
        .step(check("data", header, {field(Id::NvmeStateNiosq, 1), field(Id::NvmeStateNiocq, 1)}))
        .step(check("data", empty, sq_state(position)))
        .step(check("data", empty + 24, cq_state(position, slot0)));
}

void add_queues_in_state(List& list) {
    Draft fresh =
        begin("one-pair", "An I/O queue pair that was not used yet",
              {Id::SqStatePrp1, Id::SqStateQsize, Id::SqStateQid, Id::SqStateCqid, Id::SqStatePc,
               Id::SqStateHp, Id::SqStateTp, Id::CqStatePrp1, Id::CqStateQsize, Id::CqStateQid,
               Id::CqStateHp, Id::CqStateTp, Id::CqStatePc, Id::CqStateIen, Id::CqStateS0pt},
              1);
    list.push_back(expect_pair(fresh, 0, 0).done());
    Draft used =
        begin("one-pair-used", "An I/O queue pair after one command",
              {Id::SqStateHp, Id::SqStateTp, Id::CqStateHp, Id::CqStateTp, Id::CqStateS0pt}, 1);
    used.step(io(Id::OpcodeNvmRead, "block"));
    list.push_back(expect_pair(used, 1, 1).done());
    Draft wrapped = begin("one-pair-wrapped", "S0PT inverts when the completion queue has wrapped",
                          {Id::CqStateS0pt, Id::PhaseInvertsAtWrap}, 1);
    constexpr int slots = 16;  // of each ring of the driver
    for (int i = 0; i < slots; ++i) {
        wrapped.step(io(Id::OpcodeNvmFlush, ""));
    }
    list.push_back(expect_pair(wrapped, 0, 1).done());
    Draft again = begin("one-pair-second-pass", "S0PT in the second pass",
                        {Id::CqStateS0pt, Id::PhaseInvertsAtWrap}, 1);
    for (int i = 0; i <= slots; ++i) {
        again.step(io(Id::OpcodeNvmFlush, ""));
    }
    list.push_back(expect_pair(again, 1, 0).done());
    Draft two = begin("two-pairs", "Queue states are in ascending order of QID",
                      {Id::NvmeStateSqAscending, Id::NvmeStateCqAscending, Id::NvmeStateNiosq,
                       Id::NvmeStateNiocq});
    // Created in descending order.
    two.steps({create_cq("mc", 2), create_cq("mc", 1), create_sq("mc", 2), create_sq("mc", 1),
               suspend(), get_state("data", 0, header + 8 + 4 * 24)})
        .step(check("data", 0, {field(Id::StateNvmecss, 26)}))
        .step(check("data", empty, {field(Id::SqStateQid, 1)}))
        .step(check("data", empty + 24, {field(Id::SqStateQid, 2)}))
        .step(check("data", empty + 48, {field(Id::CqStateQid, 1)}))
        .step(check("data", empty + 72, {field(Id::CqStateQid, 2)}));
    list.push_back(two.done());
    Draft queued = begin(
        "queued-command", "A command left in the queue: TP is past HP",
        {Id::SqStateHp, Id::SqStateTp, Id::SuspendRecordsDoorbells, Id::SuspendLeavesQueued}, 1);
    queued
        .steps({suspend(), io(Id::OpcodeNvmFlush, "").runs_on("flush"), silent("mc", "flush"),
                get_state("data", 0, one_pair)})
        .step(check("data", empty, {field(Id::SqStateHp, 0), field(Id::SqStateTp, 1)}));
    list.push_back(queued.done());
}

}  // namespace

void add_get_state(List& list) {
    add_strangers(list);
    add_conditions(list);
    add_buffers(list);
    add_nowhere(list);
    add_contents(list);
    add_queues_in_state(list);
}

}  // namespace lmsim::sim::conform::cases
