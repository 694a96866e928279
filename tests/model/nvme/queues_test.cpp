#include "tests/model/nvme/driver.hpp"

using namespace lmsim;
using namespace lmsim::nvme;
using namespace lmsim::nvme::bench;

namespace {

struct Rig {
    Bench<SimBounds> bench;
    Driver vf{bench, 1, 64};

    explicit Rig(const Config& config = {}) : bench(1, config) { vf.enable(); }

    std::uint16_t admin(const wire::Sqe& sqe) { return vf.admin(sqe).status; }
    std::uint16_t create(wire::CreateCq command) {
        return admin(wire::encode(command, bench.rules));
    }
    std::uint16_t create(wire::CreateSq command) {
        return admin(wire::encode(command, bench.rules));
    }
    std::uint16_t delete_sq(std::uint16_t qid) {
        return admin(wire::encode(wire::DeleteSq{qid}, bench.rules));
    }
    std::uint16_t delete_cq(std::uint16_t qid) {
        return admin(wire::encode(wire::DeleteCq{qid}, bench.rules));
    }
};

wire::CreateCq cq_like(std::uint16_t qid, std::uint16_t qsize) {
    wire::CreateCq command;
    command.qid = qid;
    command.qsize = qsize;
    command.iv = qid;
    command.prp1 = Driver::cq_base(qid);
    return command;
}

wire::CreateSq sq_like(std::uint16_t qid, std::uint16_t qsize) {
    wire::CreateSq command;
    command.qid = qid;
    command.qsize = qsize;
    command.cqid = qid;
    command.prp1 = Driver::sq_base(qid);
    return command;
}

bool is_media(const Effect& effect) { return effect.kind == EffectKind::Media; }

}  // namespace

TEST_CASE("every condition of Create I/O Completion Queue") {
    Rig rig;
    CHECK(rig.create(cq_like(0, 15)) == 0x101);
    CHECK(rig.create(cq_like(9, 15)) == 0x101);  // of 8 pairs
    CHECK(rig.create(cq_like(0xffff, 15)) == 0x101);
    CHECK(rig.create(cq_like(1, 0)) == 0x102);
    CHECK(rig.create(cq_like(1, 1024)) == 0x102);
    wire::CreateCq command = cq_like(1, 15);
    command.pc = false;
    CHECK(rig.create(command) == 0x002);
    command = cq_like(1, 15);
    command.prp1 += 64;
    CHECK(rig.create(command) == 0x013);
    command = cq_like(1, 15);
    command.iv = 9;
    CHECK(rig.create(command) == 0x108);
    command.ien = false;  // then nobody looks at IV
    CHECK(rig.create(command) == 0);
    CHECK(rig.create(cq_like(1, 15)) == 0x101);  // in use
    CHECK(rig.create(cq_like(8, 1023)) == 0);
}

TEST_CASE("every condition of Create I/O Submission Queue") {
    Rig rig;
    REQUIRE(rig.create(cq_like(1, 15)) == 0);
    CHECK(rig.create(sq_like(0, 15)) == 0x101);
    CHECK(rig.create(sq_like(9, 15)) == 0x101);
    CHECK(rig.create(sq_like(1, 0)) == 0x102);
    CHECK(rig.create(sq_like(1, 1024)) == 0x102);
    CHECK(rig.create(sq_like(2, 15)) == 0x100);  // CQ 2 is none
    wire::CreateSq command = sq_like(1, 15);
    command.cqid = 0;
    CHECK(rig.create(command) == 0x101);
    command.cqid = 9;
    CHECK(rig.create(command) == 0x101);
    command = sq_like(1, 15);
    command.pc = false;
    CHECK(rig.create(command) == 0x002);
    command = sq_like(1, 15);
    command.prp1 += 8;
    CHECK(rig.create(command) == 0x013);
    CHECK(rig.create(sq_like(1, 15)) == 0);
    CHECK(rig.create(sq_like(1, 15)) == 0x101);
}

TEST_CASE("commands that want SGLs or to be fused") {
    Rig rig;
    rig.vf.create(1, 16);
    wire::Sqe get = wire::encode(wire::GetFeatures{7, 0, 0}, rig.bench.rules);
    wire::Sqe read = rig.vf.io(spec::opcode::NvmRead, 0, 1, 0);
    for (const std::uint8_t flags : {0x01, 0x02, 0x40, 0x80, 0xC0}) {
        get.flags = read.flags = flags;
        CHECK(rig.admin(get) == 0x002);
        rig.vf.submit(1, read);
        REQUIRE(rig.bench.run());
        const auto done = rig.vf.reap(1);
        REQUIRE(done.size() == 1);
        CHECK(done[0].status == 0x002);
    }
    rig.bench.rules.set_on(spec::Id::AdminUsesSgl, false);
    CHECK(rig.admin(get) == 0);
    get.flags = 0x3C;  // reserved
    CHECK(rig.admin(get) == 0);
}

