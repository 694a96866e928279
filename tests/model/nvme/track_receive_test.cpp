#include "tests/model/nvme/track_rig.hpp"

// Track Receive, Tracked Memory Changes (NVMe Base 2.3, 5.2.27.1.1), and what is tracked.

using namespace lmsim;
using namespace lmsim::nvme;
using namespace lmsim::nvme::bench;
using spec::Id;

namespace {

constexpr std::uint64_t base = Driver::data_address;
constexpr std::uint64_t page = 4096;
using Ranges = TrackRig::Ranges;

/// The header and so many descriptors.
constexpr std::uint64_t room_for(std::uint64_t descriptors) { return 4 + 4 * descriptors; }

/// Holds back the MMC's Track Receive between fetch and execution.
bool holds_receive(const Effect& effect) {
    return effect.kind == EffectKind::Execute && effect.token2 == spec::opcode::AdminTrackReceive;
}

wire::Sqe receive_command(TrackRig& rig, std::uint16_t cntlid = 1) {
    wire::TrackReceive command;
    command.cntlid = cntlid;
    command.dwords = 64;
    return rig.pf.with_data(wire::encode(command, rig.bench.rules), 256);
}

}  // namespace

TEST_CASE("what an MC reads from its media is reported once") {
    TrackRig rig;
    REQUIRE(rig.start({{base, 1024}}) == 0);
    auto report = rig.receive();
    CHECK(report.status == 0);
    CHECK(report.header == wire::TrackedHeader{false, false, 1, 0});
    CHECK(report.ranges.empty());
    rig.read_to(3 * page);
    rig.read_to(10 * page + 512, 64);  // 8 pages and a part
    rig.read_to(200 * page, 1);
    report = rig.receive();
    CHECK(report.header == wire::TrackedHeader{false, false, 1, 0});
    CHECK(report.ranges ==
          Ranges{{base + 3 * page, 1}, {base + 10 * page, 9}, {base + 200 * page, 1}});
    CHECK(rig.receive().ranges.empty());
    rig.read_to(3 * page);
    CHECK(rig.receive().ranges == Ranges{{base + 3 * page, 1}});
}

TEST_CASE("only writes, only of this MC, only in its ranges") {
    TrackRig rig;
    REQUIRE(rig.start({{base, 4}, {base + 8 * page, 4}}) == 0);
    REQUIRE(rig.start({{base, 4}}, 0, 2) == 0);
    rig.vf.submit(1, rig.vf.io(spec::opcode::NvmWrite, 0, 32));  // reads its memory
    REQUIRE(rig.bench.run());
    rig.vf.reap(1);
    CHECK(rig.receive().ranges.empty());
    rig.read_to(4 * page, 32);  // between the ranges
    CHECK(rig.receive().ranges.empty());
    rig.read_to(3 * page, 48);  // 6 pages: the last of one range and the first of the other
    CHECK(rig.receive(1024, 2).ranges.empty());
    CHECK(rig.receive().ranges == Ranges{{base + 3 * page, 1}, {base + 8 * page, 1}});
    rig.read_to(rig.other, 0, 8);
    CHECK(rig.receive().ranges.empty());
    CHECK(rig.receive(1024, 2).ranges == Ranges{{base, 1}});
}

TEST_CASE("overlapping and neighbouring ranges count once") {
    TrackRig rig;
    REQUIRE(rig.start({{base + 2 * page, 2}, {base, 3}, {base + 4 * page, 1}}) == 0);
    rig.read_to(0, 64);
    CHECK(rig.receive().ranges == Ranges{{base, 5}});
    CHECK(rig.receive().ranges.empty());
}

TEST_CASE("granules as coarse as asked for") {
    TrackRig rig;
    REQUIRE(rig.start({{base, 4}, {base + (1U << 26), 2}}, 9) == 0);  // 2 MiB
    rig.read_to(0);
    rig.read_to((3U << 21) - 512, 2);  // over the end of one granule
    rig.read_to((1U << 26) + (1U << 21) + 12 * page);
    const auto report = rig.receive();
    CHECK(report.header.granularity == 9);
    CHECK(report.ranges ==
          Ranges{{base, 1}, {base + (2U << 21), 2}, {base + (1U << 26) + (1U << 21), 1}});
}

