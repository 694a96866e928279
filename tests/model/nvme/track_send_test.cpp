#include "tests/model/nvme/track_rig.hpp"

// Track Send, Track Memory Changes (NVMe Base 2.3, 5.2.28.1.2): who may, what is refused.

using namespace lmsim;
using namespace lmsim::nvme;
using namespace lmsim::nvme::bench;
using spec::Id;

namespace {

constexpr std::uint64_t base = Driver::data_address;
using Ranges = TrackRig::Ranges;

Config with(void (*change)(Config&)) {
    Config config;
    change(config);
    return config;
}

bool tracks(TrackRig& rig, std::uint16_t function = 1) {
    return rig.bench.at(function).tracking.on;
}

/// `count` ranges of one granule with one between them.
Ranges many(std::uint32_t count) {
    Ranges ranges;
    for (std::uint32_t i = 0; i < count; ++i) {
        ranges.push_back({base + std::uint64_t{i} * 8192, 1});
    }
    return ranges;
}

wire::TrackHints hints(const wire::Cqe& cqe, const spec::Rules& rules) {
    return wire::decode_track_hints({cqe.dw0, cqe.dw1}, rules);
}

}  // namespace

TEST_CASE("tracking starts and stops") {
    TrackRig rig;
    CHECK_FALSE(tracks(rig));
    CHECK(rig.start({{base, 16}, {base + (1U << 20), 2}}) == 0);
    CHECK(tracks(rig));
    CHECK_FALSE(tracks(rig, 2));
    const auto& tracking = rig.bench.at(1).tracking;
    CHECK(tracking.granularity == 0);
    REQUIRE(tracking.ranges == 2);
    CHECK(tracking.range[0].address == base);
    CHECK(tracking.range[0].granules == 16);
    CHECK(tracking.range[1].address == base + (1U << 20));
    CHECK(tracking.range[1].granules == 2);
    CHECK(rig.start({{base, 1}}, 9, 2) == 0);
    CHECK(rig.bench.at(2).tracking.granularity == 9);
    CHECK(rig.stop() == 0);
    CHECK_FALSE(tracks(rig));
    CHECK(tracks(rig, 2));
    CHECK(rig.start({{base, 16}}) == 0);
}

TEST_CASE("the header is read first, then as much as it says") {
    TrackRig rig;
    const auto lengths = [&] {
        std::vector<std::uint64_t> result;
        for (const Effect& effect : rig.bench.log) {
            if (effect.kind == EffectKind::ReadMemory &&
                effect.token == static_cast<std::uint64_t>(Read::CommandData)) {
                result.push_back(effect.length);
            }
        }
        return result;
    };
    rig.bench.log.clear();
    CHECK(rig.start({{base, 1}}) == 0);
    CHECK(lengths() == std::vector<std::uint64_t>{8, 20});
    rig.bench.log.clear();
    CHECK(rig.start(many(64), 0, 2) == 0);
    CHECK(lengths() == std::vector<std::uint64_t>{8, 8 + 12 * 64});
    rig.bench.log.clear();
    CHECK(rig.stop() == 0);  // TACT = 0: no data
    CHECK(lengths().empty());
}

TEST_CASE("the structure may lie over pages, and behind a list") {
    for (const std::uint64_t offset : {4, 4084, 4088}) {
        TrackRig rig;
        CHECK(rig.start(many(60), 0, 1, offset) == 0);
        CHECK(rig.bench.at(1).tracking.ranges == 60);
        CHECK(rig.bench.at(1).tracking.range[59].address == base + 59 * 8192);
    }
    TrackRig rig(with([](Config& config) { config.ranges_per_mc = 8; }));
    const wire::Cqe cqe = rig.send(rig.pf, {true, 1}, rig.structure(many(800)), 4088);  // 4 pages
    CHECK(cqe.status == 0x138);
}

TEST_CASE("LM-TRK-55: a header that crosses a page") {
    TrackRig rig;
    CHECK(rig.start(many(1), 0, 1, 4092) == 0x013);
    CHECK_FALSE(tracks(rig));
    rig.bench.rules.set_on(Id::TrackHeaderSplit, false);
    CHECK(rig.start(many(1), 0, 1, 4092) == 0);
}