TEST_CASE("deleting queues") {
    Rig rig;
    CHECK(rig.delete_sq(0) == 0x101);
    CHECK(rig.delete_cq(0) == 0x101);
    CHECK(rig.delete_sq(1) == 0x101);
    CHECK(rig.delete_cq(200) == 0x101);
    rig.vf.create(1, 8);
    wire::CreateSq second = sq_like(2, 7);
    second.cqid = 1;
    REQUIRE(rig.create(second) == 0);
    CHECK(rig.delete_cq(1) == 0x10C);
    CHECK(rig.delete_sq(1) == 0);
    CHECK(rig.delete_cq(1) == 0x10C);
    CHECK(rig.delete_sq(2) == 0);
    CHECK(rig.delete_cq(1) == 0);
    CHECK(rig.delete_cq(1) == 0x101);
    rig.vf.create(1, 8);
}

TEST_CASE("commands of a deleted queue end without a completion, at every stage") {
    Rig rig;
    rig.vf.create(2, 4);
    // Of queue 1: three wait for room behind a full queue, one is at the media, one in the queue.
    for (int i = 0; i < 3; ++i) rig.vf.submit(1, rig.vf.read_one());
    REQUIRE(rig.bench.run());
    wire::CreateSq other = sq_like(3, 3);
    other.cqid = 1;
    REQUIRE(rig.create(other) == 0);
    rig.vf.pairs.resize(4);
    rig.vf.pairs[3].size = 4;
    rig.vf.submit(1, rig.vf.read_one());
    rig.vf.submit(3, rig.vf.read_one());
    REQUIRE(rig.bench.run());
    rig.bench.held = is_media;
    rig.vf.submit(1, rig.vf.read_one());
    REQUIRE(rig.bench.run());
    CHECK(rig.bench.at(1).busy == 3);
    REQUIRE(rig.delete_sq(1) == 0);
    CHECK(rig.bench.at(1).busy == 2);  // the media do not forget
    rig.bench.held = nullptr;
    const std::size_t sent = rig.bench.count(EffectKind::TransferOut, 1);
    REQUIRE(rig.bench.run());
    CHECK(rig.bench.at(1).busy == 1);
    CHECK(rig.bench.count(EffectKind::TransferOut, 1) == sent);
    CHECK(rig.vf.reap(1).size() == 3);
    const auto left = rig.vf.reap(1);
    REQUIRE(left.size() == 1);
    CHECK(left[0].sqid == 3);
    CHECK(rig.bench.at(1).busy == 0);
    // The same identifier again: nothing of its former life comes.
    REQUIRE(rig.create(sq_like(1, 3)) == 0);
    rig.vf.pairs[1].tail = 0;
    REQUIRE(rig.bench.run());
    CHECK(rig.vf.reap(1).empty());
}

TEST_CASE("the phase tag inverts at each wrap, over many of them") {
    Rig rig;
    rig.vf.create(1, 3);
    for (unsigned i = 0; i < 100; ++i) {
        const std::uint16_t cid = rig.vf.submit(1, rig.vf.read_one(i));
        REQUIRE(rig.bench.run());
        const auto slot = rig.vf.memory().bytes(Driver::cq_base(1) + 16 * (i % 3), 16);
        const auto done = rig.vf.reap(1);
        REQUIRE(done.size() == 1);
        CHECK(done[0].cid == cid);
        CHECK(done[0].sqid == 1);
        CHECK(done[0].sqhd == (i + 1) % 3);
        CHECK(wire::phase_of(slot.data()) == (i / 3 % 2 == 0));
    }
}

TEST_CASE("a full completion queue holds completions, and lets them go in order") {
    Rig rig;
    rig.vf.create(1, 16);
    // A queue pair whose completion queue is smaller.
    REQUIRE(rig.create(cq_like(2, 2)) == 0);
    wire::CreateSq command = sq_like(2, 15);
    REQUIRE(rig.create(command) == 0);
    rig.vf.pairs.resize(3);
    rig.vf.pairs[2].size = 16;
    std::vector<std::uint16_t> cids;
    for (int i = 0; i < 9; ++i) cids.push_back(rig.vf.submit(2, rig.vf.read_one()));
    REQUIRE(rig.bench.run());
    CHECK(rig.bench.at(1).busy == 7);
    std::vector<std::uint16_t> seen;
    rig.vf.pairs[2].size = 3;
    for (int i = 0; i < 5; ++i) {
        const auto done = rig.vf.reap(2);
        CHECK(done.size() == 2);
        for (const wire::Cqe& cqe : done) seen.push_back(cqe.cid);
        if (i == 1) {  // one that comes while others wait takes its turn
            rig.vf.pairs[2].size = 16;
            cids.push_back(rig.vf.submit(2, rig.vf.read_one()));
            rig.vf.pairs[2].size = 3;
            REQUIRE(rig.bench.run());
        }
    }
    for (const wire::Cqe& cqe : rig.vf.reap(2)) seen.push_back(cqe.cid);
    CHECK(seen == cids);
    CHECK(rig.bench.at(1).busy == 0);
}

