#include <rapidcheck.h>

#include "model/wire/vendor_area.hpp"
#include "tests/model/nvme/driver.hpp"
#include "tests/property.hpp"

using namespace lmsim;
using namespace lmsim::nvme;
using namespace lmsim::nvme::bench;

namespace {

using Bytes = std::vector<std::uint8_t>;
using wire::MigrationReceive;
using wire::MigrationSend;
using wire::Seqind;

/// VF 1 is the guest's, VF 2 takes states.
template <class Bounds>
struct RigOf {
    Bench<Bounds> bench;
    Driver pf{bench, 0};
    Driver vf{bench, 1};

    explicit RigOf(const Config& config = {}) : bench(2, config) {
        pf.enable();
        vf.enable();
    }
    std::uint16_t set(Seqind seqind, std::uint64_t offset, const Bytes& bytes,
                      std::uint8_t csvi = 1, std::uint8_t csuuidi = 1, std::uint16_t cntlid = 2) {
        return pf.set(MigrationSend::set_controller_state(cntlid, seqind, csvi, csuuidi, offset,
                                                          bytes.size() / 4),
                      bytes.data());
    }
};
using Rig = RigOf<SimBounds>;

Config small(std::uint32_t vendor_bytes = 0) {
    Config config;
    config.queue_pairs = 1;
    config.vendor_bytes = vendor_bytes;
    return config;
}

Bytes cut(const Bytes& bytes, std::size_t from, std::size_t length) {
    const auto first = bytes.begin() + static_cast<std::ptrdiff_t>(from);
    return {first, first + static_cast<std::ptrdiff_t>(length)};
}

}  // namespace

TEST_CASE("Get Controller State while the controller runs and while it is suspended") {
    Rig rig;
    rig.vf.create(1, 8);
    const auto running = rig.pf.get(rig.pf.receive(1, 0, 256));
    CHECK(running.status == 0);
    CHECK_FALSE(running.csup);
    CHECK((running.bytes[2] & 1) == 0);
    REQUIRE(rig.pf.suspend(1) == 0);
    const auto suspended = rig.pf.get(rig.pf.receive(1, 0, 256));
    CHECK(suspended.status == 0);
    CHECK(suspended.csup);
    CHECK((suspended.bytes[2] & 1) == 1);
    CHECK(cut(running.bytes, 3, 253) == cut(suspended.bytes, 3, 253));
    REQUIRE(rig.pf.resume(1) == 0);
    CHECK_FALSE(rig.pf.get(rig.pf.receive(1, 0, 48)).csup);
}

TEST_CASE("the statuses of Get Controller State") {
    Rig rig;
    REQUIRE(rig.pf.suspend(1) == 0);
    const std::uint64_t size = rig.pf.save(1).size();
    const auto status = [&](auto change) {
        MigrationReceive command = rig.pf.receive(1, 0, 64);
        change(command);
        return rig.pf.get(command).status;
    };
    CHECK(status([](MigrationReceive&) {}) == 0);
    CHECK(status([](MigrationReceive& r) { r.cntlid = 0; }) == 0x11F);
    CHECK(status([](MigrationReceive& r) { r.cntlid = 3; }) == 0x11F);
    for (const std::uint64_t offset : {1, 2, 3, 5}) {
        CHECK(status([&](MigrationReceive& r) { r.offset = offset; }) == 0x002);
    }
    CHECK(status([&](MigrationReceive& r) { r.offset = size; }) == 0);
    CHECK(status([&](MigrationReceive& r) { r.offset = size + 4; }) == 0x002);
    CHECK(status([&](MigrationReceive& r) { r.offset = 1ULL << 32; }) == 0x002);
    CHECK(status([](MigrationReceive& r) { r.csvi = 2; }) == 0x002);
    CHECK(status([](MigrationReceive& r) { r.csvi = 0xff; }) == 0x002);
    CHECK(status([](MigrationReceive& r) { r.csuuidi = 2; }) == 0x002);
    CHECK(status([](MigrationReceive& r) { r.csuidxp = 0xff; }) == 0);
    CHECK(status([](MigrationReceive& r) {
              r.get_controller_state = false;
              r.sel = 1;
          }) == 0x002);
    MigrationReceive large = rig.pf.receive(1, 0, 64);
    large.dwords = (256 << 10) / 4;
    CHECK(rig.pf.get(large).status == 0);
    large.dwords += 1;
    CHECK(rig.pf.get(large).status == 0x002);  // MDTS
    large.dwords = 1ULL << 32;
    CHECK(rig.pf.admin(wire::encode(large, rig.bench.rules)).status == 0x002);
}

