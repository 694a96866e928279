#include "model/spec/table.hpp"
#include "model/wire/identify.hpp"
#include "tests/model/nvme/udmq.hpp"

// Create and delete of Controller Data Queues (NVMe Base 2.3, 5.2.4).

using namespace lmsim;
using namespace lmsim::nvme;
using namespace lmsim::nvme::bench;
using spec::Id;

namespace {

constexpr std::uint64_t page = 4096;
constexpr std::uint32_t slots_of_page = 128;

/// A LogRig without a queue, and PRP lists in the PF's memory.
struct Rig : LogRig {
    explicit Rig(const Config& config = {}) : LogRig(0, config) {}

    static std::uint64_t list(std::uint64_t i) { return list_base + i * page; }
    void put(std::uint64_t list_page, std::uint64_t entry, std::uint64_t value) {
        pf.memory().write(list(list_page) + 8 * entry, &value, 8);
    }
    /// A list of `pages` pages of which every second one is left out, so that none are adjacent.
    void write_list(std::uint64_t pages) {
        std::uint64_t at = 0;
        for (std::uint64_t i = 0; i < pages; ++i) {
            if (at % 512 == 511 && i + 1 < pages) {
                put(at / 512, 511, list(at / 512 + 1));
                ++at;
            }
            put(at / 512, at % 512, ring_base + 2 * i * page);
            ++at;
        }
    }
    /// A Create that nobody's rules but this one refuse.
    std::uint16_t broken(const ControllerDataQueue& create) { return command(create).status; }
    bool none() const {
        for (const Cdq& queue : bench.subsystem->cdq) {
            if (queue.entries != 0) return false;
        }
        return true;
    }
};

/// What a command answers with the row in force, and without it.
template <class Ask>
void check_condition(Rig& rig, Id id, std::uint16_t with, std::uint16_t without, Ask&& ask) {
    INFO(spec::row(id).name);
    CHECK(ask() == with);
    rig.rules().set_on(id, false);
    CHECK(ask() == without);
    rig.rules().set_on(id, true);
}

}  // namespace

TEST_CASE("a queue is created and deleted; its number may come back") {
    Rig rig;
    const auto create = [&](std::uint16_t cntlid) {
        return rig.command(ControllerDataQueue::create(cntlid, LogRig::ring_base, 16));
    };
    const wire::Cqe first = create(1);
    CHECK(first.status == 0);
    CHECK(first.dw0 == 0);
    const wire::Cqe second = create(2);
    CHECK(second.status == 0);
    CHECK(second.dw0 == 1);
    const Cdq& queue = rig.bench.subsystem->cdq[1];
    CHECK(queue.entries == 2);
    CHECK(queue.base == LogRig::ring_base);
    CHECK(queue.mc == 2);
    CHECK(queue.creator == 0);
    CHECK(rig.bench.at(2).udmq == 2);
    CHECK(rig.remove(0) == 0);
    CHECK(rig.bench.at(1).udmq == 0);
    CHECK(rig.remove(0) == 0x137);
    CHECK(create(3).dw0 == 0);
}