TEST_CASE("LM-TRK-40: Track Send is for the MMC") {
    TrackRig rig;
    const auto bytes = rig.structure(many(1));
    CHECK(rig.send(rig.vf, {true, 2}, bytes).status == 0x001);
    CHECK(rig.send(rig.vf, {false, 2}, {}).status == 0x001);
    wire::Sqe sqe;
    sqe.opcode = spec::opcode::AdminTrackSend;
    CHECK(rig.vf.admin(sqe).status == 0x001);
    CHECK_FALSE(tracks(rig, 2));
    rig.bench.rules.set_on(Id::TrackSendToMc, false);
    CHECK(rig.send(rig.vf, {true, 2}, bytes).status == 0);
    CHECK(tracks(rig, 2));
}

TEST_CASE("LM-TRK-41: SEL reserved, or not an operation of this controller") {
    TrackRig rig;
    wire::Sqe sqe;
    sqe.opcode = spec::opcode::AdminTrackSend;
    for (const std::uint32_t sel : {2U, 3U, 0x7FU, 0xFFU}) {
        sqe.cdw10 = sel | 1U << 16;
        CHECK(rig.pf.admin(sqe).status == 0x002);
    }
    rig.bench.rules.set_on(Id::TrackSendSelReserved, false);
    CHECK(rig.pf.admin(sqe).status == 0);
    TrackRig none(with([](Config& config) { config.track_memory = false; }));
    CHECK(none.start(many(1)) == 0x002);
    CHECK(none.stop() == 0x002);
    CHECK_FALSE(tracks(none));
}

TEST_CASE("LM-TRK-42: CNTLID is the MMC's own or unknown") {
    TrackRig rig;
    for (const std::uint16_t cntlid : {0, 3, 0xFFFF}) {
        CHECK(rig.start(many(1), 0, cntlid) == 0x11F);
        CHECK(rig.stop(cntlid) == 0x11F);
    }
    rig.bench.rules.set_on(Id::TrackBadCntlid, false);
    CHECK(rig.start(many(1), 0, 3) == 0x006);
}

TEST_CASE("LM-TRK-43: the MC is suspended") {
    TrackRig rig;
    REQUIRE(rig.start(many(1), 0, 2) == 0);
    REQUIRE(rig.pf.suspend(1) == 0);
    REQUIRE(rig.pf.suspend(2) == 0);
    CHECK(rig.start(many(1)) == 0x139);
    CHECK(rig.stop() == 0x139);
    CHECK(rig.stop(2) == 0x139);
    CHECK(tracks(rig, 2));
    SECTION("resumed") { REQUIRE(rig.pf.resume(1) == 0); }
    SECTION("off") { rig.bench.rules.set_on(Id::TrackSuspended, false); }
    CHECK(rig.start(many(1)) == 0);
}

TEST_CASE("LM-TRK-44: the MC is tracked already") {
    TrackRig rig;
    REQUIRE(rig.start(many(3)) == 0);
    CHECK(rig.start(many(1)) == 0x11F);
    CHECK(rig.bench.at(1).tracking.ranges == 3);
    rig.bench.rules.set_on(Id::TrackAlready, false);
    CHECK(rig.start(many(1)) == 0);
    CHECK(rig.bench.at(1).tracking.ranges == 1);
}

TEST_CASE("LM-TRK-45: VER is not 0") {
    TrackRig rig;
    auto bytes = rig.structure(many(1));
    bytes[0] = 1;
    CHECK(rig.send(rig.pf, {true, 1}, bytes).status == 0x002);
    rig.bench.rules.set_on(Id::TrackBadVersion, false);
    CHECK(rig.send(rig.pf, {true, 1}, bytes).status == 0);
}

TEST_CASE("LM-TRK-46, -47: the granularity is one that Identify Controller names") {
    TrackRig rig(with([](Config& config) {
        config.finest_granule = 2;
        config.coarsest_granule = 5;
    }));
    for (const std::uint8_t n : {0, 1, 6, 52, 255}) {
        CHECK(rig.start({{0, 1}}, n) == 0x002);
    }
    for (const std::uint8_t n : {2, 5}) {
        CHECK(rig.start({{0, 1}}, n) == 0);
        CHECK(rig.stop() == 0);
    }
    rig.bench.rules.set_on(Id::TrackTooFine, false);
    CHECK(rig.start({{0, 1}}, 1) == 0);
    CHECK(rig.stop() == 0);
    CHECK(rig.start({{0, 1}}, 6) == 0x002);
    rig.bench.rules.set_on(Id::TrackTooCoarse, false);
    CHECK(rig.start({{0, 1}}, 6) == 0);
    CHECK(rig.stop() == 0);
    CHECK(rig.start({{0, 1}}, 52) == 0x006);  // beyond 64 bits
}

