#include "tests/model/nvme/driver.hpp"

using namespace lmsim;
using namespace lmsim::nvme;
using namespace lmsim::nvme::bench;

namespace {

using spec::Id;

struct Rig {
    Bench<SimBounds> bench{2};
    Driver vf{bench, 1};

    std::uint64_t read(std::uint64_t offset) { return bench.read(1, offset); }
    std::uint32_t csts(std::uint16_t function = 1) {
        return static_cast<std::uint32_t>(bench.read(function, property::CSTS));
    }
    void write_half(std::uint64_t offset, std::uint64_t value) {
        Event event;
        event.kind = Event::Kind::Register;
        event.function = 1;
        event.address = offset;
        event.value = value;
        event.length = 4;
        bench.step(event);
    }
};

}  // namespace

TEST_CASE("CAP, VS and CRTO, bit by bit") {
    Rig rig;
    const std::uint64_t cap = rig.read(0);
    CHECK((cap & 0xffff) == rig.bench.config.queue_size - 1);  // MQES
    CHECK((cap >> 16 & 1) == 1);                               // CQR
    CHECK((cap >> 17 & 3) == 0);                               // AMS: round robin alone
    CHECK((cap >> 24 & 0xff) == 120);                          // TO
    CHECK((cap >> 32 & 15) == 0);                              // DSTRD
    CHECK((cap >> 37 & 0xff) == 1);                            // CSS: the NVM command set
    CHECK((cap >> 48 & 0xff) == 0);                            // MPSMIN, MPSMAX: 4 KiB
    CHECK((cap >> 56) == 8);                                   // CRMS: with media; no CMB, no PMR
    CHECK((cap >> 36 & 1) == 0);                               // NSSRS is the primary's
    CHECK((rig.bench.read(0, 0) >> 36 & 1) == 1);
    rig.bench.config.subsystem_reset = false;
    CHECK((rig.bench.read(0, 0) >> 36 & 1) == 0);
    CHECK(rig.read(4) == cap >> 32);
    CHECK(rig.read(8) == 0x20300);
    CHECK(rig.read(0x68) == 120);  // CRWMT as TO, no CRIMT
}