TEST_CASE("index 0 leaves its part out") {
    Rig rig;
    rig.vf.create(1, 8);
    REQUIRE(rig.pf.suspend(1) == 0);
    const auto header = [&](std::uint8_t csvi, std::uint8_t csuuidi) {
        MigrationReceive command = rig.pf.receive(1, 0, 48);
        command.csvi = csvi;
        command.csuuidi = csuuidi;
        const auto got = rig.pf.get(command);
        REQUIRE(got.status == 0);
        return *wire::decode_state_header(got.bytes.data(), 48, rig.bench.rules);
    };
    CHECK(header(1, 1).nvmecss == 14);
    CHECK(header(1, 1).vss == wire::vendor_area_header / 4);
    CHECK(header(1, 0).nvmecss == 14);
    CHECK(header(1, 0).vss == 0);
    CHECK(header(0, 1).nvmecss == 0);
    CHECK(header(0, 1).vss == wire::vendor_area_header / 4);
    CHECK(header(0, 0).nvmecss == 0);
    CHECK(header(0, 0).vss == 0);
}

TEST_CASE("a state is the same in pieces of any size, out and in") {
    Rig rig;
    for (std::uint16_t i = 0; i < 5; ++i)
        rig.vf.submit(0, wire::encode(wire::Aer{}, rig.bench.rules));
    rig.vf.create(8, 8);
    REQUIRE(rig.pf.suspend(1) == 0);
    const Bytes whole = rig.pf.save(1, 1 << 16);
    CHECK(whole.size() == 48 + 8 + 16 * 24 + wire::vendor_area_header + 12);
    for (const std::uint64_t piece : {4, 8, 20, 44, 48, 52, 64, 100, 256, 4096}) {
        CHECK(rig.pf.save(1, piece) == whole);
        rig.bench.reset(2);
        REQUIRE(rig.pf.suspend(2) == 0);
        CHECK(rig.pf.load(2, whole, piece) == 0);
        CHECK(rig.pf.save(2) == whole);
    }
}

TEST_CASE("the statuses of Set Controller State") {
    Rig rig;
    rig.vf.create(1, 8);
    REQUIRE(rig.pf.suspend(1) == 0);
    const Bytes state = rig.pf.save(1);
    CHECK(rig.set(Seqind::Only, 0, state) == 0x11F);  // neither suspended nor offline
    CHECK(rig.set(Seqind::Only, 0, state, 1, 1, 0) == 0x11F);
    CHECK(rig.set(Seqind::Only, 0, state, 1, 1, 9) == 0x11F);
    REQUIRE(rig.pf.suspend(2) == 0);
    CHECK(rig.set(Seqind::Only, 2, state) == 0x002);
    CHECK(rig.set(Seqind::Only, 4, state) == 0x002);  // nothing of it is there yet
    CHECK(rig.set(Seqind::Only, 1ULL << 40, state) == 0x002);
    CHECK(rig.set(Seqind::Only, ~3ULL, state) == 0x002);
    CHECK(rig.set(Seqind::Only, 0, state, 2, 1) == 0x002);
    CHECK(rig.set(Seqind::Only, 0, state, 1, 2) == 0x002);
    CHECK(rig.set(Seqind::Only, 0, state, 0, 1) == 0x002);  // NVMECSS is not 0
    CHECK(rig.set(Seqind::Only, 0, state, 1, 0) == 0x002);  // nor is VSS
    CHECK(rig.set(Seqind::Only, 0, state, 0, 0) == 0x002);
    CHECK(rig.set(Seqind::Middle, 0, state) == 0x00C);
    CHECK(rig.set(Seqind::Last, 0, state) == 0x00C);
    for (const Seqind seqind : {Seqind::First, Seqind::Only}) {
        CHECK(rig.set(seqind, 0, {}) == 0x002);
    }
    for (std::size_t left = 4; left < state.size(); left += 4) {
        CHECK(rig.set(Seqind::Only, 0, cut(state, 0, left)) == 0x002);
    }
    CHECK(rig.bench.at(2).cq[1].size == 0);
    CHECK(rig.set(Seqind::Only, 0, Bytes(200 << 10)) == 0x002);  // no state is as large
    CHECK(rig.set(Seqind::Only, 0, state) == 0);
    CHECK(rig.set(Seqind::Only, 0, state) == 0x002);  // now there are queues
    CHECK(rig.pf.save(2) == state);
}