TEST_CASE("LM-TRK-48: no descriptor") {
    TrackRig rig;
    CHECK(rig.start({}) == 0x002);
    rig.bench.rules.set_on(Id::TrackNoDescriptor, false);
    CHECK(rig.start({}) == 0);
    CHECK(tracks(rig));
}

TEST_CASE("LM-TRK-49: descriptors of this controller") {
    TrackRig rig(with([](Config& config) { config.tracked_ranges = 10; }));
    CHECK(rig.start(many(11)) == 0x002);
    CHECK(rig.start(many(4), 0, 2) == 0);
    CHECK(rig.start(many(7)) == 0x002);
    CHECK(rig.start(many(6)) == 0);
    CHECK(rig.stop() == 0);
    rig.bench.rules.set_on(Id::TrackBeyondController, false);
    CHECK(rig.start(many(7)) == 0);
}

TEST_CASE("LM-TRK-50: descriptors of the subsystem") {
    TrackRig rig(with([](Config& config) { config.subsystem_ranges = 10; }));
    CHECK(rig.start(many(11)) == 0x002);
    CHECK(rig.start(many(4), 0, 2) == 0);
    CHECK(rig.start(many(7)) == 0x002);
    CHECK(rig.start(many(6)) == 0);
    CHECK(rig.stop() == 0);
    rig.bench.rules.set_on(Id::TrackBeyondSubsystem, false);
    CHECK(rig.start(many(7)) == 0);
}

TEST_CASE("more descriptors than MDTS has room for") {
    TrackRig rig(with([](Config& config) { config.mdts = 0; }));
    CHECK(rig.start(many(341)) == 0x002);  // 4100 bytes
    CHECK(rig.start(many(340)) == 0x138);  // 4088 bytes
    rig.bench.rules.set_on(Id::TransferBeyondMdts, false);
    CHECK(rig.start(many(341)) == 0x006);  // they were never fetched
}

TEST_CASE("a length beyond MDTS in the command itself") {
    TrackRig rig;
    CHECK(rig.receive(64 * 1024 + 1).status == 0x002);
    CHECK(rig.receive(std::uint64_t{1} << 32).status == 0x002);
    rig.bench.rules.set_on(Id::TransferBeyondMdts, false);
    CHECK(rig.receive(std::uint64_t{1} << 32).status == 0x006);
}

TEST_CASE("LM-TRK-51: lengths may have to be a power of two") {
    TrackRig limited(with([](Config& config) { config.power_of_two_ranges = true; }));
    for (const std::uint32_t length : {3U, 6U, 7U, 0xFFFFU}) {
        CHECK(limited.start({{base, 1}, {base + (1U << 30), length}}) == 0x002);
    }
    CHECK(limited.start({{base, 1}, {base + (1U << 30), 4096}}) == 0);
    CHECK(limited.stop() == 0);
    limited.bench.rules.set_on(Id::TrackLengthLimit, false);
    CHECK(limited.start({{base, 3}}) == 0);
    CHECK(TrackRig().start({{base, 3}}) == 0);
}

TEST_CASE("LM-TRK-52: addresses are aligned to the granularity") {
    TrackRig rig;
    CHECK(rig.start({{base, 1}, {base + 4096 + 2048, 1}}) == 0x002);
    CHECK(rig.start({{base + 4096, 1}}, 1) == 0x002);
    rig.bench.rules.set_on(Id::TrackUnaligned, false);
    CHECK(rig.start({{base + 4096, 1}}, 1) == 0);
}

TEST_CASE("LM-TRK-53: ranges are host memory") {
    TrackRig rig;
    constexpr std::uint64_t end = Device::memory_end;
    CHECK(rig.start({{end, 1}}) == 0x002);
    CHECK(rig.start({{end - 4096, 2}}) == 0x002);
    CHECK(rig.start({{~std::uint64_t{4095}, 1}}) == 0x002);
    CHECK(rig.start({{~std::uint64_t{4095}, 0xFFFFFFFF}}) == 0x002);
    CHECK(rig.start({{end - 4096, 1}}) == 0);
    CHECK(rig.stop() == 0);
    rig.bench.rules.set_on(Id::TrackNotHostMemory, false);
    CHECK(rig.start({{end - 4096, 2}}) == 0);
}