TEST_CASE("queues take turns") {
    Config config;
    config.contexts = 1;
    Rig rig(config);
    rig.vf.create(3, 8);
    rig.bench.held = is_media;
    rig.vf.submit(3, rig.vf.read_one());
    REQUIRE(rig.bench.run());
    for (std::uint16_t qid = 1; qid <= 3; ++qid) {
        rig.vf.submit(qid, rig.vf.read_one());
        rig.vf.submit(qid, rig.vf.read_one());
    }
    rig.bench.held = nullptr;
    REQUIRE(rig.bench.run());
    std::vector<std::uint64_t> order;
    for (const Effect& effect : rig.bench.log) {
        if (effect.kind == EffectKind::PostCqe && effect.token3 != 0)
            order.push_back(effect.token3);
    }
    CHECK(order == std::vector<std::uint64_t>{3, 1, 2, 3, 1, 2, 3});
}

TEST_CASE("no more commands at once than there are contexts, AERs not counted") {
    Config config;
    config.contexts = 3;
    Rig rig(config);
    for (int i = 0; i < 16; ++i) rig.vf.submit(0, wire::encode(wire::Aer{}, rig.bench.rules));
    REQUIRE(rig.bench.run());
    CHECK(rig.bench.at(1).aers == 16);
    rig.vf.create(1, 32);
    rig.bench.held = is_media;
    for (int i = 0; i < 20; ++i) rig.vf.put(1, rig.vf.read_one());
    rig.vf.ring(1);
    REQUIRE(rig.bench.run());
    CHECK(rig.bench.pending() == 3);
    CHECK(rig.bench.at(1).sq[1].head == 3);
    rig.bench.held = nullptr;
    REQUIRE(rig.bench.run());
    CHECK(rig.vf.reap(1).size() == 20);
}

TEST_CASE("more at one doorbell than a step has room for") {
    Rig rig;
    rig.vf.create(1, 1024);
    for (int i = 0; i < 1000; ++i) rig.vf.put(1, rig.vf.read_one());
    rig.vf.ring(1);
    CHECK(rig.bench.pending() == 1000);
    REQUIRE(rig.bench.run());
    CHECK(rig.vf.reap(1).size() == 1000);
}

TEST_CASE("completions that a doorbell sets free may be more than a step has room for") {
    Rig rig;
    rig.vf.create(1, 1024);
    for (int i = 0; i < 1000; ++i) rig.vf.submit(1, rig.vf.read_one());
    REQUIRE(rig.bench.run());
    rig.vf.reap(1, false);  // the head stays
    for (int i = 0; i < 1000; ++i) rig.vf.submit(1, rig.vf.read_one());
    REQUIRE(rig.bench.run());
    CHECK(rig.bench.at(1).busy == 1000 - 23);
    CHECK(rig.vf.reap(1).size() == 1023);
    CHECK(rig.bench.at(1).busy == 0);
    CHECK(rig.vf.reap(1).size() == 977);
}

TEST_CASE("doorbells outside of a queue do nothing") {
    Rig rig;
    rig.vf.create(1, 4);
    for (const std::uint16_t qid : {1, 2, 64, 65, 9999}) {
        rig.bench.ring_sq(1, qid, 4);
        rig.bench.ring_cq(1, qid, 4);
        rig.bench.ring_sq(1, qid, ~0ULL);
    }
    rig.bench.ring_sq(1, 2, 0);
    CHECK(rig.bench.pending() == 0);
    CHECK(rig.bench.at(1).sq[1].tail == 0);
    CHECK(rig.bench.at(1).cq[1].head == 0);
}

TEST_CASE("an interrupt per completion, where the queue has them on") {
    Rig rig;
    rig.vf.create(1, 8);
    wire::CreateCq silent = cq_like(2, 7);
    silent.ien = false;
    REQUIRE(rig.create(silent) == 0);
    REQUIRE(rig.create(sq_like(2, 7)) == 0);
    rig.vf.pairs.resize(3);
    rig.vf.pairs[2].size = 8;
    rig.bench.log.clear();
    rig.vf.submit(1, rig.vf.read_one());
    rig.vf.submit(2, rig.vf.read_one());
    REQUIRE(rig.bench.run());
    REQUIRE(rig.bench.count(EffectKind::Interrupt, 1) == 1);
    for (const Effect& effect : rig.bench.log) {
        CHECK((effect.kind != EffectKind::Interrupt || effect.token == 1));
    }
}
