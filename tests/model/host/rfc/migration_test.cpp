#include "model/spec/table.hpp"
#include "model/wire/identify.hpp"
#include "tests/catch.hpp"
#include "tests/model/host/rfc/rig.hpp"

using namespace lmsim;
using namespace lmsim::tests;
using spec::Id;

TEST_CASE("without a defect the VM moves, with the command that nobody had fetched", "[rfc]") {
    Move move{spec::Rules{}};
    CHECK(move.run());
    CHECK(move.failed.empty());
    CHECK(move.works());
}

TEST_CASE("what each defect on the wire or in the data leads to", "[rfc]") {
    const struct {
        Id defect;
        const char* failed;
        Errno error;
        bool works;
    } cases[] = {
        {Id::RfcResumeIs2, "STOP to RUNNING", Errno::Io, false},
        {Id::RfcSetStateIs3, "RESUMING to STOP", Errno::Io, true},
        {Id::RfcSeqindInCdw11, "RESUMING to STOP", Errno::Io, true},
        {Id::RfcFieldsAsDocumented, "RUNNING to STOP", Errno::Io, true},
        {Id::RfcShortHeader, "RESUMING to STOP", Errno::Invalid, true},
        {Id::RfcShortCqState, "RESUMING to STOP", Errno::Invalid, true},
        {Id::RfcFormatIndex0, "STOP to STOP_COPY", Errno::Io, true},
        {Id::RfcGetsNothing, "STOP to STOP_COPY", Errno::Io, true},
        {Id::RfcVersionIsIndex, "STOP to STOP_COPY", Errno::Io, true},
        {Id::RfcSendCountsFrom0, "RESUMING to STOP", Errno::Io, true},
        {Id::RfcSetsNothing, "RESUMING to STOP", Errno::Io, true},
        {Id::RfcCntlidOfPf, "RUNNING to STOP", Errno::Io, true},
    };
    for (const auto& each : cases) {
        CAPTURE(spec::row(each.defect).name);
        Move move(with({each.defect}));
        CHECK_FALSE(move.run());
        CHECK(move.failed == each.failed);
        CHECK(move.error == each.error);
        CHECK(move.works() == each.works);
    }
}

TEST_CASE("defects that the ratified device, or the rest of the driver, does not let through",
          "[rfc]") {
    for (const Id defect :
         {Id::RfcVersionNotSought, Id::RfcEmptyStateIsFine, Id::RfcStateCapped, Id::RfcOneCommand,
          Id::RfcCsupDropped, Id::RfcResumeIgnored, Id::RfcIncomingUnchecked}) {
        CAPTURE(spec::row(defect).name);
        Move move(with({defect}));
        CHECK(move.run());
        CHECK(move.works());
    }
}

TEST_CASE("a bare header taken for a state moves a VM without its queues", "[rfc]") {
    Move refused(with({Id::RfcGetsNothing}));
    CHECK_FALSE(refused.run());
    Move move(with({Id::RfcGetsNothing, Id::RfcEmptyStateIsFine}));
    CHECK(move.run());
    CHECK_FALSE(move.works());
}

TEST_CASE("an index that is not looked up takes another version", "[rfc]") {
    std::vector<std::uint8_t> page(4096);
    page[0] = 2;  // versions 1h and 0h
    page[2] = 1;
    const auto csvi = [&](const spec::Rules& rules) {
        const spec::Rules taken = driver_rules(rules);
        const auto formats = wire::StateFormatsView::parse(page.data(), page.size(), taken);
        REQUIRE(formats.ok());
        VfioNvme flow;
        choose_formats(flow, *formats, taken);
        return flow.csvi;
    };
    CHECK(csvi(spec::Rules{}) == 2);
    CHECK(csvi(with({Id::RfcVersionNotSought})) == 1);
}

TEST_CASE("a state beyond the posted cap, or beyond MDTS, moves without the defect alone",
          "[rfc]") {
    Config config;
    config.vendor_bytes = 16384;
    config.mdts = 1;
    Move right(spec::Rules{}, config);
    CHECK(right.run());
    CHECK(right.works());
    Move capped(with({Id::RfcStateCapped}), config);
    CHECK_FALSE(capped.run());
    CHECK(capped.failed == "STOP to STOP_COPY");
    Move whole(with({Id::RfcOneCommand}), config);
    CHECK_FALSE(whole.run());
    CHECK(whole.failed == "STOP to STOP_COPY");
    CHECK(whole.works());
}