TEST_CASE("LM-TRK-54: too many descriptors: what can be tracked instead") {
    TrackRig rig(with([](Config& config) { config.ranges_per_mc = 5; }));
    const wire::Cqe cqe = rig.send(rig.pf, {true, 1}, rig.structure(many(6)));
    CHECK(cqe.status == 0x138);
    CHECK(hints(cqe, rig.bench.rules) == wire::TrackHints{0, 5});
    CHECK_FALSE(tracks(rig));
    CHECK(rig.start(many(5)) == 0);
    CHECK(rig.stop() == 0);
    rig.bench.rules.set_on(Id::TrackNoResources, false);
    CHECK(rig.start(many(6)) == 0);
    CHECK(rig.stop() == 0);
    CHECK(rig.start(many(SimBounds::ranges + 1)) == 0x006);
}

TEST_CASE("LM-TRK-54: too fine a granularity: what can be tracked instead") {
    TrackRig rig(with([](Config& config) { config.granules_per_mc = 1000; }));
    const auto refused = [&](const Ranges& ranges, std::uint8_t n) {
        const wire::Cqe cqe = rig.send(rig.pf, {true, 1}, rig.structure(ranges, n));
        CHECK(cqe.status == 0x138);
        CHECK((cqe.dw0 >> 16) == 0);
        return hints(cqe, rig.bench.rules);
    };
    const std::uint64_t gap = std::uint64_t{1} << 36;
    CHECK(refused({{base, 1001}}, 0) == wire::TrackHints{1, 0});
    CHECK(refused({{base, 1000}, {base + gap, 1}}, 0) == wire::TrackHints{1, 1});
    CHECK(refused({{base, 500}, {base + gap, 500}, {base + 2 * gap, 3000}}, 0) ==
          wire::TrackHints{2, 2});
    CHECK(refused({{base, 3000}}, 2) == wire::TrackHints{4, 0});
    CHECK(refused({{base, 1U << 30}}, 0) == wire::TrackHints{9, 0});  // even MAXMRTG is too fine
    // Aligned at 4 KiB only: the ends reach into granules of their own.
    CHECK(refused({{base + 4096, 2000}}, 0) == wire::TrackHints{2, 0});
    CHECK(rig.start({{base, 1000}}) == 0);
    CHECK(rig.stop() == 0);
    SECTION("LM-TRK-76 off: MRTG counts granules of RMRTG") {
        rig.bench.rules.set_on(Id::TrackMrtgIsExponent, false);
        CHECK(refused({{base, 3000}}, 2) == wire::TrackHints{4, 0});
        CHECK(refused({{base, 7000}}, 2) == wire::TrackHints{8, 0});
        CHECK(refused({{base, 1001}}, 0) == wire::TrackHints{2, 0});
    }
    SECTION("off") {
        rig.bench.rules.set_on(Id::TrackNoResources, false);
        CHECK(rig.start({{base, 1001}}) == 0);
    }
}

TEST_CASE("LM-TRK-75: stopping what is not tracked") {
    TrackRig rig;
    CHECK(rig.stop() == 0);
    rig.bench.rules.set_on(Id::TrackStopIdleSucceeds, false);
    CHECK(rig.stop() == 0x11F);
    REQUIRE(rig.start(many(1)) == 0);
    CHECK(rig.stop() == 0);
}

TEST_CASE("LM-TRK-77: ranges may overlap") {
    const Ranges overlapping[] = {{{base, 4}, {base + 3 * 4096, 1}},
                                  {{base + 3 * 4096, 1}, {base, 4}},
                                  {{base, 1}, {base, 1}},
                                  {{base + 4096, 1}, {base + 8192, 5}, {base, 4}}};
    TrackRig rig;
    for (const Ranges& ranges : overlapping) {
        CHECK(rig.start(ranges) == 0);
        CHECK(rig.stop() == 0);
    }
    rig.bench.rules.set_on(Id::TrackOverlapAllowed, false);
    for (const Ranges& ranges : overlapping) {
        CHECK(rig.start(ranges) == 0x002);
    }
    CHECK(rig.start({{base + 4096, 1}, {base, 1}, {base + 8192, 1}}) == 0);
}

TEST_CASE("LM-TRK-78: empty ranges") {
    TrackRig rig;
    CHECK(rig.start({{base, 1}, {base + 8192, 0}}) == 0x002);
    rig.bench.rules.set_on(Id::TrackEmptyAllowed, true);
    CHECK(rig.start({{base, 1}, {base + 8192, 0}}) == 0);
    CHECK(rig.bench.at(1).tracking.ranges == 2);
}

