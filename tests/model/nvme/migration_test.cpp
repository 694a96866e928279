#include <rapidcheck.h>

#include <map>

#include "tests/model/nvme/driver.hpp"
#include "tests/property.hpp"

// Whole migrations without time: a guest's VF from one subsystem to another.

using namespace lmsim;
using namespace lmsim::nvme;
using namespace lmsim::nvme::bench;

namespace {

using Bytes = std::vector<std::uint8_t>;
using wire::MigrationSend;
using wire::SuspendType;

constexpr std::uint16_t on_source = 1;
constexpr std::uint16_t on_target = 2;

/// Two subsystems; the guest's VF goes from the one to the other, and its CNTLID changes.
template <class Bounds>
struct RigOf {
    Bench<Bounds> source;
    Bench<Bounds> target;
    Driver source_pf{source, 0};
    Driver target_pf{target, 0};
    Driver vf{source, on_source};
    /// How often each command of the guest has completed, by queue and CID.
    std::map<std::pair<std::uint16_t, std::uint16_t>, int> completed;
    std::map<std::pair<std::uint16_t, std::uint16_t>, int> submitted;

    explicit RigOf(const Config& config = {}, std::uint16_t pairs = 2, std::uint32_t size = 8)
        : source(2, config), target(2, config) {
        source_pf.enable();
        target_pf.enable();
        vf.enable();
        vf.create(pairs, size);
    }
    void submit(std::uint16_t qid, const wire::Sqe& sqe) {
        ++submitted[{qid, vf.submit(qid, sqe)}];
    }
    void read(std::uint16_t qid) { submit(qid, vf.read_one()); }
    void aer() { submit(0, wire::encode(wire::Aer{}, source.rules)); }
    std::size_t reap(std::uint16_t qid) {
        std::size_t found = 0;
        for (;;) {
            const auto done = vf.reap(qid);
            if (done.empty()) {
                return found;
            }
            for (const wire::Cqe& cqe : done) ++completed[{qid, cqe.cid}];
            found += done.size();
        }
    }
    void hold_vf() {
        source.held = [](const Effect& effect) { return effect.function == on_source; };
    }
    /// The source's Suspend, while the guest's commands are under way, to its end.
    void suspend() {
        source_pf.submit(
            0, wire::encode(MigrationSend::suspend(on_source, SuspendType::Suspend), source.rules));
        REQUIRE(source.run());
        source.held = nullptr;
        REQUIRE(source.run());
        const auto done = source_pf.reap(0);
        REQUIRE(done.size() == 1);
        REQUIRE(done[0].status == 0);
    }
    Bytes move(std::uint64_t piece = 4096) {
        Bytes state = source_pf.save(on_source, piece);
        REQUIRE(target_pf.suspend(on_target) == 0);
        REQUIRE(target_pf.load(on_target, state, piece) == 0);
        vf.move_to(target, on_target);
        return state;
    }
    void go_on() {
        REQUIRE(target_pf.resume(on_target) == 0);
        REQUIRE(target.run());
    }
};
using Rig = RigOf<SimBounds>;

}  // namespace

