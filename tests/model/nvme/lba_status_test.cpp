#include "tests/model/nvme/namespaces.hpp"

using namespace lmsim;
using namespace lmsim::nvme;
using namespace lmsim::nvme::bench;
using spec::Id;

namespace {

using Ranges = std::vector<std::pair<std::uint64_t, std::uint64_t>>;

struct Got {
    std::uint16_t status;
    std::vector<std::uint8_t> bytes;
    wire::LbaStatusView list;
};

Got ask(Rig& rig, std::uint64_t slba, std::uint16_t rl, std::uint64_t dwords = 64,
        std::uint32_t nsid = 1) {
    wire::GetLbaStatus command;
    command.nsid = nsid;
    command.slba = slba;
    command.rl = rl;
    command.dwords = dwords;
    const wire::Sqe sqe = wire::encode(command, rig.bench.rules);
    Got got;
    got.status = rig.pf.admin(rig.pf.with_data(sqe, 4 * dwords)).status;
    got.bytes = rig.pf.memory().bytes(Driver::data_address, 4 * dwords);
    if (got.status == 0) {
        const auto list =
            wire::LbaStatusView::parse(got.bytes.data(), got.bytes.size(), rig.bench.rules);
        REQUIRE(list.ok());
        got.list = *list;
    }
    return got;
}

}  // namespace

TEST_CASE("allocated ranges, in one list or in lists of one") {
    Rig rig;
    CHECK(rig.allocated(rig.pf, 1).empty());
    REQUIRE(rig.write(rig.vf1, 1, 0, 8) == 0);
    REQUIRE(rig.write(rig.vf1, 1, 8, 8) == 0);  // one range with the former
    REQUIRE(rig.write(rig.vf2, 1, 40'000, 8) == 0);
    REQUIRE(rig.write(rig.vf1, 1, 99'990, 10) == 0);
    const Ranges expected{{0, 16}, {40'000, 8}, {99'990, 10}};
    for (const std::uint32_t entries : {1U, 2U, 3U, 4U, 100U}) {
        CHECK(rig.allocated(rig.pf, 1, entries) == expected);
    }
}

TEST_CASE("RL bounds what is looked at") {
    Rig rig;
    REQUIRE(rig.write(rig.vf1, 1, 100, 50) == 0);
    Got got = ask(rig, 90, 20);
    REQUIRE(got.list.count() == 1);
    CHECK(got.list[0].slba == 100);
    CHECK(got.list[0].blocks == 10);
    CHECK(got.list.whole());
    got = ask(rig, 120, 0);
    REQUIRE(got.list.count() == 1);
    CHECK(got.list[0].slba == 120);
    CHECK(got.list[0].blocks == 30);
    CHECK(ask(rig, 150, 0xFFFF).list.count() == 0);
    CHECK(ask(rig, 34'465, 0xFFFF).status == 0);  // up to the last block
    CHECK(ask(rig, 34'466, 0xFFFF).status == 0x080);
}

TEST_CASE("a list ends where its buffer does") {
    Rig rig;
    for (std::uint64_t i = 0; i < 4; ++i) {
        REQUIRE(rig.write(rig.vf1, 1, 10 * i, 1) == 0);
    }
    CHECK(ask(rig, 0, 0, 2).list.count() == 0);  // the header alone
    CHECK(!ask(rig, 0, 0, 2).list.whole());
    CHECK(ask(rig, 0, 0, 9).list.count() == 1);
    CHECK(ask(rig, 0, 0, 10).list.count() == 2);
    CHECK(ask(rig, 0, 0, 17).list.count() == 3);
    CHECK(!ask(rig, 0, 0, 17).list.whole());
    CHECK(ask(rig, 0, 0, 18).list.count() == 4);
    CHECK(ask(rig, 0, 0, 18).list.whole());
    CHECK(ask(rig, 0, 0, 65'536).status == 0);  // MDTS: 256 KiB
    CHECK(ask(rig, 0, 0, 65'537).status == 0x002);
    wire::GetLbaStatus command;
    command.nsid = 1;
    command.dwords = 1;
    const wire::Sqe sqe = wire::encode(command, rig.bench.rules);
    CHECK(rig.pf.admin(rig.pf.with_data(sqe, 4)).status == 0);
}

TEST_CASE("a range longer than a descriptor takes several") {
    Config config = small_namespaces();
    config.blocks = std::uint64_t{3} << 31;
    config.capacity = 0;
    Rig rig(config);
    std::vector<wire::DsmRange> whole{{0, 0xFFFF'FFFF, 0}};
    rig.bench.blocks_of(1).set(0, config.blocks);
    const Ranges expected{{0, 0xFFFF'FFFF}, {0xFFFF'FFFF, config.blocks - 0xFFFF'FFFF}};
    CHECK(rig.allocated(rig.pf, 1) == expected);
    CHECK(rig.allocated(rig.pf, 1, 1) == expected);
    CHECK(rig.deallocate(rig.vf1, 1, whole) == 0);
    CHECK(rig.page(rig.pf, 1).nuse == config.blocks - 0xFFFF'FFFF);
}

TEST_CASE("every condition of Get LBA Status") {
    Rig rig;
    REQUIRE(rig.create(1000).dw0 == 2);
    CHECK(ask(rig, 0, 0, 64, 0).status == 0x00B);
    CHECK(ask(rig, 0, 0, 64, 257).status == 0x00B);
    CHECK(ask(rig, 0, 0, 64, 0xFFFF'FFFF).status == 0x00B);
    CHECK(ask(rig, 0, 0, 64, 2).status == 0x002);
    CHECK(ask(rig, 100'000, 0).status == 0x080);
    CHECK(ask(rig, ~std::uint64_t{0}, 2).status == 0x080);
    wire::Sqe sqe = wire::encode(wire::GetLbaStatus{1, 0, 64, 0, true}, rig.bench.rules);
    for (const std::uint32_t atype : {0x00U, 0x01U, 0x03U, 0x10U, 0x11U, 0xFFU}) {
        sqe.cdw13 = atype << 24;
        CHECK(rig.pf.admin(rig.pf.with_data(sqe, 256)).status == 0x002);
    }
    rig.bench.rules.set_on(Id::LbaStatusBeyondNamespace, false);
    CHECK(ask(rig, 100'000, 0).list.count() == 0);
    CHECK(ask(rig, ~std::uint64_t{0}, 2).list.count() == 0);
    rig.bench.rules.set_on(Id::LbaStatusAtypeReserved, false);
    CHECK(rig.pf.admin(rig.pf.with_data(sqe, 256)).status == 0);
}