TEST_CASE("LM-TRK-70: data of I/O commands") {
    TrackRig rig;
    REQUIRE(rig.start({{base, 4}}) == 0);
    rig.bench.rules.set_on(Id::TrackIncludesData, false);
    rig.read_to(0);
    CHECK(rig.receive().ranges.empty());
    rig.bench.rules.set_on(Id::TrackIncludesData, true);
    rig.read_to(0);
    CHECK(rig.receive().ranges.size() == 1);
}

TEST_CASE("LM-TRK-71: completions, of I/O and of admin commands") {
    TrackRig rig;
    REQUIRE(rig.start({{Driver::cq_base(0), 1}, {Driver::cq_base(1), 1}}) == 0);
    rig.read_to(0);
    CHECK(rig.receive().ranges == Ranges{{Driver::cq_base(1), 1}});
    const wire::Sqe features = wire::encode(wire::GetFeatures{7, 0, 0}, rig.bench.rules);
    REQUIRE(rig.vf.admin(features).status == 0);
    CHECK(rig.receive().ranges == Ranges{{Driver::cq_base(0), 1}});
    rig.bench.rules.set_on(Id::TrackIncludesCompletions, false);
    rig.read_to(0);
    REQUIRE(rig.vf.admin(features).status == 0);
    CHECK(rig.receive().ranges.empty());
}

TEST_CASE("LM-TRK-72: data of admin commands") {
    TrackRig rig;
    wire::Identify command;
    command.cns = 1;
    const auto identify = [&] {
        const wire::Sqe sqe = wire::encode(command, rig.bench.rules);
        REQUIRE(rig.vf.admin(rig.vf.with_data(sqe, 4096, 512)).status == 0);
    };
    REQUIRE(rig.start({{base, 4}}) == 0);
    identify();
    CHECK(rig.receive().ranges == Ranges{{base, 2}});
    rig.bench.rules.set_on(Id::TrackIncludesAdminData, false);
    identify();
    CHECK(rig.receive().ranges.empty());
}

TEST_CASE("a report is as long as its buffer") {
    TrackRig rig;
    REQUIRE(rig.start({{base, 1024}}) == 0);
    for (std::uint64_t i = 0; i < 10; ++i) {
        rig.read_to(2 * i * page);
    }
    const auto next = [&](std::uint64_t dwords) {
        const auto report = rig.receive(dwords);
        REQUIRE(report.status == 0);
        CHECK(report.header.more ==
              (report.ranges.empty() ||
               report.ranges[0].address + 2 * page * report.ranges.size() < base + 20 * page));
        return report.ranges;
    };
    CHECK(next(room_for(1)) == Ranges{{base, 1}});
    CHECK(next(room_for(3) + 3) ==
          Ranges{{base + 2 * page, 1}, {base + 4 * page, 1}, {base + 6 * page, 1}});
    CHECK(next(room_for(6)).size() == 6);
    CHECK(rig.receive(room_for(1)).header.more == false);
}

TEST_CASE("MTR says whether there is more") {
    TrackRig rig;
    REQUIRE(rig.start({{base, 1024}}) == 0);
    rig.read_to(0);
    rig.read_to(2 * page);
    CHECK(rig.receive(room_for(1)).header.more);
    CHECK_FALSE(rig.receive(room_for(1)).header.more);
    CHECK_FALSE(rig.receive(room_for(1)).header.more);
    REQUIRE(rig.stop() == 0);
    REQUIRE(rig.start({{base, 1024}}) == 0);
    rig.read_to(0, 512);
    CHECK_FALSE(rig.receive(room_for(1)).header.more);  // one run of 64 granules
}

