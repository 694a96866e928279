#include "tests/model/nvme/driver.hpp"
#include "tests/property.hpp"

// What a data pointer names (NVMe Base 2.3, 4.3.1), and memory that is not there (9.3, 9.5).

using namespace lmsim;
using namespace lmsim::nvme;
using namespace lmsim::nvme::bench;
using spec::Id;

namespace {

constexpr std::uint64_t nowhere = Device::memory_end;
constexpr std::uint64_t far_list = std::uint64_t{1} << 42;

Config large() {
    Config config;
    config.mdts = 12;  // 16 MiB: lists of several pages
    return config;
}

struct Rig {
    Bench<SimBounds> bench{1, large()};
    Driver vf{bench, 1};

    Rig() {
        vf.enable();
        vf.create(1, 16);
    }
    std::uint16_t run(std::uint16_t queue, const wire::Sqe& sqe) {
        bench.log.clear();
        vf.submit(queue, sqe);
        REQUIRE(bench.run());
        const auto done = vf.reap(queue);
        REQUIRE(done.size() == 1);
        return done[0].status;
    }
    std::uint16_t io(const wire::Sqe& sqe) { return run(1, sqe); }
    wire::Sqe identify() {
        wire::Identify command;
        command.cns = 1;
        return vf.with_data(wire::encode(command, bench.rules), 4096);
    }
    void put(std::uint64_t address, std::uint64_t entry) {
        vf.memory().write(address, &entry, sizeof entry);
    }
    /// Reads of list pages since the last command: address, bytes.
    std::vector<std::pair<std::uint64_t, std::uint64_t>> lists() const {
        std::vector<std::pair<std::uint64_t, std::uint64_t>> result;
        for (const Effect& effect : bench.log) {
            if (effect.kind == EffectKind::ReadMemory &&
                effect.token == static_cast<std::uint64_t>(Read::PrpList)) {
                result.emplace_back(effect.address, effect.length);
            }
        }
        return result;
    }
    bool moved() const {
        return bench.count(EffectKind::TransferOut, 1) != 0 ||
               bench.count(EffectKind::TransferIn, 1) != 0;
    }
};

using Lists = std::vector<std::pair<std::uint64_t, std::uint64_t>>;

/// A transfer of so many pages, by a list at `list` of the entries that the test writes.
wire::Sqe by_list(Rig& rig, std::uint8_t opcode, std::uint32_t pages, std::uint64_t list) {
    wire::Sqe sqe = rig.vf.io(opcode, 0, pages * 8);
    sqe.prp2 = list;
    return sqe;
}

}  // namespace

TEST_CASE("a list is read to the end of its page, and its last entry leads on") {
    Rig rig;
    for (const std::uint8_t opcode : {spec::opcode::NvmRead, spec::opcode::NvmWrite}) {
        CHECK(rig.io(rig.vf.io(opcode, 0, 8 * 513)) == 0);  // 512 entries: just one page
        CHECK(rig.lists() == Lists{{Driver::list_address, 4096}});
        CHECK(rig.io(rig.vf.io(opcode, 0, 8 * 514)) == 0);  // 511 and 2
        CHECK(rig.lists() ==
              Lists{{Driver::list_address, 4096}, {Driver::list_address + 4096, 16}});
        CHECK(rig.io(rig.vf.io(opcode, 0, 8 * (1 + 511 + 512))) == 0);
        CHECK(rig.lists() ==
              Lists{{Driver::list_address, 4096}, {Driver::list_address + 4096, 4096}});
        CHECK(rig.io(rig.vf.io(opcode, 0, 8 * (1 + 511 + 513))) == 0);
        CHECK(rig.lists().size() == 3);
        CHECK(rig.moved());
    }
}