TEST_CASE("a state of a controller that works is sent only if CSUP is not looked at", "[rfc]") {
    for (const bool posted : {false, true}) {
        Host host(posted ? with({Id::RfcCsupDropped}) : spec::Rules{}, Config{});
        Driver vm(host.bench, 1, 32);
        vm.enable();
        REQUIRE(host.arc(MigState::RUNNING, MigState::STOP) == Errno::Ok);
        REQUIRE(host.pf.resume(1) == 0);  // somebody else's
        CHECK(host.arc(MigState::STOP, MigState::STOP_COPY) == (posted ? Errno::Ok : Errno::Io));
    }
}

TEST_CASE("a Resume that failed leaves a VM that hangs, if nobody looks", "[rfc]") {
    for (const bool posted : {false, true}) {
        Host host(posted ? with({Id::RfcResumeIgnored}) : spec::Rules{}, Config{});
        Driver vm(host.bench, 1, 32);
        vm.enable();
        vm.create(1, 16);
        REQUIRE(host.arc(MigState::RUNNING, MigState::STOP) == Errno::Ok);
        // A sequence that is open: 0Ch.
        const std::uint8_t bytes[64] = {};
        REQUIRE(host.pf.set(
                    wire::MigrationSend::set_controller_state(1, wire::Seqind::First, 1, 1, 0, 16),
                    bytes) == 0);
        CHECK(host.arc(MigState::STOP, MigState::RUNNING) == (posted ? Errno::Ok : Errno::Io));
        vm.submit(1, vm.read_one());
        REQUIRE(host.bench.run());
        CHECK(vm.reap(1).empty());
    }
}

TEST_CASE("what came over the network reaches the device only if nobody looks", "[rfc]") {
    for (const bool posted : {false, true}) {
        Host host(posted ? with({Id::RfcIncomingUnchecked}) : spec::Rules{}, Config{});
        REQUIRE(host.arc(MigState::RUNNING, MigState::STOP) == Errno::Ok);
        REQUIRE(host.arc(MigState::STOP, MigState::RESUMING) == Errno::Ok);
        host.write(std::vector<std::uint8_t>(64, 0xA5));
        CHECK(host.arc(MigState::RESUMING, MigState::STOP) ==
              (posted ? Errno::Io : Errno::Invalid));
    }
}

TEST_CASE("a VF that has queues takes no state: the VMM resets it before (R001-23)", "[rfc]") {
    Move move{spec::Rules{}};
    Driver used(move.destination.bench, 1, 32);
    used.enable();
    used.create(1, 16);
    CHECK_FALSE(move.run());
    CHECK(move.failed == "RESUMING to STOP");
    CHECK(move.works());
}

TEST_CASE("Identify Controller as the posted header has it", "[rfc]") {
    Host host(spec::Rules{}, Config{});
    const auto page = host.identify(Id::CnsController);
    const auto decode = [&](const spec::Rules& rules) {
        return *wire::decode_identify_controller(page.data(), page.size(), driver_rules(rules));
    };
    const wire::IdentifyController right = decode(spec::Rules{});
    CHECK(right.mcudmq == 256);
    CHECK(right.cmmrtd == 16384);
    CHECK(right.maxmrtg == 9);
    CHECK(right.mcdqpc == 1024);
    CHECK(right.sqes == 0x66);
    const wire::IdentifyController moved = decode(with({Id::RfcIdentifyPlaces}));
    CHECK(moved.mcudmq == 0);
    CHECK(moved.cmmrtd == 0);
    CHECK(moved.maxmrtg == 0);
    CHECK(moved.trattr == 0);
    CHECK(moved.mcdqpc == 0);
    const wire::IdentifyController shifted = decode(with({Id::RfcIdentifyShifted}));
    CHECK(shifted.sqes == 0);
    CHECK(shifted.maxcmd == 17510);
}

TEST_CASE("generic statuses are not those that the device answers with", "[rfc]") {
    const spec::Rules right = driver_rules(spec::Rules{});
    CHECK(right.status(Id::TrackNoResources) == 0x138);
    CHECK(right.status(Id::ResumeNotSuspended) == 0x13A);
    const spec::Rules posted = driver_rules(with({Id::RfcGenericStatuses}));
    CHECK(posted.status(Id::TrackNoResources) == 0x038);
    CHECK(posted.status(Id::ResumeNotSuspended) == 0x03A);
    CHECK(posted.status(Id::TrackSuspended) == 0x039);
}