TEST_CASE("a structure that changes while it is read") {
    TrackRig rig;
    const auto bytes = rig.structure(many(2));
    rig.pf.memory().write(base, bytes.data(), bytes.size());
    int reads = 0;
    rig.bench.held = [&](const Effect& effect) {
        const bool data = effect.kind == EffectKind::ReadMemory &&
                          effect.token == static_cast<std::uint64_t>(Read::CommandData);
        if (data && effect.length != 8 && reads++ == 0) {
            const std::uint32_t more = 200;
            rig.pf.memory().write(base + 4, &more, 4);
        }
        return false;
    };
    const wire::Sqe sqe = wire::encode(wire::TrackMemory{true, 1}, rig.bench.rules);
    CHECK(rig.pf.admin(rig.pf.with_data(sqe, bytes.size())).status == 0x006);
    CHECK_FALSE(tracks(rig));
}

TEST_CASE("a structure that cannot be read") {
    TrackRig rig;
    wire::Sqe sqe = wire::encode(wire::TrackMemory{true, 1}, rig.bench.rules);
    sqe.prp1 = Device::memory_end;
    CHECK(rig.pf.admin(sqe).status == 0x004);
    const auto bytes = rig.structure(many(60));
    rig.pf.memory().write(base + 4080, bytes.data(), bytes.size());
    sqe.prp1 = base + 4080;
    sqe.prp2 = Device::memory_end;
    CHECK(rig.pf.admin(sqe).status == 0x004);
    sqe.prp2 = base + 4096 + 8;
    CHECK(rig.pf.admin(sqe).status == 0x013);
    CHECK_FALSE(tracks(rig));
}

TEST_CASE("Identify Controller tells what can be tracked, of the MMC") {
    const auto identify = [](const Config& config, std::uint16_t function) {
        TrackRig rig(config);
        Driver& driver = function == 0 ? rig.pf : rig.vf;
        wire::Identify command;
        command.cns = 1;
        const wire::Sqe sqe = driver.with_data(wire::encode(command, rig.bench.rules), 4096);
        REQUIRE(driver.admin(sqe).status == 0);
        return driver.memory().bytes(base, 4096);
    };
    Config config = with([](Config& changed) {
        changed.tracked_ranges = 0x0102;
        changed.subsystem_ranges = 0x0304;
        changed.finest_granule = 5;
        changed.coarsest_granule = 6;
    });
    const auto tell = [&](std::uint16_t function) {
        const auto page = identify(config, function);
        return std::vector<std::uint8_t>(page.begin() + 570, page.begin() + 576);
    };
    const auto trattr = [&](std::uint16_t function) {
        return identify(config, function)[576] & 5;  // bit 1 is the log's
    };
    CHECK(tell(0) == std::vector<std::uint8_t>{2, 1, 4, 3, 5, 6});
    CHECK(trattr(0) == 1);
    CHECK(tell(1) == std::vector<std::uint8_t>(6));
    CHECK(trattr(1) == 0);
    config.power_of_two_ranges = true;
    CHECK(trattr(0) == 5);
    config.track_memory = false;
    CHECK(tell(0) == std::vector<std::uint8_t>(6));
    CHECK(trattr(0) == 0);
}

TEST_CASE("small bounds track as much as they hold") {
    Bench<ProofBounds> bench{1, with([](Config& config) {
                                 config.queue_pairs = 1;
                                 config.contexts = 2;
                             })};
    Driver pf{bench, 0, 4};
    pf.enable();
    const auto send = [&](const Ranges& ranges) {
        std::vector<std::uint8_t> bytes(wire::track_memory_size(ranges.size(), bench.rules));
        wire::encode_track_memory(0, ranges.data(), static_cast<std::uint32_t>(ranges.size()),
                                  bytes.data(), bench.rules);
        pf.memory().write(base, bytes.data(), bytes.size());
        const wire::Sqe sqe = wire::encode(wire::TrackMemory{true, 1}, bench.rules);
        return pf.admin(pf.with_data(sqe, bytes.size()));
    };
    const wire::Cqe refused = send(many(3));
    CHECK(refused.status == 0x138);
    CHECK(hints(refused, bench.rules) == wire::TrackHints{0, 2});
    CHECK(send(many(2)).status == 0);
}