TEST_CASE("a list may begin anywhere in its page, even in its last entry") {
    Rig rig;
    wire::Sqe sqe = by_list(rig, spec::opcode::NvmRead, 4, far_list + 4088);
    rig.put(far_list + 4088, far_list + 0x5000);
    for (std::uint64_t i = 0; i < 3; ++i) {
        rig.put(far_list + 0x5000 + 8 * i, 0x10'0000 + 4096 * i);
    }
    CHECK(rig.io(sqe) == 0);
    CHECK(rig.lists() == Lists{{far_list + 4088, 8}, {far_list + 0x5000, 24}});
    sqe = by_list(rig, spec::opcode::NvmRead, 4, far_list + 4080);
    rig.put(far_list + 4080, 0x20'0000);
    CHECK(rig.io(sqe) == 0);
    CHECK(rig.lists() == Lists{{far_list + 4080, 16}, {far_list + 0x5000, 16}});
}

TEST_CASE("AD-DMA-40: entries of a list have no offset") {
    Rig rig;
    for (const std::uint64_t which : {0, 1, 2}) {
        for (const std::uint64_t offset : {1, 4, 8, 512, 4095}) {
            const wire::Sqe sqe = by_list(rig, spec::opcode::NvmWrite, 4, far_list);
            for (std::uint64_t i = 0; i < 3; ++i) {
                rig.put(far_list + 8 * i, 0x10'0000 + 4096 * i + (i == which ? offset : 0));
            }
            CHECK(rig.io(sqe) == 0x013);
            CHECK_FALSE(rig.moved());
        }
    }
    SECTION("a pointer to the next page neither") {
        const wire::Sqe sqe = by_list(rig, spec::opcode::NvmRead, 4, far_list + 4088);
        rig.put(far_list + 4088, far_list + 0x5008);
        CHECK(rig.io(sqe) == 0x013);
        CHECK(rig.lists().size() == 1);
    }
    SECTION("off: such a list still has no place for the data") {
        rig.bench.rules.set_on(Id::PrpListOffset, false);
        CHECK(rig.io(by_list(rig, spec::opcode::NvmWrite, 4, far_list)) == 0x006);
    }
}

TEST_CASE("AD-DMA-41: a list that leads back to its first page ends") {
    Rig rig;
    const wire::Sqe sqe = by_list(rig, spec::opcode::NvmRead, 4000, far_list);
    for (std::uint64_t i = 0; i < 512; ++i) {
        rig.put(far_list + 8 * i, far_list);
    }
    CHECK(rig.io(sqe) == 0x002);
    CHECK(rig.lists().size() == 1);
    CHECK_FALSE(rig.moved());
    SECTION("off: it is followed for as long as there are data") {
        rig.bench.rules.set_on(Id::PrpListLoop, false);
        CHECK(rig.io(sqe) == 0);
        CHECK(rig.lists().size() == 8);  // 7 * 511 + 422 entries
    }
    SECTION("over another page, from its middle, in an admin command") {
        wire::Identify command;
        command.cns = 1;
        wire::Sqe admin = wire::encode(command, rig.bench.rules);
        admin.prp1 = Driver::data_address + 4092;
        admin.prp2 = far_list + 4088;
        CHECK(rig.run(0, admin) == 0x013);  // two pages only: PRP2 is one of them
    }
    SECTION("an entry that leads to itself") {
        const wire::Sqe one = by_list(rig, spec::opcode::NvmRead, 4, far_list + 4088);
        CHECK(rig.io(one) == 0x002);
        CHECK(rig.lists().size() == 1);
    }
    SECTION("by way of a second page") {
        rig.put(far_list + 4088, far_list + 4096);
        for (std::uint64_t i = 0; i < 512; ++i) {
            rig.put(far_list + 4096 + 8 * i, far_list);
        }
        CHECK(rig.io(sqe) == 0x002);
        CHECK(rig.lists().size() == 2);
    }
    SECTION("behind its first page it ends with the data") {
        rig.put(far_list + 4088, far_list + 4096);
        for (std::uint64_t i = 0; i < 512; ++i) {
            rig.put(far_list + 4096 + 8 * i, far_list + 4096);
        }
        CHECK(rig.io(sqe) == 0);
    }
}

TEST_CASE("AD-DMA-42: a list that cannot be read") {
    Rig rig;
    for (const std::uint8_t opcode : {spec::opcode::NvmRead, spec::opcode::NvmWrite}) {
        CHECK(rig.io(by_list(rig, opcode, 4, nowhere)) == 0x004);
        CHECK(rig.io(by_list(rig, opcode, 4, ~std::uint64_t{7})) == 0x004);
        const wire::Sqe chained = by_list(rig, opcode, 4, far_list + 4088);
        rig.put(far_list + 4088, nowhere);
        CHECK(rig.io(chained) == 0x004);
        CHECK_FALSE(rig.moved());
        CHECK(rig.io(rig.vf.read_one()) == 0);
    }
    rig.bench.rules.set_on(Id::PrpListUnreachable, false);
    CHECK(rig.io(by_list(rig, spec::opcode::NvmRead, 4, nowhere)) == 0x006);
}

TEST_CASE("AD-DMA-43: data that cannot be read") {
    Rig rig;
    wire::Sqe sqe = rig.vf.io(spec::opcode::NvmWrite, 0, 8);
    sqe.prp1 = nowhere;
    CHECK(rig.io(sqe) == 0x004);
    CHECK(rig.bench.count(EffectKind::Media, 1) == 0);
    sqe.prp1 = nowhere - 512;
    sqe.prp2 = nowhere;
    CHECK(rig.io(sqe) == 0x004);
    sqe = by_list(rig, spec::opcode::NvmWrite, 3, far_list);
    rig.put(far_list, 0x10'0000);
    rig.put(far_list + 8, nowhere);
    CHECK(rig.io(sqe) == 0x004);
    rig.bench.rules.set_on(Id::DataInUnreachable, false);
    CHECK(rig.io(sqe) == 0);
    CHECK(rig.bench.count(EffectKind::Media, 1) == 1);
}

TEST_CASE("AD-DMA-44: data that cannot be written") {
    Rig rig;
    wire::Sqe sqe = rig.vf.read_one();
    sqe.prp1 = nowhere;
    wire::Sqe identify = rig.identify();
    identify.prp1 = nowhere;
    wire::Sqe listed = by_list(rig, spec::opcode::NvmRead, 3, far_list);
    rig.put(far_list, 0x10'0000);
    rig.put(far_list + 8, nowhere);
    CHECK(rig.io(sqe) == 0x004);
    CHECK(rig.bench.count(EffectKind::Media, 1) == 0);
    CHECK(rig.run(0, identify) == 0x004);
    CHECK(rig.io(listed) == 0x004);
    CHECK_FALSE(rig.moved());
    rig.bench.rules.set_on(Id::DataOutUnreachable, false);  // posted writes that nobody takes
    CHECK(rig.io(sqe) == 0);
    CHECK(rig.run(0, identify) == 0);
    CHECK(rig.io(listed) == 0);
}

TEST_CASE("AD-GEN-03 off: the offset bits are taken as 0") {
    Rig rig;
    rig.bench.rules.set_on(Id::PrpOffsetNotAllowed, false);
    wire::Sqe sqe = rig.identify();
    sqe.prp1 |= 2;
    CHECK(rig.run(0, sqe) == 0);
    CHECK(rig.vf.memory().bytes(Driver::data_address + 78, 1)[0] == 1);  // CNTLID
}

TEST_CASE("AD-DMA-50: an entry that cannot be read stops the controller") {
    Rig rig;
    wire::CreateSq create;
    create.qid = 2;
    create.qsize = 127;
    create.cqid = 1;
    create.prp1 = nowhere;
    REQUIRE(rig.vf.admin(wire::encode(create, rig.bench.rules)).status == 0);
    const auto csts = [&] { return rig.bench.read(1, property::CSTS); };
    CHECK(csts() == 1);
    rig.bench.ring_sq(1, 2, 1);
    REQUIRE(rig.bench.run());
    SECTION("fatal") {
        CHECK(csts() == 3);
        CHECK(rig.bench.at(1).busy == 0);
        rig.vf.submit(1, rig.vf.read_one());
        REQUIRE(rig.bench.run());
        CHECK(rig.vf.reap(1).empty());
        rig.bench.write(1, property::CC, 0);
        REQUIRE(rig.bench.run());
        CHECK(csts() == 0);
        rig.vf.enable();
        rig.vf.create(1, 16);
        CHECK(rig.io(rig.vf.read_one()) == 0);
    }
    SECTION("off: it is passed over") {
        rig.bench.write(1, property::CC, 0);
        REQUIRE(rig.bench.run());
        rig.vf.enable();
        rig.vf.create(1, 16);
        REQUIRE(rig.vf.admin(wire::encode(create, rig.bench.rules)).status == 0);
        rig.bench.rules.set_on(Id::SqeUnreachableIsFatal, false);
        rig.bench.ring_sq(1, 2, 3);
        REQUIRE(rig.bench.run());
        CHECK(csts() == 1);
        CHECK(rig.bench.at(1).busy == 0);
        CHECK(rig.vf.reap(1).empty());
        CHECK(rig.io(rig.vf.read_one()) == 0);
    }
}

TEST_CASE("a controller that suspends does not wait for an entry that cannot be read") {
    Rig rig;
    Driver pf{rig.bench, 0};
    pf.enable();
    wire::CreateSq create;
    create.qid = 2;
    create.qsize = 1;
    create.cqid = 1;
    create.prp1 = nowhere;
    REQUIRE(rig.vf.admin(wire::encode(create, rig.bench.rules)).status == 0);
    rig.bench.held = [](const Effect& effect) { return effect.function == 1; };
    rig.bench.ring_sq(1, 2, 1);
    pf.submit(0, wire::encode(wire::MigrationSend::suspend(1, wire::SuspendType::Suspend),
                              rig.bench.rules));
    REQUIRE(rig.bench.run());
    CHECK(pf.reap(0).empty());
    rig.bench.held = nullptr;
    REQUIRE(rig.bench.run());
    const auto done = pf.reap(0);
    REQUIRE(done.size() == 1);
    CHECK(done[0].status == 0);
}

TEST_CASE("completions and data without memory are lost, and nothing else happens") {
    Rig rig;
    rig.bench.write(1, property::CC, 0);
    REQUIRE(rig.bench.run());
    rig.bench.write(1, property::AQA, 15 | 15 << 16);
    rig.bench.write(1, property::ASQ, Driver::sq_base(0));
    rig.bench.write(1, property::ACQ, nowhere);
    rig.bench.write(1, property::CC, 0x0046'0001);
    REQUIRE(rig.bench.run());
    rig.bench.ring_sq(1, 0, 3);
    CHECK(rig.bench.run());
    CHECK(rig.bench.at(1).busy == 0);
}

TEST_CASE("any list ends: with the data in place, with a status, in bounded reads") {
    CHECK(tests::failure_of([] {
              Rig rig;
              // A few pages of entries that lead to one another, to data, to nowhere, or astray.
              const auto pages = *rc::gen::inRange<std::uint64_t>(1, 5);
              for (std::uint64_t page = 0; page < pages; ++page) {
                  for (const std::uint64_t slot : {0, 1, 2, 509, 510, 511}) {
                      const auto to = *rc::gen::inRange<std::uint64_t>(0, pages + 4);
                      const std::uint64_t entry = to < pages        ? far_list + 4096 * to
                                                  : to == pages     ? nowhere
                                                  : to == pages + 1 ? 0x10'0000 + 8
                                                                    : 0x10'0000 + 4096 * to;
                      rig.put(far_list + 4096 * page + 8 * slot, entry);
                  }
              }
              const auto count = *rc::gen::inRange<std::uint32_t>(3, 4000);
              const bool read = *rc::gen::arbitrary<bool>();
              const auto at = *rc::gen::element<std::uint64_t>(0, 8, 4072, 4080, 4088);
              const std::uint8_t opcode = read ? spec::opcode::NvmRead : spec::opcode::NvmWrite;
              const std::uint16_t status = rig.io(by_list(rig, opcode, count, far_list + at));
              RC_ASSERT(status == 0 || status == 0x002 || status == 0x004 || status == 0x013);
              RC_ASSERT(rig.lists().size() <= count / 511 + 2);
          }) == "");
}