TEST_CASE("what a Create is refused for") {
    Rig rig;
    const ControllerDataQueue good = ControllerDataQueue::create(1, LogRig::ring_base, 64);
    ControllerDataQueue bad = good;
    const auto ask = [&] {
        const std::uint16_t status = rig.broken(bad);
        if (status == 0) rig.remove(0);
        return status;
    };
    const auto check = [&](Id id, std::uint16_t with, std::uint16_t without) {
        check_condition(rig, id, with, without, ask);
        CHECK(rig.none());
        bad = good;
    };
    bad.qt = 1;
    check(Id::CdqTypeReserved, 0x002, 0);
    bad.prp1 += 8;
    check(Id::CdqPrpOffset, 0x013, 0);
    bad.dwords = 63;
    check(Id::CdqSizeNotEntries, 0x002, 0);
    bad.dwords = 8;
    check(Id::CdqTooSmall, 0x002, 0);
    bad.dwords = 0;
    check(Id::CdqTooSmall, 0x002, 0x006);
    bad.cntlid = 0;
    check(Id::CdqBadCntlid, 0x11F, 0x006);
    bad.cntlid = 9;
    check(Id::CdqBadCntlid, 0x11F, 0x006);
    bad.prp1 = Device::memory_end;
    check(Id::CdqNotHostMemory, 0x002, 0);
    bad.prp1 = Device::memory_end - page;
    bad.dwords = 8 * slots_of_page + 8;  // its last entry is beyond
    check(Id::CdqNotHostMemory, 0x002, 0);
    bad.operation = wire::CdqOperation::Reserved;
    for (const std::uint8_t sel : {0x02, 0xBF, 0xC0, 0xFF}) {
        bad.sel = sel;
        CHECK(rig.broken(bad) == 0x002);
    }
    check(Id::CdqSelReserved, 0x002, 0x006);
    check_condition(rig, Id::CdqDeleteUnknown, 0x137, 0x006, [&] { return rig.remove(0xFFFF); });
}

TEST_CASE("one UDMQ for an MC") {
    Rig rig;
    CHECK(rig.create(1, LogRig::ring_base, 8) == 0);
    CHECK(rig.create(1, LogRig::ring_base, 8) == 0x002);
    rig.rules().set_on(Id::CdqMcHasUdmq, false);
    CHECK(rig.create(1, LogRig::ring_base, 8) == 0);
    CHECK(rig.remove(0) == 0);
    CHECK(rig.bench.at(1).udmq == 2);  // the other one's
}

TEST_CASE("an MC makes no UDMQ, and knows none of the MMC's") {
    Rig rig;
    const wire::Sqe create =
        wire::encode(ControllerDataQueue::create(2, LogRig::ring_base, 16), rig.rules());
    CHECK(rig.vf.admin(create).status == 0x002);
    CHECK(rig.create(1, LogRig::ring_base, 8) == 0);
    CHECK(rig.vf.admin(wire::encode(ControllerDataQueue::remove(0), rig.rules())).status == 0x137);
    rig.rules().set_on(Id::CdqCreateAtMc, false);
    CHECK(rig.vf.admin(create).status == 0);
    CHECK(rig.bench.subsystem->cdq[1].creator == 1);
    CHECK(rig.remove(1) == 0x137);
}

TEST_CASE("the limits that Identify Controller reports hold, each alone") {
    Config config;
    config.mcudmq = 1;
    Id row = Id::CdqTooManyUdmqs;
    std::uint16_t status = 0x138;
    SECTION("MCUDMQ") {}
    SECTION("MNSUDMQ") {
        config.mcudmq = 9;
        config.mnsudmq = 1;
        row = Id::CdqTooManyUdmqsInAll;
    }
    SECTION("NMCMR") {
        config.mcudmq = 9;
        config.nmcmr = 1;
        row = Id::CdqTooManyRangesInAll;
        status = 0x002;
    }
    Rig rig(config);
    CHECK(rig.create(1, LogRig::ring_base, 8) == 0);
    CHECK(rig.create(2, LogRig::ring_base, 8) == status);
    rig.rules().set_on(row, false);
    CHECK(rig.create(2, LogRig::ring_base, 8) == 0);
    CHECK(rig.remove(0) == 0);
    rig.rules().set_on(row, true);
    CHECK(rig.create(1, LogRig::ring_base, 8) == status);
}