TEST_CASE("sequences of Set Controller State") {
    Rig rig;
    rig.vf.create(1, 8);
    REQUIRE(rig.pf.suspend(1) == 0);
    REQUIRE(rig.pf.suspend(2) == 0);
    const Bytes state = rig.pf.save(1);
    const Bytes head = cut(state, 0, 64);
    const Bytes rest = cut(state, 64, state.size() - 64);
    SECTION("the last one may be empty") {
        CHECK(rig.set(Seqind::First, 0, head) == 0);
        CHECK(rig.set(Seqind::Middle, 64, rest) == 0);
        CHECK(rig.set(Seqind::Last, 0, {}) == 0);
    }
    SECTION("a new first one throws away what there was") {
        CHECK(rig.set(Seqind::First, 0, state) == 0);
        CHECK(rig.set(Seqind::First, 0, head) == 0);
        CHECK(rig.set(Seqind::Last, 64, {}) == 0x002);
        CHECK(rig.set(Seqind::Only, 0, state) == 0);
    }
    SECTION("a piece may be sent twice, but none left out") {
        CHECK(rig.set(Seqind::First, 0, head) == 0);
        CHECK(rig.set(Seqind::Middle, 0, head) == 0);
        CHECK(rig.set(Seqind::Last, 64, rest) == 0);
    }
    SECTION("a gap is refused, and ends the sequence") {
        CHECK(rig.set(Seqind::First, 0, head) == 0);
        CHECK(rig.set(Seqind::Middle, 68, rest) == 0x002);
        CHECK(rig.set(Seqind::Middle, 64, rest) == 0x00C);
        CHECK(rig.set(Seqind::Only, 0, state) == 0);
    }
    SECTION("an empty one in the middle is refused") {
        CHECK(rig.set(Seqind::First, 0, head) == 0);
        CHECK(rig.set(Seqind::Middle, 64, {}) == 0x002);
        CHECK(rig.set(Seqind::Only, 0, state) == 0);
    }
    SECTION("sequences of two controllers do not meet") {
        REQUIRE(rig.pf.resume(1) == 0);
        rig.bench.reset(1);
        REQUIRE(rig.pf.suspend(1) == 0);
        CHECK(rig.set(Seqind::First, 0, head, 1, 1, 1) == 0);
        CHECK(rig.set(Seqind::Middle, 64, rest) == 0x00C);
        CHECK(rig.set(Seqind::First, 0, head) == 0);
        CHECK(rig.set(Seqind::Last, 64, rest, 1, 1, 1) == 0);
        CHECK(rig.set(Seqind::Last, 64, rest) == 0);
        CHECK(rig.pf.save(1) == state);
    }
    CHECK(rig.pf.save(2) == state);
    CHECK(rig.pf.resume(2) == 0);
}

TEST_CASE("a state that this controller could not have got into is refused and changes nothing") {
    Rig rig;
    rig.vf.create(2, 8);
    REQUIRE(rig.pf.suspend(1) == 0);
    const Bytes state = rig.pf.save(1);
    REQUIRE(rig.pf.suspend(2) == 0);
    const Bytes before = rig.pf.save(2);
    const std::size_t sq = 48 + 8;
    const std::size_t cq = sq + 2 * 24;
    const std::size_t area = cq + 2 * 24;
    struct Change {
        std::size_t at;
        std::uint8_t value;
    };
    const Change changes[] = {
        {0, 1},             // VER
        {48, 1},            // VER of the NVMe state
        {50, 3},            // NIOSQ
        {16, 0},            // NVMECSS
        {sq, 1},            // PRP1 with an offset
        {sq + 9, 4},        // QSIZE of 1024 + 7
        {sq + 10, 0},       // QID 0
        {sq + 10, 2},       // QID twice
        {sq + 24 + 10, 9},  // QID above the limit
        {sq + 12, 3},       // a CQ that is not there
        {sq + 14, 0},       // PC
        {sq + 16, 8},       // head outside
        {sq + 18, 8},       // tail outside
        {cq + 8, 0},        // QSIZE 0
        {cq + 12, 8},       // head outside
        {cq + 14, 8},       // tail outside
        {cq + 16, 2},       // PC
        {cq + 18, 9},       // vector
        {area, 0},          // magic
        {area + 12, 1},     // an AER more than there are
        {area + 13, 1},     // 256 more
        {area + 28, 9},     // more queues granted than there are
        {area + 49, 1},     // head of the admin SQ
        {area + 51, 1},
        {area + 53, 1},
        {area + 55, 1},
    };
    for (const Change& change : changes) {
        Bytes bad = state;
        bad[change.at] = change.value;
        CAPTURE(change.at);
        CHECK(rig.set(Seqind::Only, 0, bad) == 0x002);
        CHECK(rig.pf.save(2) == before);
    }
    CHECK(rig.set(Seqind::Only, 0, state) == 0);
}

