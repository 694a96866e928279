#include <fmt/format.h>

#include "sim/conform/cases/cases.hpp"

namespace lmsim::sim::conform::cases {

using spec::Id;

namespace {

constexpr const char* group = "Queues and I/O";
const char* const probe_name = "mc.features";

Draft begin(const std::string& id, const std::string& title, std::initializer_list<Id> rows,
            std::uint16_t pairs = 0) {
    Draft draft(group, "queue." + id, title, rows);
    return draft.buffer("block", 4 * page_size, "mc").mc_enabled(pairs);
}

struct Wrong {
    const char* id;
    const char* title;
    Id row;
    Value value;
    Id condition;
};

void add_create_cq(List& list) {
    const Wrong wrongs[] = {
        {"cq-qid-0", "Create I/O CQ with QID 0", Id::QueueQid, 0, Id::CreateCqBadQid},
        {"cq-qid-ffff", "Create I/O CQ with QID FFFFh", Id::QueueQid, 0xffff, Id::CreateCqBadQid},
        {"cq-size-0", "Create I/O CQ with one entry", Id::QueueQsize, 0, Id::CreateCqBadSize},
        {"cq-size-high", "Create I/O CQ larger than CAP.MQES", Id::QueueQsize, Value("mmc.mqes", 1),
         Id::CreateCqBadSize},
        {"cq-pc-0", "Create I/O CQ with PC = 0 although CAP.CQR = 1", Id::CreateCqPc, 0,
         Id::CreateQueueNotContiguous},
    };
    for (const Wrong& wrong : wrongs) {
        list.push_back(
            begin(wrong.id, wrong.title, {wrong.row, wrong.condition})
                .need("mmc.mqes", 1, "CAP.MQES is as high as can be", 0xfffe)
                .need("mmc.cqr", 1, "CAP.CQR is 0")
                .refused(create_cq("mc", 1).set(wrong.row, wrong.value).ends(wrong.condition),
                         probe_name)
                .done());
    }
    list.push_back(
        begin("cq-in-use", "Create I/O CQ with a QID in use", {Id::QueueQid, Id::CreateCqBadQid}, 1)
            .refused(create_cq("mc", 1).ends(Id::CreateCqBadQid), probe_name)
            .done());
    list.push_back(
        begin("cq-prp-offset", "Create I/O CQ with an offset in PRP1", {Id::CreateQueuePrpOffset})
            .refused(create_cq("mc", 1)
                         .set("PRP1", spec::bytes(24, 31), Value("mc.cq1", 16))
                         .ends(Id::CreateQueuePrpOffset),
                     probe_name)
            .done());
    list.push_back(begin("cq-vector", "Create I/O CQ with IV FFFFh",
                         {Id::CreateCqIv, Id::CreateCqIen, Id::CreateCqBadVector})
                       .refused(create_cq("mc", 1)
                                    .set(Id::CreateCqIen, 1)
                                    .set(Id::CreateCqIv, 0xffff)
                                    .ends(Id::CreateCqBadVector),
                                probe_name)
                       .done());
    list.push_back(begin("cq-vector-last", "Create I/O CQ with the last interrupt vector",
                         {Id::CreateCqIv, Id::CreateCqIen, Id::CreateCqBadVector, Id::SecondaryNvi})
                       .need("mc.nvi", 2, "the MC has fewer than two interrupt vectors", 2048)
                       .step(create_cq("mc", 1)
                                 .set(Id::CreateCqIen, 1)
                                 .set(Id::CreateCqIv, Value("mc.nvi", std::uint64_t{0} - 1)))
                       .done());
    list.push_back(begin("cq-vector-unused", "IV does not count while IEN = 0",
                         {Id::CreateCqIv, Id::CreateCqIen, Id::CreateCqBadVector})
                       .step(create_cq("mc", 1).set(Id::CreateCqIv, 0xffff))
                       .done());
}

void add_create_sq(List& list) {
    const Wrong wrongs[] = {
        {"sq-qid-0", "Create I/O SQ with QID 0", Id::QueueQid, 0, Id::CreateSqBadQid},
        {"sq-qid-ffff", "Create I/O SQ with QID FFFFh", Id::QueueQid, 0xffff, Id::CreateSqBadQid},
        {"sq-size-0", "Create I/O SQ with one entry", Id::QueueQsize, 0, Id::CreateSqBadSize},
        {"sq-size-high", "Create I/O SQ larger than CAP.MQES", Id::QueueQsize, Value("mmc.mqes", 1),
         Id::CreateSqBadSize},
        {"sq-pc-0", "Create I/O SQ with PC = 0 although CAP.CQR = 1", Id::CreateSqPc, 0,
         Id::CreateQueueNotContiguous},
        {"sq-cqid-0", "Create I/O SQ with CQID 0", Id::CreateSqCqid, 0, Id::CreateSqBadCqid},
        {"sq-cqid-ffff", "Create I/O SQ with CQID FFFFh", Id::CreateSqCqid, 0xffff,
         Id::CreateSqBadCqid},
        {"sq-no-cq", "Create I/O SQ with a CQID that no queue has", Id::CreateSqCqid, 2,
         Id::CreateSqNoCq},
    };
    for (const Wrong& wrong : wrongs) {
        list.push_back(
            begin(wrong.id, wrong.title, {wrong.row, wrong.condition})
                .need("mmc.mqes", 1, "CAP.MQES is as high as can be", 0xfffe)
                .need("mmc.cqr", 1, "CAP.CQR is 0")
                .step(create_cq("mc", 1))
                .refused(create_sq("mc", 1).set(wrong.row, wrong.value).ends(wrong.condition),
                         probe_name)
                .done());
    }
    list.push_back(
        begin("sq-in-use", "Create I/O SQ with a QID in use", {Id::QueueQid, Id::CreateSqBadQid}, 1)
            .refused(create_sq("mc", 1).ends(Id::CreateSqBadQid), probe_name)
            .done());
    list.push_back(
        begin("sq-prp-offset", "Create I/O SQ with an offset in PRP1", {Id::CreateQueuePrpOffset})
            .step(create_cq("mc", 1))
            .refused(create_sq("mc", 1)
                         .set("PRP1", spec::bytes(24, 31), Value("mc.sq1", 64))
                         .ends(Id::CreateQueuePrpOffset),
                     probe_name)
            .done());
}

void add_delete(List& list) {
    for (const std::uint16_t id : {0, 2, 0xffff}) {
        list.push_back(begin(fmt::format("delete-sq-{:x}", id), "Delete I/O SQ that is not there",
                             {Id::QueueQid, Id::DeleteBadQid}, 1)
                           .refused(delete_sq("mc", id).ends(Id::DeleteBadQid), probe_name)
                           .done());
        list.push_back(begin(fmt::format("delete-cq-{:x}", id), "Delete I/O CQ that is not there",
                             {Id::QueueQid, Id::DeleteBadQid}, 1)
                           .refused(delete_cq("mc", id).ends(Id::DeleteBadQid), probe_name)
                           .done());
    }
    list.push_back(
        begin("delete-cq-in-use", "Delete I/O CQ while an I/O SQ uses it", {Id::DeleteCqInUse}, 1)
            .refused(delete_cq("mc", 1).ends(Id::DeleteCqInUse), probe_name)
            .done());
    list.push_back(
        begin("delete-both", "Delete I/O SQ, then its CQ, and create both again",
              {Id::OpcodeAdminDeleteSq, Id::OpcodeAdminDeleteCq}, 2)
            .steps({delete_sq("mc", 2), delete_cq("mc", 2), create_cq("mc", 2), create_sq("mc", 2)})
            .done());
}

void add_io(List& list) {
    const auto lba = [](Command command, Value slba, Value nlb) {
        return command.set("SLBA", spec::bytes(40, 47), std::move(slba))
            .set("NLB", spec::cdw(12, 15, 0), std::move(nlb))
            .ends(Id::RangeBeyondNamespace);
    };
    for (const Id opcode : {Id::OpcodeNvmRead, Id::OpcodeNvmWrite}) {
        const std::string name = opcode == Id::OpcodeNvmRead ? "read" : "write";
        list.push_back(begin(name, "One block", {opcode}, 1).step(io(opcode, "block")).done());
        for (const std::uint32_t nsid : {0U, 0xffff'fffeU, 0xffff'ffffU}) {
            list.push_back(begin(fmt::format("{}-nsid-{:x}", name, nsid),
                                 "An NSID that is no active namespace",
                                 {opcode, Id::NamespaceInvalid}, 1)
                               .step(io(opcode, "block").nsid(nsid).ends(Id::NamespaceInvalid))
                               .done());
        }
        list.push_back(begin(name + "-slba-high", "An SLBA beyond any namespace",
                             {opcode, Id::RangeBeyondNamespace}, 1)
                           .step(lba(io(opcode, "block"), 0xffff'ffff'ffff'0000U, 0))
                           .done());
        list.push_back(
            begin(name + "-slba-wraps", "SLBA + NLB wraps", {opcode, Id::RangeBeyondNamespace}, 1)
                .step(lba(io(opcode, "block"), ~std::uint64_t{0}, 1))
                .done());
        list.push_back(begin(name + "-prp-offset", "PRP1 is not dword aligned",
                             {opcode, Id::PrpOffsetNotAllowed}, 1)
                           .need("mc.prp-offsets", 1,
                                 "the controller does not look at bits 1:0 of PRPs, and need not")
                           .step(io(opcode, "block")
                                     .set("PRP1", spec::bytes(24, 31), Value("block", 3))
                                     .ends(Id::PrpOffsetNotAllowed))
                           .done());
    }
    list.push_back(
        begin("flush", "Flush", {Id::OpcodeNvmFlush}, 1).step(io(Id::OpcodeNvmFlush, "")).done());
    for (const std::uint32_t psdt : {1U, 2U, 3U}) {
        Draft draft = begin(fmt::format("io-psdt-{}", psdt), "An SGL although SGLS is 0",
                            {Id::SqePsdt, Id::IdSgls}, 1);
        list.push_back(draft.need("mc.sgls", 0, "SGLS offers SGLs", 0)
                           .step(io(Id::OpcodeNvmRead, "block")
                                     .set(Id::SqePsdt, psdt)
                                     .ends(Id::ReservedFieldValue))
                           .done());
    }
    for (const std::uint32_t opcode : {0x03U, 0x7fU}) {
        Command command(static_cast<std::uint8_t>(opcode));
        command.to("mc").on_queue(1).nsid("mc.nsid").ends(Id::UnsupportedOpcode);
        list.push_back(begin(fmt::format("io-opcode-{:02x}", opcode), "An I/O opcode of no command",
                             {Id::UnsupportedOpcode}, 1)
                           .step(command)
                           .done());
    }
    Draft wrap = begin("phase", "The phase tag inverts at each wrap", {Id::PhaseInvertsAtWrap}, 1);
    for (int i = 0; i < 40; ++i) {
        wrap.step(io(Id::OpcodeNvmFlush, ""));
    }
    list.push_back(wrap.done());
}

}  // namespace

void add_queues(List& list) {
    add_create_cq(list);
    add_create_sq(list);
    add_delete(list);
    add_io(list);
}

}  // namespace lmsim::sim::conform::cases
