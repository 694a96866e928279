#include "tests/model/nvme/namespaces.hpp"

using namespace lmsim;
using namespace lmsim::nvme;
using namespace lmsim::nvme::bench;
using spec::Id;

namespace {

using Log = std::vector<Logged>;

/// A Format NVM of VF 1 that the media do not finish.
void begin_format(Rig& rig, std::uint32_t nsid, std::uint8_t index) {
    rig.bench.held = [](const Effect& effect) { return effect.kind == EffectKind::Media; };
    wire::FormatNvm command;
    command.nsid = nsid;
    command.format = index;
    rig.vf1.submit(0, wire::encode(command, rig.bench.rules));
    REQUIRE(rig.bench.run());
}

}  // namespace

TEST_CASE("a format changes the blocks' size and deallocates them") {
    Rig rig;
    const wire::Nguid nguid = rig.page(rig.pf, 1).nguid;
    REQUIRE(rig.write(rig.vf1, 1, 10, 5) == 0);
    CHECK(rig.format(rig.vf1, 1, 1) == 0);
    const wire::IdentifyNamespace page = rig.page(rig.vf1, 1);
    CHECK(page.flbas == 1);
    CHECK(page.nsze == 12'500);
    CHECK(page.nvmcap == 100'000ULL * 512);
    CHECK(page.nuse == 0);
    CHECK(page.nguid == nguid);
    CHECK(rig.read(rig.vf1, 1, 12'499) == 0);
    CHECK(rig.read(rig.vf1, 1, 12'500) == 0x080);
    CHECK(rig.format(rig.vf1, 1, 0, 2) == 0);
    CHECK(rig.page(rig.vf1, 1).nsze == 100'000);
    CHECK(rig.format(rig.vf1, 1, 0, 1) == 0);
}

TEST_CASE("a format is logged as a change of every block") {
    Rig rig;
    rig.log_changes();
    CHECK(rig.format(rig.vf1, 1, 1) == 0);
    CHECK(rig.logged() == Log{{1, 0, 12'500, true}});
    CHECK(rig.format(rig.vf2, 1, 0) == 0);  // another controller's
    CHECK(rig.logged().size() == 1);
    rig.bench.rules.set_on(Id::FormatIsLogged, false);
    CHECK(rig.format(rig.vf1, 1, 1) == 0);
    CHECK(rig.logged().size() == 1);
}

TEST_CASE("a namespace larger than an entry takes several, one larger than a step several steps") {
    Config config = small_namespaces();
    config.capacity = std::uint64_t{1} << 62;
    Rig rig(config);
    const std::uint64_t blocks = (std::uint64_t{100} << 32) + 5;
    REQUIRE(rig.create(blocks).dw0 == 2);
    REQUIRE(rig.attach(2, {1}) == 0);
    rig.log_changes();
    CHECK(rig.format(rig.vf1, 2, 0) == 0);
    const Log log = rig.logged();
    REQUIRE(log.size() == 101);
    for (std::uint64_t i = 0; i < 100; ++i) {
        CHECK(log[i] == Logged{2, i << 32, std::uint64_t{1} << 32, true});
    }
    CHECK(log[100] == Logged{2, std::uint64_t{100} << 32, 5, true});
    CHECK(rig.bench.at(1).busy == 0);
}

TEST_CASE("a format of all namespaces is of those that are attached") {
    Rig rig;
    for (std::uint32_t nsid = 2; nsid <= 4; ++nsid) {
        REQUIRE(rig.create(1000).dw0 == nsid);
    }
    REQUIRE(rig.attach(2, {1}) == 0);
    REQUIRE(rig.attach(4, {1}) == 0);
    rig.log_changes();
    CHECK(rig.format(rig.vf1, 0xFFFF'FFFF, 1) == 0);
    CHECK(rig.logged() == Log{{1, 0, 12'500, true}, {2, 0, 125, true}, {4, 0, 125, true}});
    CHECK(rig.page(rig.pf, 3, 0x11).flbas == 0);
    CHECK(rig.page(rig.pf, 4, 0x11).flbas == 1);
}

TEST_CASE("a format of all namespaces where none is attached") {
    Rig rig;
    REQUIRE(rig.detach(1, {1}) == 0);
    CHECK(rig.format(rig.vf1, 0xFFFF'FFFF, 1) == 0);
    CHECK(rig.page(rig.pf, 1).flbas == 0);
}

TEST_CASE("every condition of Format NVM") {
    Rig rig;
    REQUIRE(rig.create(1000).dw0 == 2);
    CHECK(rig.format(rig.vf1, 1, 0, 3) == 0x002);
    CHECK(rig.format(rig.vf1, 1, 0, 7) == 0x002);
    CHECK(rig.format(rig.vf1, 1, 2) == 0x10A);
    CHECK(rig.format(rig.vf1, 1, 17) == 0x10A);
    for (const unsigned bit : {4U, 5U, 6U, 7U, 8U}) {
        wire::Sqe sqe = wire::encode(wire::FormatNvm{1, 0, false, 0, false, 0}, rig.bench.rules);
        sqe.cdw10 |= 1U << bit;
        CHECK(rig.vf1.admin(sqe).status == 0x10A);
    }
    CHECK(rig.format(rig.vf1, 0, 0) == 0x00B);
    CHECK(rig.format(rig.vf1, 257, 0) == 0x00B);
    CHECK(rig.format(rig.vf1, 3, 0) == 0x002);
    CHECK(rig.format(rig.vf1, 2, 0) == 0x002);  // not its own
    CHECK(rig.format(rig.pf, 3, 0) == 0x002);
    CHECK(rig.format(rig.pf, 2, 1) == 0);  // the primary manages them
    CHECK(rig.page(rig.pf, 2, 0x11).flbas == 1);
    CHECK(rig.page(rig.pf, 1).flbas == 0);
}

TEST_CASE("a namespace that is being formatted is out of use") {
    Rig rig;
    begin_format(rig, 1, 1);
    CHECK(rig.bench.waiting().back().length == 100'000ULL * 512);
    CHECK(rig.page(rig.vf2, 1).flbas == 0);
    CHECK(rig.read(rig.vf2, 1) == 0x084);
    CHECK(rig.io(rig.vf2, wire::encode_flush(1)) == 0x084);
    CHECK(rig.deallocate(rig.vf2, 1, {{0, 1, 0}}) == 0x084);
    CHECK(rig.format(rig.vf2, 1, 0) == 0x084);
    CHECK(rig.format(rig.vf2, 0xFFFF'FFFF, 0) == 0x084);
    CHECK(rig.remove(1) == 0x084);
    CHECK(rig.remove(0xFFFF'FFFF) == 0x084);
    CHECK(rig.detach(1, {2}) == 0x084);
    const auto independent = rig.identify(rig.vf2, 0x08, 1);
    CHECK((independent.bytes[14] & 1) == 0);
    rig.bench.held = nullptr;
    REQUIRE(rig.bench.run());
    CHECK(rig.vf1.reap(0)[0].status == 0);
    CHECK(rig.page(rig.vf2, 1).flbas == 1);
    CHECK(rig.read(rig.vf2, 1) == 0);
}

TEST_CASE("commands that were under way as the format began") {
    Rig rig;
    rig.bench.held = [](const Effect& effect) { return effect.kind == EffectKind::Media; };
    rig.vf2.submit(1, rig.vf2.io(spec::opcode::NvmWrite, 50'000, 8));
    REQUIRE(rig.bench.run());
    rig.bench.held = [](const Effect& effect) {
        return effect.kind == EffectKind::Media && effect.function == 2;
    };
    CHECK(rig.format(rig.vf1, 1, 1) == 0);
    rig.bench.held = nullptr;
    REQUIRE(rig.bench.run());
    CHECK(rig.vf2.reap(1)[0].status == 0x080);  // there is no such block any more
    CHECK(rig.page(rig.vf1, 1).nuse == 0);
}

TEST_CASE("the media cannot format") {
    Rig rig;
    begin_format(rig, 1, 1);
    Event event;
    event.function = 1;
    event.ticket = rig.bench.waiting().back().ticket;
    event.failed = true;
    rig.bench.step(event);
    CHECK(rig.vf1.reap(0)[0].status == 0x280);
    CHECK(rig.page(rig.pf, 1).flbas == 0);
    CHECK(rig.bench.subsystem->ns[0].formatter == 0);
}

TEST_CASE("a reset gives up a format") {
    Rig rig;
    begin_format(rig, 1, 1);
    rig.bench.reset(1);
    rig.bench.held = nullptr;
    REQUIRE(rig.bench.run());
    CHECK(rig.page(rig.pf, 1).flbas == 0);
    CHECK(rig.read(rig.vf2, 1) == 0);
}

TEST_CASE("format conditions that are off") {
    Rig rig;
    rig.bench.rules.set_on(Id::FormatNsidInvalid, false);
    CHECK(rig.format(rig.vf1, 0, 0) == 0x006);
    rig.bench.rules.set_on(Id::FormatNsidInactive, false);
    CHECK(rig.format(rig.vf1, 3, 0) == 0);
    rig.bench.rules.set_on(Id::FormatUnsupported, false);
    CHECK(rig.format(rig.vf1, 1, 5) == 0);
    CHECK(rig.page(rig.vf1, 1).flbas == 5);
    rig.bench.rules.set_on(Id::FormatSesReserved, false);
    CHECK(rig.format(rig.vf1, 1, 0, 7) == 0);
}