TEST_CASE("IV of a queue without interrupts is taken as it came") {
    Rig rig;
    wire::CreateCq create;
    create.qid = 3;
    create.qsize = 7;
    create.ien = false;
    create.iv = 0xffff;
    create.prp1 = 0x1000;
    REQUIRE(rig.vf.admin(wire::encode(create, rig.bench.rules)).status == 0);
    REQUIRE(rig.pf.suspend(1) == 0);
    REQUIRE(rig.pf.suspend(2) == 0);
    const Bytes state = rig.pf.save(1);
    CHECK(rig.pf.load(2, state) == 0);
    CHECK(rig.pf.save(2) == state);
}

TEST_CASE("S0PT is the tag in slot 0, at every tail of several passes") {
    Rig rig;
    rig.vf.create(1, 3);
    for (unsigned done = 0; done < 13; ++done) {
        REQUIRE(rig.pf.suspend(1) == 0);
        const Bytes state = rig.pf.save(1);
        const auto view =
            wire::ControllerStateView::parse(state.data(), state.size(), rig.bench.rules);
        REQUIRE(view.ok());
        CHECK(view->cq(0).tp == done % 3);
        CHECK(view->cq(0).hp == done % 3);
        CHECK(view->sq(0).hp == done % 3);
        const Bytes slot = rig.vf.memory().bytes(Driver::cq_base(1), 16);
        CHECK(view->cq(0).s0pt == wire::phase_of(slot.data()));
        rig.bench.reset(2);
        REQUIRE(rig.pf.suspend(2) == 0);
        REQUIRE(rig.pf.load(2, state) == 0);
        CHECK(rig.bench.at(2).cq[1].phase == rig.bench.at(1).cq[1].phase);
        REQUIRE(rig.pf.resume(1) == 0);
        rig.vf.submit(1, rig.vf.read_one());
        REQUIRE(rig.bench.run());
        REQUIRE(rig.vf.reap(1).size() == 1);
    }
}

TEMPLATE_TEST_CASE("no queue, one queue: state out is state in", "", SimBounds, ProofBounds) {
    for (const std::uint32_t vendor_bytes : {0U, 4U, 64U}) {
        for (const std::uint16_t queues : {0, 1}) {
            RigOf<TestType> rig(small(vendor_bytes));
            rig.vf.create(queues, 4);
            for (std::uint32_t i = 0; i < vendor_bytes; ++i) {
                rig.bench.vendor_state(1)[i] = static_cast<std::uint8_t>(i * 7 + 1);
            }
            rig.vf.submit(0, wire::encode(wire::Aer{}, rig.bench.rules));
            REQUIRE(rig.bench.run());
            REQUIRE(rig.pf.suspend(1) == 0);
            REQUIRE(rig.pf.suspend(2) == 0);
            const Bytes state = rig.pf.save(1, 4);
            CHECK(rig.pf.load(2, state) == 0);
            CHECK(rig.pf.save(2) == state);
            CHECK(rig.bench.vendor_state(2) == rig.bench.vendor_state(1));
        }
    }
}

TEST_CASE("the largest state: 64 pairs of queues and all AERs") {
    Config config;
    config.queue_pairs = 64;
    config.vendor_bytes = 4096;
    Rig rig(config);
    rig.vf.create(64, 16);
    for (int i = 0; i < 15; ++i) rig.vf.submit(0, wire::encode(wire::Aer{}, rig.bench.rules));
    REQUIRE(rig.pf.suspend(1) == 0);
    REQUIRE(rig.pf.suspend(2) == 0);
    const Bytes state = rig.pf.save(1);
    CHECK(state.size() == 48 + 4 * (2 + 6 * 128) + wire::vendor_area_header + 32 + 4096);
    CHECK(rig.pf.load(2, state, 1000) == 0);
    CHECK(rig.pf.save(2) == state);
}