TEST_CASE("LM-TRK-60 to -62: who may ask, for what, of whom") {
    TrackRig rig;
    REQUIRE(rig.start({{base, 1}}) == 0);
    wire::TrackReceive command;
    command.cntlid = 1;
    command.dwords = 64;
    const auto ask = [&](Driver& driver) {
        return driver.admin(driver.with_data(wire::encode(command, rig.bench.rules), 256)).status;
    };
    CHECK(ask(rig.other) == 0x001);
    CHECK(ask(rig.pf) == 0);
    for (const std::uint16_t cntlid : {0, 2, 3, 0xFFFF}) {
        command.cntlid = cntlid;
        CHECK(ask(rig.pf) == 0x11F);
    }
    command.memory_changes = false;
    for (const std::uint8_t sel : {1, 2, 0xFF}) {
        command.sel = sel;
        CHECK(ask(rig.pf) == 0x002);
    }
    SECTION("LM-TRK-60 off") {
        rig.bench.rules.set_on(Id::TrackReceiveToMc, false);
        command.memory_changes = true;
        command.cntlid = 1;
        CHECK(ask(rig.other) == 0);
    }
    SECTION("LM-TRK-61 off: any operation is this one") {
        rig.bench.rules.set_on(Id::TrackReceiveSelReserved, false);
        command.cntlid = 1;
        CHECK(ask(rig.pf) == 0);
    }
    SECTION("LM-TRK-62 off: an MC that is not tracked has nothing to report") {
        rig.bench.rules.set_on(Id::TrackReceiveBadCntlid, false);
        CHECK(rig.receive(64, 2).status == 0);
        CHECK(rig.receive(64, 2).ranges.empty());
        CHECK(rig.receive(64, 3).status == 0x006);
    }
    SECTION("a device without memory tracking") {
        Config config;
        config.track_memory = false;
        CHECK(TrackRig(config).receive().status == 0x002);
    }
    SECTION("stopped") {
        CHECK(rig.stop() == 0);
        CHECK(rig.receive().status == 0x11F);
    }
}

TEST_CASE("LM-TRK-63: no room for the header") {
    TrackRig rig;
    REQUIRE(rig.start({{base, 1}}) == 0);
    for (const std::uint64_t dwords : {1, 2, 3}) {
        CHECK(rig.receive(dwords).status == 0x002);
    }
    CHECK(rig.receive(4).status == 0);
    rig.bench.rules.set_on(Id::TrackReceiveNoHeader, false);
    CHECK(rig.receive(1).status == 0);
    CHECK(rig.pf.memory().bytes(base + 2, 2) == std::vector<std::uint8_t>{1, 0});  // CNTLID
}

TEST_CASE("LM-TRK-64, -81: changes, and no room for one") {
    TrackRig rig;
    REQUIRE(rig.start({{base, 8}}) == 0);
    rig.read_to(0);
    for (const std::uint64_t dwords : {4, 5, 7}) {
        CHECK(rig.receive(dwords).status == 0x002);
    }
    rig.bench.rules.set_on(Id::TrackReceiveNoRoom, false);
    auto report = rig.receive(4);
    CHECK(report.status == 0);
    CHECK_FALSE(report.header.more);  // NTMCD = 0
    rig.bench.rules.set_on(Id::TrackedNoneMeansNoMore, false);
    CHECK(rig.receive(4).header.more);
    CHECK(rig.receive(room_for(1)).ranges == Ranges{{base, 1}});  // nothing was lost
}

TEST_CASE("LM-TRK-80: what was reported is forgotten, if the command succeeds") {
    TrackRig rig;
    REQUIRE(rig.start({{base, 64}}) == 0);
    rig.read_to(0);
    rig.read_to(8 * page);
    wire::Sqe nowhere = receive_command(rig);
    nowhere.prp1 = Device::memory_end;
    CHECK(rig.pf.admin(nowhere).status == 0x004);
    CHECK(rig.receive(2).status == 0x002);
    rig.bench.rules.set_on(Id::TrackReceiveForgets, false);
    const Ranges both{{base, 1}, {base + 8 * page, 1}};
    CHECK(rig.receive().ranges == both);
    CHECK(rig.receive().ranges == both);
    CHECK(rig.receive(room_for(1)).header.more);
    rig.bench.rules.set_on(Id::TrackReceiveForgets, true);
    CHECK(rig.receive().ranges.size() == 2);
    CHECK(rig.receive().ranges.empty());
}