TEST_CASE("what was fetched completes at the source, what was not at the destination, each once") {
    Rig rig;
    rig.aer();
    rig.aer();
    REQUIRE(rig.source.run());
    rig.source.seed = GENERATE(0, 7, 8);
    rig.hold_vf();
    for (int i = 0; i < 3; ++i) rig.read(1);
    rig.read(2);
    rig.source_pf.submit(
        0, wire::encode(MigrationSend::suspend(on_source, SuspendType::Suspend), rig.source.rules));
    REQUIRE(rig.source.run());
    for (int i = 0; i < 2; ++i) rig.read(1);  // these stay in the queue
    rig.submit(0, wire::encode(wire::GetFeatures{0x07, 0, 0}, rig.source.rules));
    rig.source.held = nullptr;
    REQUIRE(rig.source.run());
    REQUIRE(rig.source_pf.reap(0).size() == 1);
    const std::size_t posted = rig.source.count(EffectKind::PostCqe, on_source);

    rig.move();
    CHECK(rig.target.pending() == 0);
    CHECK(rig.reap(1) == 3);
    CHECK(rig.reap(2) == 1);
    CHECK(rig.reap(0) == 0);
    rig.go_on();
    CHECK(rig.reap(1) == 2);
    CHECK(rig.reap(2) == 0);
    CHECK(rig.reap(0) == 1);
    for (const auto& [command, times] : rig.completed) {
        CHECK(times == 1);
        CHECK(rig.submitted.count(command) == 1);
    }
    CHECK(rig.source.count(EffectKind::PostCqe, on_source) == posted);

    // The AERs are there, under their CIDs, and the guest can go on with everything.
    REQUIRE(rig.target.at(on_target).aers == 2);
    CHECK(rig.vf.admin(wire::encode(wire::Abort{0, 99}, rig.target.rules)).dw0 == 1);
    const std::uint16_t held = rig.target.at(on_target).slot[rig.target.at(on_target).aer[0]].cid;
    rig.vf.submit(0, wire::encode(wire::Abort{0, held}, rig.target.rules));
    REQUIRE(rig.target.run());
    const auto done = rig.vf.reap(0);
    REQUIRE(done.size() == 2);
    CHECK(done[0].cid == held);
    CHECK(done[0].status == 0x007);
    rig.vf.pairs.resize(3);
    CHECK(rig.vf.create_cq(3, 8) == 0);
    CHECK(rig.vf.ready());
    CHECK(rig.target.read(on_target, property::AQA) == rig.source.read(on_source, property::AQA));
    CHECK(rig.target.read(on_target, property::CC) == rig.source.read(on_source, property::CC));
}

TEST_CASE("a doorbell rung on the source after the state was read is lost, one before it is not") {
    Rig rig;
    rig.suspend();
    rig.read(1);
    rig.move();
    rig.go_on();
    CHECK(rig.reap(1) == 1);
    rig.target.log.clear();
    Rig late;
    late.suspend();
    const Bytes state = late.source_pf.save(on_source);
    late.read(1);
    REQUIRE(late.target_pf.suspend(on_target) == 0);
    REQUIRE(late.target_pf.load(on_target, state) == 0);
    late.vf.move_to(late.target, on_target);
    late.go_on();
    CHECK(late.reap(1) == 0);
}

TEST_CASE("a full completion queue moves, and room on the far side lets the commands go on") {
    Rig rig({}, 1, 4);
    for (int i = 0; i < 3; ++i) rig.read(1);
    rig.suspend();
    for (int i = 0; i < 3; ++i) rig.read(1);
    rig.move();
    rig.go_on();
    CHECK(rig.target.at(on_target).busy == 3);
    CHECK(rig.reap(1) == 6);
    for (const auto& entry : rig.completed) CHECK(entry.second == 1);
}

TEST_CASE("roll-back: the source goes on where it stood") {
    Rig rig;
    rig.aer();
    rig.hold_vf();
    for (int i = 0; i < 3; ++i) rig.read(1);
    rig.suspend();
    rig.read(1);
    rig.source_pf.save(on_source);
    CHECK(rig.reap(1) == 3);
    CHECK(rig.source_pf.resume(on_source) == 0);
    CHECK(rig.reap(1) == 1);
    CHECK(rig.source.at(on_source).aers == 1);
    for (int i = 0; i < 20; ++i) {
        rig.read(2);
        REQUIRE(rig.source.run());
        CHECK(rig.reap(2) == 1);
    }
}