TEST_CASE("a queue in pages that are listed") {
    Config config;
    config.mcmr = 2000;
    Rig rig(config);
    const std::uint64_t pages = GENERATE(1, 2, 511, 512, 513, 1022, 1023, 1024);
    rig.write_list(pages);
    const auto slots = static_cast<std::uint32_t>(pages * slots_of_page);
    rig.bench.log.clear();
    CHECK(rig.create(1, Rig::list(0), slots, false) == 0);
    std::size_t reads = 0;
    for (const Effect& effect : rig.bench.log) {
        reads += effect.kind == EffectKind::ReadMemory &&
                         static_cast<Read>(effect.token) == Read::CdqList
                     ? 1
                     : 0;
    }
    CHECK(reads == (pages <= 512 ? 1 : pages <= 1023 ? 2 : 3));

    // Every page is where the list says: an entry of each of them.
    rig.ring = {0, slots, 0, true, 0};
    REQUIRE(rig.start() == 0);
    Cdq& queue = rig.cdq();
    for (const std::uint64_t at : {std::uint64_t{1}, pages / 2, pages - 1}) {
        queue.tail = static_cast<std::uint32_t>(at * slots_of_page + 5) % slots;
        queue.head = queue.tail;
        rig.write(77);
        const auto bytes =
            rig.pf.memory().bytes(LogRig::ring_base + 2 * (at % pages) * page + 5 * 32, 32);
        CHECK(wire::decode_udmq_entry(bytes.data(), 32, rig.rules())->slba == 77);
    }
}

TEST_CASE("what a Create with a list is refused for") {
    Config config;
    config.mcdqpc = 600;
    config.mcmr = 590;
    Rig rig(config);
    const std::uint32_t slots = 580 * slots_of_page;
    rig.write_list(601);
    const auto ask = [&] {
        const std::uint16_t status = rig.create(1, Rig::list(0), slots, false);
        if (status == 0) rig.remove(0);
        return status;
    };
    CHECK(ask() == 0);
    SECTION("entries with an offset, and the one that chains") {
        const std::uint64_t at = GENERATE(0, 300, 510, 511);
        rig.put(0, at, at == 511 ? Rig::list(1) + 8 : LogRig::ring_base + 4);
        CHECK(ask() == 0x013);
    }
    SECTION("an offset in the last page of the list") {
        rig.put(1, 68, LogRig::ring_base + 2048);
        check_condition(rig, Id::CdqPrpOffset, 0x013, 0, ask);
    }
    SECTION("a list that leads back to itself") {
        rig.put(0, 511, Rig::list(0));
        check_condition(rig, Id::CdqListLoops, 0x002, 0, ask);
    }
    SECTION("memory that is not there, of one page") {
        rig.put(1, 68, Device::memory_end);
        check_condition(rig, Id::CdqNotHostMemory, 0x002, 0, ask);
    }
    SECTION("more PRPs than MCDQPC") {
        rig.rules().set_on(Id::CdqTooManyRanges, false);
        check_condition(rig, Id::CdqTooManyPrps, 0x002, 0,
                        [&] { return rig.create(1, Rig::list(0), 601 * slots_of_page, false); });
    }
    SECTION("more ranges than MCMR") {
        check_condition(rig, Id::CdqTooManyRanges, 0x002, 0, [&] {
            const std::uint16_t status = rig.create(1, Rig::list(0), 591 * slots_of_page, false);
            if (status == 0) rig.remove(0);
            return status;
        });
    }
    SECTION("no more PRPs than 16 bits can count, whatever the rules say") {
        rig.rules().set_on(Id::CdqTooManyPrps, false);
        CHECK(rig.create(1, Rig::list(0), 0x10000 * slots_of_page, false) == 0x006);
    }
    CHECK(rig.none() == (rig.bench.at(1).udmq == 0));
}

TEST_CASE("adjacent pages are one range, or each is one") {
    Config config;
    config.mcmr = 2;
    config.nmcmr = 3;
    Rig rig(config);
    for (std::uint64_t i = 0; i < 4; ++i) {
        rig.put(0, i, LogRig::ring_base + (i + i / 2) * page);  // two runs of two
    }
    CHECK(rig.create(1, Rig::list(0), 4 * slots_of_page, false) == 0);
    CHECK(rig.create(2, LogRig::ring_base, 8) == 0);
    CHECK(rig.create(3, LogRig::ring_base, 8) == 0x002);  // NMCMR
    CHECK(rig.remove(0) == 0);
    CHECK(rig.create(3, LogRig::ring_base, 8) == 0);
    rig.rules().set_on(Id::CdqAdjacentPagesAreOneRange, false);
    CHECK(rig.create(1, Rig::list(0), 4 * slots_of_page, false) == 0x002);
}