TEST_CASE("LM-TRK-82: SUSP only if suspended throughout; then MTR = 0 ends the reports") {
    TrackRig rig;
    REQUIRE(rig.start({{base, 64}}) == 0);
    rig.read_to(0);
    rig.read_to(8 * page);
    CHECK_FALSE(rig.receive(room_for(1)).header.suspended);
    SECTION("suspended") {
        rig.read_to(4 * page);
        REQUIRE(rig.pf.suspend(1) == 0);
        auto report = rig.receive(room_for(1));
        CHECK(report.header == wire::TrackedHeader{true, true, 1, 0});
        report = rig.receive(room_for(1));
        CHECK(report.header == wire::TrackedHeader{false, true, 1, 0});
        CHECK(report.ranges.size() == 1);
        rig.vf.submit(1, rig.vf.io(spec::opcode::NvmRead, 0, 8, 16 * page));
        CHECK(rig.receive().ranges.empty());
        REQUIRE(rig.pf.resume(1) == 0);
        report = rig.receive();
        CHECK(report.ranges == Ranges{{base + 16 * page, 1}});
        CHECK_FALSE(report.header.suspended);
    }
    SECTION("suspended and resumed while the command waits") {
        for (const bool first : {true, false}) {
            if (first) REQUIRE(rig.pf.suspend(1) == 0);
            rig.bench.held = holds_receive;
            rig.pf.submit(0, receive_command(rig));
            REQUIRE(rig.bench.run());
            CHECK((first ? rig.pf.resume(1) : rig.pf.suspend(1)) == 0);
            rig.bench.held = nullptr;
            REQUIRE(rig.bench.run());
            REQUIRE(rig.pf.reap(0).size() == 1);
            CHECK((rig.pf.memory().bytes(base + 1, 1)[0] & 2) == 0);
        }
    }
    SECTION("off") {
        rig.bench.rules.set_on(Id::TrackedSuspMeansSuspended, false);
        CHECK(rig.receive().header.suspended);
    }
}

TEST_CASE("LM-TRK-83: memory that is written again and again delays no other") {
    TrackRig rig;
    REQUIRE(rig.start({{base, 64}}) == 0);
    const auto next = [&] { return (rig.receive(room_for(1)).ranges.at(0).address - base) / page; };
    rig.read_to(0);
    rig.read_to(8 * page);
    rig.read_to(63 * page);
    CHECK(next() == 0);
    rig.read_to(0);
    SECTION("in turns") {
        CHECK(next() == 8);
        rig.read_to(2 * page);
        CHECK(next() == 63);
        CHECK(next() == 0);
        CHECK(next() == 2);
    }
    SECTION("off: the lowest addresses first") {
        rig.bench.rules.set_on(Id::TrackedTakesTurns, false);
        CHECK(next() == 0);
        CHECK(next() == 8);
    }
}

TEST_CASE("LM-TRK-73: a CLR of the MMC stops all tracking") {
    TrackRig rig;
    REQUIRE(rig.start({{base, 64}}) == 0);
    REQUIRE(rig.start({{base, 64}}, 0, 2) == 0);
    const auto reset = [&] {
        rig.bench.write(0, property::CC, 0);
        REQUIRE(rig.bench.run());
        rig.pf.enable();
    };
    SECTION("on") {
        reset();
        CHECK_FALSE(rig.bench.at(1).tracking.on);
        CHECK_FALSE(rig.bench.at(2).tracking.on);
        CHECK(rig.receive().status == 0x11F);
        CHECK(rig.start({{base, 64}}) == 0);
        CHECK(rig.receive().ranges.empty());
    }
    SECTION("off") {
        rig.read_to(0);
        rig.bench.rules.set_on(Id::TrackEndsWithMmc, false);
        rig.bench.rules.set_on(Id::PrimaryResetTakesOffline, false);
        reset();
        CHECK(rig.receive().ranges == Ranges{{base, 1}});
    }
}

TEST_CASE("LM-TRK-74: a CLR of the MC leaves its tracking alone") {
    TrackRig rig;
    REQUIRE(rig.start({{base, 64}}) == 0);
    REQUIRE(rig.start({{base, 64}}, 0, 2) == 0);
    rig.read_to(0);
    SECTION("on") {
        SECTION("a controller reset") { rig.bench.write(1, property::CC, 0); }
        SECTION("a function level reset") { rig.bench.reset(1); }
        REQUIRE(rig.bench.run());
        CHECK(rig.receive().ranges == Ranges{{base, 1}});
        rig.vf.enable();
        rig.vf.create(1, 64);
        rig.read_to(4 * page);
        CHECK(rig.receive().ranges == Ranges{{base + 4 * page, 1}});
    }
    SECTION("off") {
        rig.bench.rules.set_on(Id::TrackOutlivesMcReset, false);
        rig.bench.write(1, property::CC, 0);
        REQUIRE(rig.bench.run());
        CHECK(rig.receive().status == 0x11F);
        CHECK(rig.receive(64, 2).status == 0);
    }
}

TEST_CASE("what was written before a restart is not reported after it") {
    TrackRig rig;
    REQUIRE(rig.start({{base, 64}}) == 0);
    rig.read_to(0);
    REQUIRE(rig.stop() == 0);
    rig.read_to(4 * page);
    REQUIRE(rig.start({{base, 64}}) == 0);
    CHECK(rig.receive().ranges.empty());
}