TEST_CASE("there and back again, many times, over wrapping queues") {
    Rig rig({}, 2, 3);
    for (int round = 0; round < 10; ++round) {
        rig.read(1);
        rig.read(2);
        rig.suspend();
        rig.read(1);
        rig.move(64);
        rig.go_on();
        CHECK(rig.reap(1) == 2);
        CHECK(rig.reap(2) == 1);
        rig.read(2);
        REQUIRE(rig.target.run());
        CHECK(rig.reap(2) == 1);
        // Back: the old controller is reset first, as its queues are still there.
        REQUIRE(rig.target_pf.suspend(on_target) == 0);
        const Bytes state = rig.target_pf.save(on_target);
        REQUIRE(rig.source_pf.load(on_source, state) == 0x002);
        rig.source.reset(on_source);
        REQUIRE(rig.source_pf.suspend(on_source) == 0);
        REQUIRE(rig.source_pf.load(on_source, state) == 0);
        rig.vf.move_to(rig.source, on_source);
        REQUIRE(rig.source_pf.resume(on_source) == 0);
        rig.target.reset(on_target);
    }
    for (const auto& entry : rig.completed) CHECK(entry.second == 1);
    CHECK(rig.completed.size() == 40);
}

TEST_CASE("what is lost with each part that is not carried") {
    Config config;
    SECTION("registers: nobody knows that it was enabled") {
        config.carry_registers = false;
        Rig rig(config);
        rig.aer();
        rig.suspend();
        rig.move();
        rig.go_on();
        CHECK_FALSE(rig.vf.ready());
        CHECK(rig.target.at(on_target).aers == 0);
        CHECK(rig.target.at(on_target).sq[1].size == 8);  // version 0 holds these
        rig.read(1);
        REQUIRE(rig.target.run());
        CHECK(rig.reap(1) == 0);
    }
    SECTION("the admin queue: I/O goes on, admin commands are not seen") {
        config.carry_admin_queue = false;
        Rig rig(config);
        rig.suspend();
        rig.move();
        rig.go_on();
        CHECK(rig.vf.ready());
        rig.read(1);
        rig.submit(0, wire::encode(wire::GetFeatures{0x07, 0, 0}, rig.target.rules));
        REQUIRE(rig.target.run());
        CHECK(rig.reap(1) == 1);
        CHECK(rig.reap(0) == 0);
        CHECK(rig.target.read(on_target, property::ASQ) == 0);
    }
    SECTION("features are as after a reset") {
        config.carry_features = false;
        Rig rig(config);
        rig.vf.admin(wire::encode(wire::SetFeatures{0x0B, false, 0x55}, rig.source.rules));
        rig.suspend();
        rig.move();
        rig.go_on();
        CHECK(rig.vf.admin(wire::encode(wire::GetFeatures{0x0B, 0, 0}, rig.target.rules)).dw0 == 0);
    }
    SECTION("AERs: the guest waits for ever") {
        config.carry_aer = false;
        Rig rig(config);
        rig.aer();
        rig.suspend();
        rig.move();
        rig.go_on();
        CHECK(rig.target.at(on_target).aers == 0);
        CHECK(rig.vf.admin(wire::encode(wire::Abort{0, 4}, rig.target.rules)).dw0 == 1);
    }
    SECTION("nothing is") {
        Rig rig(config);
        rig.vf.admin(wire::encode(wire::SetFeatures{0x0B, false, 0x55}, rig.source.rules));
        rig.suspend();
        rig.move();
        rig.go_on();
        CHECK(rig.vf.admin(wire::encode(wire::GetFeatures{0x0B, 0, 0}, rig.target.rules)).dw0 ==
              0x55);
    }
}

TEST_CASE("a device that takes no vendor area leaves the guest without its admin queue") {
    Rig rig;
    rig.suspend();
    wire::MigrationReceive receive = rig.source_pf.receive(on_source, 0, 48 + 8 + 4 * 24);
    receive.csuuidi = 0;
    const auto got = rig.source_pf.get(receive);
    REQUIRE(rig.target_pf.suspend(on_target) == 0);
    CHECK(rig.target_pf.set(MigrationSend::set_controller_state(on_target, wire::Seqind::Only, 1, 0,
                                                                0, got.bytes.size() / 4),
                            got.bytes.data()) == 0);
    CHECK(rig.target_pf.resume(on_target) == 0);
    CHECK(rig.target.at(on_target).sq[2].size == 8);
    CHECK(is(rig.target.at(on_target).life, Life::Disabled));
}