TEST_CASE("what is reserved or not supported reads 0 and takes no writes") {
    Rig rig;
    for (const std::uint64_t offset :
         {0x0c, 0x10, 0x18, 0x20, 0x38, 0x3c, 0x40, 0x50, 0x58, 0x64, 0x6c, 0xe00, 0xe04, 0xe14}) {
        rig.bench.write(1, offset, 0xffff'ffff);
        CHECK(rig.read(offset) == 0);
    }
    const std::uint64_t cap = rig.read(0);
    for (const std::uint64_t offset : {0, 4, 8, 0x68}) {
        const std::uint64_t before = rig.read(offset);
        rig.bench.write(1, offset, 0);
        CHECK(rig.read(offset) == before);
    }
    CHECK(rig.read(0) == cap);
}

TEST_CASE("64-bit properties can be written and read by halves") {
    Rig rig;
    rig.bench.write(1, property::ASQ, 0x1111'2222'3333'4000);
    CHECK(rig.read(0x28) == 0x1111'2222'3333'4000);
    CHECK(rig.read(0x2c) == 0x1111'2222);
    rig.write_half(0x28, 0x5555'6000);
    CHECK(rig.read(0x28) == 0x1111'2222'5555'6000);
    rig.write_half(0x2c, 0x7777'8888);
    CHECK(rig.read(0x28) == 0x7777'8888'5555'6000);
    rig.write_half(0x30, 0x9999'a000);
    rig.write_half(0x34, 0x0000'00bb);
    CHECK(rig.read(0x30) == 0x0000'00bb'9999'a000);
    CHECK(rig.read(0x34) == 0xbb);
}

TEST_CASE("read-only bits stay 0") {
    Rig rig;
    const bool on = GENERATE(true, false);
    if (!on) rig.bench.rules.set_on(Id::ReadOnlyBitsStayZero, false);
    rig.bench.write(1, property::AQA, 0xffff'ffff);
    rig.bench.write(1, property::ASQ, ~0ULL);
    rig.bench.write(1, property::ACQ, ~0ULL);
    rig.bench.write(1, property::CC, 0xff46'000e);  // reserved bits and CRIME; EN is 0
    CHECK(rig.read(property::AQA) == (on ? 0x0fff'0fff : 0xffff'ffff));
    CHECK(rig.read(property::ASQ) == (on ? ~0xfffULL : ~0ULL));
    CHECK(rig.read(property::ACQ) == (on ? ~0xfffULL : ~0ULL));
    CHECK(rig.read(property::CC) == (on ? 0x0046'0000 : 0xff46'000e));
}

TEST_CASE("AQA, ASQ and ACQ while CC.EN is 1") {
    Rig rig;
    const bool fixed = GENERATE(true, false);
    if (!fixed) rig.bench.rules.set_on(Id::AdminQueueFixedWhileEnabled, false);
    rig.vf.enable();
    for (const std::uint64_t offset : {property::AQA, property::ASQ, property::ACQ}) {
        const std::uint64_t before = rig.read(offset);
        rig.bench.write(1, offset, 0x7000);
        CHECK(rig.read(offset) == (fixed ? before : offset == property::AQA ? 0 : 0x7000));
    }
}

TEST_CASE("CC.EN with an MPS, CSS or AMS that CAP does not offer") {
    Rig rig;
    const bool checks = GENERATE(true, false);
    if (!checks) rig.bench.rules.set_on(Id::EnableChecksCc, false);
    for (const std::uint32_t bad : {1U << 4, 7U << 4, 1U << 7, 15U << 7, 1U << 11, 7U << 11}) {
        rig.bench.write(1, property::AQA, 0x000f'000f);
        rig.bench.write(1, property::CC, property::cc::enabled | bad);
        REQUIRE(rig.bench.run());
        CHECK(rig.csts() == (checks ? 2 : 1));
        rig.bench.write(1, property::CC, 0);
        REQUIRE(rig.bench.run());
        CHECK(rig.csts() == 0);
        rig.vf.enable();
        CHECK(rig.vf.ready());
        rig.bench.write(1, property::CC, 0);
        REQUIRE(rig.bench.run());
    }
}

TEST_CASE("a fatal error stops the controller until a reset of any kind") {
    Rig rig;
    rig.vf.enable();
    rig.vf.create(1, 4);
    const bool stops = GENERATE(true, false);
    if (!stops) rig.bench.rules.set_on(Id::FatalStopsController, false);
    rig.bench.at(1).fatal = true;
    CHECK(rig.csts() == 3);
    rig.vf.submit(1, rig.vf.read_one());
    CHECK(rig.bench.pending() == (stops ? 0 : 1));
    REQUIRE(rig.bench.run());
    SECTION("Controller Reset") { rig.bench.write(1, property::CC, 0); }
    SECTION("function level reset") { rig.bench.reset(1); }
    REQUIRE(rig.bench.run());
    CHECK(rig.csts() == 0);
}

TEST_CASE("NVM Subsystem Reset: of all controllers, and they tell of it") {
    Rig rig;
    Driver pf{rig.bench, 0};
    pf.enable();
    rig.vf.enable();
    rig.vf.create(1, 4);
    REQUIRE(pf.suspend(2) == 0);
    rig.bench.write(1, property::NSSR, 0x4E564D65);  // not a VF's
    rig.bench.write(0, property::NSSR, 0x4E564D64);
    CHECK(rig.vf.ready());
    rig.bench.config.subsystem_reset = false;
    rig.bench.write(0, property::NSSR, 0x4E564D65);
    CHECK(rig.vf.ready());
    rig.bench.config.subsystem_reset = true;
    const bool tells = GENERATE(true, false);
    if (!tells) rig.bench.rules.set_on(Id::NssroTells, false);
    rig.bench.write(0, property::NSSR, 0x4E564D65);
    CHECK(rig.bench.pending() == 0);
    for (const std::uint16_t i : {0, 1, 2}) {
        CHECK((rig.csts(i) & 0x10) == (tells ? 0x10 : 0));
        CHECK((rig.csts(i) & 1) == 0);
        CHECK(rig.bench.read(i, property::CC) == 0);
        CHECK(rig.bench.read(i, property::ASQ) == 0);
        CHECK(rig.bench.at(i).sq[1].size == 0);
        CHECK(is(rig.bench.at(i).migration, Migration::Operational));
    }
    CHECK(rig.bench.read(0, property::NSSR) == 0);
    rig.bench.write(0, property::CSTS, 0xef);
    CHECK((rig.csts(0) & 0x10) == (tells ? 0x10 : 0));
    rig.bench.write(0, property::CSTS, 0x10);
    CHECK(rig.csts(0) == 0);
    pf.enable();
    REQUIRE(pf.bring_online(1) == 0);
    CHECK((rig.csts(1) & 0x10) == (tells ? 0x10 : 0));  // each has its own
    rig.bench.reset(0);
    CHECK((rig.csts(1) & 0x10) == (tells ? 0x10 : 0));
}

TEST_CASE("shutdown with CC.EN = 0, and how it ends") {
    Rig rig;
    const auto shst = [&] { return rig.csts() >> 2 & 3; };
    rig.bench.write(1, property::CC, 0x4000);
    CHECK(rig.csts() == 4);  // SHST 01b, RDY 0
    REQUIRE(rig.bench.run());
    CHECK(rig.csts() == 8);
    rig.bench.write(1, property::AQA, 0x000f'000f);
    SECTION("EN = 1 and SHN = 00b in one write") {
        rig.bench.write(1, property::CC, property::cc::enabled);
        REQUIRE(rig.bench.run());
        CHECK(rig.csts() == 1);
    }
    SECTION("EN = 1 alone does not do it") {
        rig.bench.write(1, property::CC, property::cc::enabled | 0x4000);
        REQUIRE(rig.bench.run());
        CHECK(shst() == 2);
    }
    SECTION("a function level reset") {
        rig.bench.reset(1);
        CHECK(rig.csts() == 0);
    }
}

TEST_CASE("one write asks for a Controller Reset and a shutdown: both happen") {
    Rig rig;
    rig.vf.enable();
    rig.bench.write(1, property::CC, 0x0046'4000);
    CHECK(rig.csts() == 1);
    REQUIRE(rig.bench.run());
    CHECK(rig.csts() == 8);
    CHECK(rig.read(property::CC) == 0x4000);
}

TEST_CASE("an enabled controller that was shut down is still RDY") {
    Rig rig;
    rig.vf.enable();
    rig.bench.write(1, property::CC, property::cc::enabled | 0x8000);  // abrupt
    CHECK(rig.csts() == 5);
    REQUIRE(rig.bench.run());
    CHECK(rig.csts() == 9);
    rig.bench.write(1, property::CC, property::cc::enabled);  // SHN back to 00b: no effect
    CHECK(rig.csts() == 9);
}