TEST_CASE("random states") {
    const std::string failure = tests::failure_of(
        [] {
            Rig rig;
            const auto pairs = *rc::gen::inRange(0, 9);
            for (std::uint16_t qid = 1; qid <= pairs; ++qid) {
                rig.vf.create(0, 2);
                const auto size = static_cast<std::uint32_t>(*rc::gen::inRange(2, 9));
                REQUIRE(rig.vf.create_cq(qid, size) == 0);
                REQUIRE(rig.vf.create_sq(qid, size) == 0);
            }
            rig.bench.seed = *rc::gen::arbitrary<std::uint64_t>();
            for (int left = pairs == 0 ? 0 : *rc::gen::inRange(0, 40); left != 0; --left) {
                const auto qid = static_cast<std::uint16_t>(*rc::gen::inRange(1, pairs + 1));
                rig.vf.submit(qid, rig.vf.read_one());
                REQUIRE(rig.bench.run());
                if (*rc::gen::inRange(0, 3) != 0 || rig.bench.at(1).cq[qid].waiting != 0) {
                    while (!rig.vf.reap(qid).empty()) {
                    }
                }
            }
            for (int left = *rc::gen::inRange(0, 10); left != 0; --left) {
                rig.vf.submit(0, wire::encode(wire::Aer{}, rig.bench.rules));
            }
            REQUIRE(rig.bench.run());
            RC_ASSERT(rig.pf.suspend(1) == 0);
            for (std::uint16_t qid = 1; qid <= pairs; ++qid) {
                if (*rc::gen::inRange(0, 2) == 0) rig.vf.submit(qid, rig.vf.read_one());
            }
            const Bytes state = rig.pf.save(1, 512);
            RC_ASSERT(rig.pf.suspend(2) == 0);
            const auto piece = 4 * static_cast<std::uint64_t>(*rc::gen::inRange(1, 200));
            RC_ASSERT(rig.pf.load(2, state, piece) == 0);
            RC_ASSERT(rig.pf.save(2) == state);
            // What no state holds is derived, and comes out alike.
            for (std::uint16_t qid = 1; qid <= pairs; ++qid) {
                RC_ASSERT(rig.bench.at(1).cq[qid].users == rig.bench.at(2).cq[qid].users);
                RC_ASSERT(rig.bench.at(1).cq[qid].phase == rig.bench.at(2).cq[qid].phase);
            }
            RC_ASSERT(rig.bench.at(1).ready[0] == rig.bench.at(2).ready[0]);
            RC_ASSERT(rig.bench.at(2).busy == 0U);
        },
        60);
    INFO(failure);
    CHECK(failure.empty());
}

TEST_CASE("a state is loaded over the AERs and the life that a controller had") {
    Rig rig;
    for (int i = 0; i < 9; ++i) rig.vf.submit(0, wire::encode(wire::Aer{}, rig.bench.rules));
    Driver other(rig.bench, 2);
    other.enable();
    for (int i = 0; i < 14; ++i) other.submit(0, wire::encode(wire::Aer{}, rig.bench.rules));
    REQUIRE(rig.bench.run());
    REQUIRE(rig.pf.suspend(1) == 0);
    REQUIRE(rig.pf.suspend(2) == 0);
    const Bytes state = rig.pf.save(1);
    SECTION("enabled over enabled") {
        CHECK(rig.pf.load(2, state) == 0);
        CHECK(rig.bench.at(2).aers == 9);
        CHECK(rig.pf.save(2) == state);
    }
    SECTION("disabled over enabled") {
        rig.bench.write(1, property::CC, 0);
        REQUIRE(rig.bench.run());
        REQUIRE(rig.pf.suspend(1) == 0);
        const Bytes off = rig.pf.save(1);
        CHECK(rig.pf.load(2, off) == 0);
        CHECK(is(rig.bench.at(2).life, Life::Disabled));
        CHECK(rig.bench.at(2).aers == 0);
        CHECK(rig.pf.save(2) == off);
        CHECK(rig.pf.resume(2) == 0);
        other.enable();
        CHECK(other.ready());
    }
    SECTION("shut down") {
        REQUIRE(rig.pf.resume(1) == 0);
        rig.bench.write(1, property::CC, 0x0046'4001);
        REQUIRE(rig.bench.run());
        REQUIRE(rig.pf.suspend(1) == 0);
        CHECK(rig.pf.load(2, rig.pf.save(1)) == 0);
        CHECK((rig.bench.read(2, property::CSTS) >> 2 & 3) == 2);
        CHECK(is(rig.bench.at(2).life, Life::ShutDown));
    }
}