TEST_CASE("proof bounds: one queue, one AER, a command on either side") {
    Config config;
    config.queue_pairs = 1;
    for (const std::uint64_t seed : {0, 1, 2, 3, 4}) {
        RigOf<ProofBounds> rig(config, 1, 4);
        rig.source.seed = seed;
        rig.aer();
        REQUIRE(rig.source.run());
        rig.hold_vf();
        rig.read(1);
        rig.source_pf.submit(0,
                             wire::encode(MigrationSend::suspend(on_source, SuspendType::Suspend),
                                          rig.source.rules));
        REQUIRE(rig.source.run());
        rig.read(1);
        rig.source.held = nullptr;
        REQUIRE(rig.source.run());
        REQUIRE(rig.source_pf.reap(0).size() == 1);
        rig.move(4);
        CHECK(rig.reap(1) == 1);
        rig.go_on();
        CHECK(rig.reap(1) == 1);
        CHECK(rig.target.at(on_target).aers == 1);
    }
}

TEST_CASE("random guests that move at random: every command completes once") {
    const std::string failure = tests::failure_of(
        [] {
            Rig rig({}, 3, 5);
            rig.source.seed = *rc::gen::arbitrary<std::uint64_t>();
            rig.target.seed = *rc::gen::arbitrary<std::uint64_t>();
            int aers = 0;
            const auto room = [&](std::uint16_t qid) {
                int open = 0;
                for (const auto& entry : rig.submitted) open += entry.first.first == qid ? 1 : 0;
                for (const auto& entry : rig.completed) open -= entry.first.first == qid ? 1 : 0;
                return open < 4;
            };
            const auto act = [&](Device& device) {
                const auto qid = static_cast<std::uint16_t>(*rc::gen::inRange(1, 4));
                switch (*rc::gen::inRange(0, 5)) {
                    case 0:
                    case 1:
                        if (room(qid)) rig.read(qid);
                        break;
                    case 2: rig.reap(qid); break;
                    case 3: RC_ASSERT(device.run()); break;
                    default:
                        if (aers < 4) {
                            rig.aer();
                            ++aers;
                        }
                }
            };
            for (int i = *rc::gen::inRange(0, 30); i != 0; --i) act(rig.source);
            rig.hold_vf();
            rig.source_pf.submit(
                0, wire::encode(MigrationSend::suspend(on_source, SuspendType::Suspend),
                                rig.source.rules));
            RC_ASSERT(rig.source.run());
            for (int i = *rc::gen::inRange(0, 8); i != 0; --i) act(rig.source);
            rig.source.held = nullptr;
            RC_ASSERT(rig.source.run());
            for (std::uint16_t qid = 0; qid <= 3; ++qid) rig.reap(qid);
            RC_ASSERT(rig.source.run());
            RC_ASSERT(rig.source_pf.reap(0).size() == 1U);
            rig.move(4 * static_cast<std::uint64_t>(*rc::gen::inRange(1, 100)));
            for (int i = *rc::gen::inRange(0, 8); i != 0; --i) act(rig.target);
            rig.go_on();
            for (int i = *rc::gen::inRange(0, 30); i != 0; --i) act(rig.target);
            for (int i = 0; i < 5; ++i) {
                RC_ASSERT(rig.target.run());
                for (std::uint16_t qid = 0; qid <= 3; ++qid) rig.reap(qid);
            }
            for (const auto& [command, times] : rig.submitted) {
                RC_ASSERT(times == 1);
                const auto found = rig.completed.find(command);
                RC_ASSERT((found != rig.completed.end()) == (command.first != 0));
                RC_ASSERT(command.first == 0 || found->second == 1);
            }
            RC_ASSERT(rig.target.at(on_target).aers == aers);
            RC_ASSERT(rig.target.at(on_target).busy == 0U);
        },
        80);
    INFO(failure);
    CHECK(failure.empty());
}
