#include "tests/model/nvme/namespaces.hpp"

using namespace lmsim;
using namespace lmsim::nvme;
using namespace lmsim::nvme::bench;
using wire::SanitizeAction;

namespace {

std::uint16_t sanitize(Rig& rig, const wire::Sanitize& command) {
    return rig.pf.admin(wire::encode(command, rig.bench.rules)).status;
}

wire::Sanitize action(SanitizeAction what) {
    wire::Sanitize command;
    command.action = what;
    return command;
}

}  // namespace

TEST_CASE("a sanitize deallocates all blocks of all namespaces") {
    for (const SanitizeAction what :
         {SanitizeAction::BlockErase, SanitizeAction::Overwrite, SanitizeAction::CryptoErase}) {
        Rig rig;
        REQUIRE(rig.create(1000).dw0 == 2);
        REQUIRE(rig.attach(2, {2}) == 0);
        REQUIRE(rig.write(rig.vf1, 1, 0, 8) == 0);
        REQUIRE(rig.write(rig.vf2, 2, 0, 8) == 0);
        rig.log_changes();
        CHECK(sanitize(rig, action(SanitizeAction::ExitFailure)) == 0);
        wire::Sanitize kept = action(what);
        kept.ndas = true;
        CHECK(sanitize(rig, kept) == 0);
        CHECK(rig.page(rig.vf1, 1).nuse == 8);
        CHECK(sanitize(rig, action(what)) == 0);
        CHECK(rig.page(rig.vf1, 1).nuse == 0);
        CHECK(rig.page(rig.vf2, 2).nuse == 0);
        CHECK(rig.logged().empty());  // no command of an MC
    }
}

TEST_CASE("no sanitize while a controller is suspended") {
    Rig rig;
    REQUIRE(rig.write(rig.vf1, 1, 0, 8) == 0);
    REQUIRE(rig.pf.suspend(2) == 0);
    CHECK(sanitize(rig, action(SanitizeAction::BlockErase)) == 0x139);
    CHECK(sanitize(rig, action(SanitizeAction::ExitFailure)) == 0x139);
    CHECK(rig.page(rig.vf1, 1).nuse == 8);
    REQUIRE(rig.pf.resume(2) == 0);
    CHECK(sanitize(rig, action(SanitizeAction::BlockErase)) == 0);
}

TEST_CASE("no sanitize while a controller is about to be suspended") {
    Rig rig;
    rig.bench.held = [](const Effect& effect) { return effect.function == 1; };
    rig.vf1.submit(1, rig.vf1.read_one());
    rig.pf.submit(0, wire::encode(wire::MigrationSend::suspend(1, wire::SuspendType::Suspend),
                                  rig.bench.rules));
    REQUIRE(rig.bench.run());
    CHECK(sanitize(rig, action(SanitizeAction::BlockErase)) == 0x139);
    rig.bench.held = nullptr;
    REQUIRE(rig.bench.run());
}

TEST_CASE("every other condition of Sanitize") {
    Rig rig;
    wire::Sqe sqe = wire::encode(wire::Sanitize{}, rig.bench.rules);
    for (const std::uint32_t value : {0U, 6U, 7U}) {
        sqe.cdw10 = value;
        CHECK(rig.pf.admin(sqe).status == 0x002);
    }
    CHECK(sanitize(rig, action(SanitizeAction::ExitVerification)) == 0x002);
    wire::Sanitize verified = action(SanitizeAction::BlockErase);
    verified.emvs = true;
    CHECK(sanitize(rig, verified) == 0x002);
    verified.action = SanitizeAction::ExitFailure;  // ignores EMVS
    CHECK(sanitize(rig, verified) == 0);
}