TEST_CASE("a list that cannot be read ends the Create") {
    Rig rig;
    rig.write_list(600);
    const bool second = GENERATE(false, true);
    std::size_t lists = 0;
    Effect asked;
    rig.bench.held = [&](const Effect& effect) {
        const bool list = effect.kind == EffectKind::ReadMemory &&
                          static_cast<Read>(effect.token) == Read::CdqList;
        if (list && (!second || effect.address == Rig::list(1))) {
            asked = effect;
            ++lists;
            return true;
        }
        return false;
    };
    rig.pf.submit(0, wire::encode(ControllerDataQueue::create(1, Rig::list(0),
                                                              600 * slots_of_page * 8, false),
                                  rig.rules()));
    REQUIRE(rig.bench.run());
    REQUIRE(lists != 0);
    Event failed;
    failed.ticket = asked.ticket;
    failed.failed = true;
    std::uint16_t expected = 0x004;
    SECTION("a data transfer error") {}
    SECTION("or nobody knows what") {
        rig.rules().set_on(Id::CdqListUnreachable, false);
        expected = 0x006;
    }
    rig.bench.step(failed);
    const auto done = rig.pf.reap(0);
    REQUIRE(done.size() == 1);
    CHECK(done[0].status == expected);
    CHECK(rig.none());
}

TEST_CASE("a reset of the PF deletes its queues, even while one is being made") {
    LogRig rig;
    REQUIRE(rig.start() == 0);
    SECTION("a Controller Reset") { rig.bench.write(0, property::CC, 0); }
    SECTION("a function level reset") { rig.bench.reset(0); }
    CHECK(rig.cdq().entries == 0);
    CHECK(rig.mc().udmq == 0);
    CHECK_FALSE(rig.logs());
}

TEST_CASE("a reset of the MC leaves its UDMQ alone, and the log goes on") {
    LogRig rig;
    REQUIRE(rig.start() == 0);
    rig.bench.reset(1);
    CHECK(rig.logs());
    rig.vf.enable();
    rig.vf.create(1, 64);
    rig.write(5);
    const auto entries = rig.take();
    REQUIRE(entries.size() == 2);
    CHECK(same(entries[1], range(5, 1)));
}

TEST_CASE("LM-CDQ-72 off: queues outlive their creator's reset") {
    LogRig rig;
    rig.rules().set_on(Id::CdqEndsWithCreator, false);
    rig.bench.write(0, property::CC, 0);
    CHECK(rig.cdq().entries == 8);
    CHECK(rig.mc().udmq == 1);
}

TEST_CASE("Identify says what there is room for") {
    Config config;
    config.mcudmq = 3;
    config.mnsudmq = 4;
    config.mcmr = 5;
    config.nmcmr = 6;
    config.mcdqpc = 7;
    Rig rig(config);
    const auto identify = [&](Driver& driver) {
        wire::Identify command;
        command.cns = 1;
        REQUIRE(driver.admin(driver.with_data(wire::encode(command, rig.rules()), page)).status ==
                0);
        const auto bytes = driver.memory().bytes(Driver::data_address, page);
        return *wire::decode_identify_controller(bytes.data(), bytes.size(), rig.rules());
    };
    const wire::IdentifyController pf = identify(rig.pf);
    CHECK(pf.mcudmq == 3);
    CHECK(pf.mnsudmq == 4);
    CHECK(pf.mcmr == 5);
    CHECK(pf.nmcmr == 6);
    CHECK(pf.mcdqpc == 7);
    CHECK((pf.trattr & wire::trattr_tudcs) != 0);
    const wire::IdentifyController vf = identify(rig.vf);
    CHECK(vf.mcudmq == 0);
    CHECK((vf.trattr & wire::trattr_tudcs) == 0);
}
