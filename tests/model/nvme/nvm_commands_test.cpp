#include "tests/model/nvme/namespaces.hpp"

using namespace lmsim;
using namespace lmsim::nvme;
using namespace lmsim::nvme::bench;
using spec::Id;

namespace {

using Log = std::vector<Logged>;
using Ranges = std::vector<std::pair<std::uint64_t, std::uint64_t>>;

wire::Sqe compare(Driver& driver, std::uint64_t slba, std::uint32_t blocks) {
    return driver.io(spec::opcode::NvmCompare, slba, blocks);
}

wire::Sqe zeroes(Rig& rig, std::uint64_t slba, std::uint32_t blocks, bool deac) {
    const wire::NvmRange range{slba, static_cast<std::uint16_t>(blocks - 1), false};
    return wire::encode_write_zeroes(1, range, deac, rig.bench.rules);
}

/// The effects of kind Media, or of a transfer, of the last command.
const Effect& last(const Rig& rig, EffectKind kind) {
    for (std::size_t i = rig.bench.log.size(); i-- != 0;) {
        if (rig.bench.log[i].kind == kind) {
            return rig.bench.log[i];
        }
    }
    FAIL("no such effect");
    return rig.bench.log[0];
}

/// Submits to VF 1 what the media will not be able to do.
std::uint16_t failing(Rig& rig, const wire::Sqe& sqe) {
    rig.bench.held = [](const Effect& effect) { return effect.kind == EffectKind::Media; };
    rig.vf1.submit(1, sqe);
    REQUIRE(rig.bench.run());
    Event event;
    event.function = 1;
    event.ticket = rig.bench.waiting().back().ticket;
    event.failed = true;
    rig.bench.step(event);
    const auto done = rig.vf1.reap(1);
    REQUIRE(done.size() == 1);
    return done[0].status;
}

}  // namespace

TEST_CASE("compare fetches the host's data and reads the media") {
    Rig rig;
    rig.bench.log.clear();
    CHECK(rig.io(rig.vf1, compare(rig.vf1, 5, 16)) == 0);
    CHECK(last(rig, EffectKind::TransferIn).length == 8192);
    CHECK(last(rig, EffectKind::Media).token == static_cast<std::uint64_t>(MediaOp::Read));
    CHECK(last(rig, EffectKind::Media).address == 5);
    CHECK(rig.bench.count(EffectKind::TransferOut, 1) == 0);
    CHECK(rig.page(rig.vf1, 1).nuse == 0);  // nothing has changed
    CHECK(rig.io(rig.vf1, compare(rig.vf1, 99'999, 2)) == 0x080);
    CHECK(rig.io(rig.vf1, compare(rig.vf1, 0, 513)) == 0x002);  // MDTS
}

TEST_CASE("what the media cannot do") {
    Rig rig;
    const wire::Sqe write = rig.vf1.io(spec::opcode::NvmWrite, 0, 8);
    const std::vector<wire::DsmRange> range{{0, 8, 0}};
    REQUIRE(rig.write(rig.vf1, 1, 0, 8) == 0);
    rig.log_changes();
    SECTION("in force") {
        CHECK(failing(rig, compare(rig.vf1, 0, 8)) == 0x285);
        CHECK(failing(rig, rig.vf1.read_one()) == 0x281);
        CHECK(failing(rig, write) == 0x280);
        CHECK(failing(rig, wire::encode_flush(1)) == 0x280);
        CHECK(failing(rig, zeroes(rig, 0, 8, true)) == 0x280);
        CHECK(failing(rig, rig.dataset_management(rig.vf1, 1, range)) == 0x280);
        CHECK(rig.logged().empty());
        CHECK(rig.page(rig.vf1, 1).nuse == 8);
    }
    SECTION("not in force") {
        for (const Id id : {Id::CompareFailed, Id::MediaReadFailed, Id::MediaWriteFailed}) {
            rig.bench.rules.set_on(id, false);
        }
        CHECK(failing(rig, compare(rig.vf1, 0, 8)) == 0);
        CHECK(failing(rig, rig.vf1.read_one()) == 0);
        CHECK(failing(rig, write) == 0);
    }
}

TEST_CASE("flush of one namespace and of all") {
    Rig rig;
    CHECK(rig.io(rig.vf1, wire::encode_flush(1)) == 0);
    CHECK(rig.io(rig.vf1, wire::encode_flush(0xFFFF'FFFF)) == 0);
    CHECK(last(rig, EffectKind::Media).token == static_cast<std::uint64_t>(MediaOp::Flush));
    CHECK(rig.io(rig.vf1, wire::encode_flush(0)) == 0x00B);
    CHECK(rig.io(rig.vf1, wire::encode_flush(0xFFFF'FFFE)) == 0x00B);
    CHECK(rig.io(rig.vf1, wire::encode_flush(2)) == 0x002);
    rig.bench.rules.set_on(Id::FlushBroadcast, false);
    CHECK(rig.io(rig.vf1, wire::encode_flush(0xFFFF'FFFF)) == 0x00B);
    const auto page = rig.identify(rig.vf1, 0x01);
    CHECK((page.bytes[525] & 6) == 4);  // and VWC says so
}

TEST_CASE("other commands have no broadcast") {
    Rig rig;
    CHECK(rig.read(rig.vf1, 0xFFFF'FFFF) == 0x00B);
    CHECK(rig.deallocate(rig.vf1, 0xFFFF'FFFF, {{0, 1, 0}}) == 0x00B);
    CHECK(rig.deallocate(rig.vf1, 2, {{0, 1, 0}}) == 0x002);
}

TEST_CASE("NSID conditions that are off") {
    Rig rig;
    rig.bench.rules.set_on(Id::NamespaceInvalid, false);
    CHECK(rig.read(rig.vf1, 0) == 0x006);
    CHECK(rig.read(rig.vf1, 257) == 0x006);
    REQUIRE(rig.create(10).dw0 == 2);
    rig.bench.rules.set_on(Id::NamespaceInactive, false);
    CHECK(rig.read(rig.vf1, 2) == 0);
    rig.bench.rules.set_on(Id::RangeBeyondNamespace, false);
    CHECK(rig.read(rig.vf1, 2, 10) == 0x006);
    CHECK(rig.deallocate(rig.vf1, 1, {{0, 1, 100'000}}) == 0x006);
}

TEST_CASE("general conditions of I/O that are off") {
    Rig rig;
    wire::Sqe sqe = rig.vf1.read_one();
    sqe.opcode = 0x7F;
    CHECK(rig.io(rig.vf1, sqe) == 0x001);
    rig.bench.rules.set_on(Id::UnsupportedOpcode, false);
    CHECK(rig.io(rig.vf1, sqe) == 0x006);
    rig.bench.rules.set_on(Id::TransferBeyondMdts, false);
    CHECK(rig.io(rig.vf1, rig.vf1.io(spec::opcode::NvmRead, 0, 600)) == 0);
}

TEST_CASE("writes are allocated and logged, reads and flushes are not") {
    Rig rig;
    rig.log_changes();
    CHECK(rig.write(rig.vf1, 1, 100, 8) == 0);
    CHECK(rig.read(rig.vf1, 1, 100) == 0);
    CHECK(rig.io(rig.vf1, wire::encode_flush(1)) == 0);
    CHECK(rig.io(rig.vf1, compare(rig.vf1, 100, 8)) == 0);
    CHECK(rig.write(rig.vf1, 1, 99'999, 2) == 0x080);
    CHECK(rig.write(rig.vf1, 2, 0, 2) == 0x002);
    CHECK(rig.write(rig.vf2, 1, 500, 8) == 0);  // another controller's
    CHECK(rig.logged() == Log{{1, 100, 8, false}});
    CHECK(rig.allocated(rig.vf1, 1) == Ranges{{100, 8}, {500, 8}});
}

TEST_CASE("write zeroes writes, or with DEAC deallocates") {
    Rig rig;
    rig.log_changes();
    REQUIRE(rig.write(rig.vf1, 1, 0, 100) == 0);
    CHECK(rig.io(rig.vf1, zeroes(rig, 90, 20, false)) == 0);
    CHECK(rig.io(rig.vf1, zeroes(rig, 10, 5, true)) == 0);
    CHECK(rig.io(rig.vf1, zeroes(rig, 99'999, 2, true)) == 0x080);
    CHECK(rig.io(rig.vf1, zeroes(rig, 30'000, 65'536, false)) == 0);  // MDTS does not bind it
    CHECK(
        rig.logged() ==
        Log{{1, 0, 100, false}, {1, 90, 20, false}, {1, 10, 5, true}, {1, 30'000, 65'536, false}});
    CHECK(rig.allocated(rig.vf1, 1) == Ranges{{0, 10}, {15, 95}, {30'000, 65'536}});
}

TEST_CASE("dataset management deallocates its ranges") {
    Rig rig;
    rig.log_changes();
    REQUIRE(rig.write(rig.vf1, 1, 0, 100) == 0);
    rig.bench.log.clear();
    CHECK(rig.deallocate(rig.vf1, 1, {{7, 10, 20}, {0, 0, ~std::uint64_t{0}}, {0, 5, 95}}) == 0);
    const Effect& read = rig.bench.log[1];
    CHECK(read.kind == EffectKind::ReadMemory);
    CHECK(read.token == static_cast<std::uint64_t>(Read::CommandData));
    CHECK(read.length == 48);
    CHECK(last(rig, EffectKind::Media).length == 15 * 512);
    CHECK(last(rig, EffectKind::Media).address == 20);
    CHECK(last(rig, EffectKind::Media).token == static_cast<std::uint64_t>(MediaOp::Deallocate));
    CHECK(rig.logged() == Log{{1, 20, 10, true}, {1, 95, 5, true}});
    CHECK(rig.allocated(rig.vf1, 1) == Ranges{{0, 20}, {30, 65}});
}

TEST_CASE("dataset management without AD is a hint") {
    Rig rig;
    rig.log_changes();
    REQUIRE(rig.write(rig.vf2, 1, 0, 100) == 0);
    CHECK(rig.deallocate(rig.vf1, 1, {{1, 10, 20}}, false) == 0);
    CHECK(rig.logged().empty());
    CHECK(rig.page(rig.vf1, 1).nuse == 100);
}

TEST_CASE("one range beyond the namespace fails them all") {
    Rig rig;
    rig.log_changes();
    REQUIRE(rig.write(rig.vf2, 1, 0, 100) == 0);
    CHECK(rig.deallocate(rig.vf1, 1, {{0, 10, 20}, {0, 2, 99'999}}) == 0x080);
    CHECK(rig.deallocate(rig.vf1, 1, {{0, 0xFFFF'FFFF, 1}}) == 0x080);
    CHECK(rig.deallocate(rig.vf1, 1, {{0, 1, ~std::uint64_t{0}}}) == 0x080);
    CHECK(rig.logged().empty());
    CHECK(rig.page(rig.vf1, 1).nuse == 100);
}

TEST_CASE("256 ranges need more than one step, and each is logged once, before the completion") {
    Rig rig;
    rig.log_changes();
    REQUIRE(rig.write(rig.vf2, 1, 0, 512) == 0);
    std::vector<wire::DsmRange> ranges;
    Log expected;
    for (std::uint32_t i = 0; i < 256; ++i) {
        ranges.push_back({0, 1, 2 * i});
        expected.push_back({1, 2 * i, 1, true});
    }
    rig.bench.log.clear();
    // Data that cross a page: PRP2 names the second.
    const wire::DatasetManagement command{256, true};
    for (std::uint32_t i = 0; i < 256; ++i) {
        std::uint8_t bytes[16];
        wire::encode(ranges[i], bytes, spec::Rules::ratified());
        rig.vf1.memory().write(Driver::data_address + 64 + 16 * i, bytes, sizeof bytes);
    }
    const wire::Sqe sqe =
        rig.vf1.with_data(wire::encode(command, 1, rig.bench.rules), 256 * 16, 64);
    CHECK(rig.io(rig.vf1, sqe) == 0);
    CHECK(rig.logged() == expected);
    CHECK(last(rig, EffectKind::PostCqe).function == 1);
    bool completed = false;
    for (const Effect& effect : rig.bench.log) {
        CHECK(!(completed && effect.kind == EffectKind::PostCdqe));
        completed = completed || effect.kind == EffectKind::PostCqe;
    }
    CHECK(rig.page(rig.vf1, 1).nuse == 256);
    CHECK(rig.bench.at(1).logging_slot == 0);
    CHECK(rig.bench.at(1).busy == 0);
}

TEST_CASE("I/O beside a command whose changes take several steps") {
    Rig rig;
    rig.log_changes();
    std::vector<wire::DsmRange> ranges;
    for (std::uint32_t i = 0; i < 200; ++i) {
        ranges.push_back({0, 1, 2 * i});
    }
    rig.vf1.put(1, rig.dataset_management(rig.vf1, 1, ranges));
    for (int i = 0; i < 5; ++i) {
        wire::Sqe sqe = rig.vf1.io(spec::opcode::NvmWrite, 50'000 + 8U * static_cast<unsigned>(i),
                                   8, std::uint64_t{1} << 20);
        rig.vf1.put(1, sqe);
    }
    rig.vf1.ring(1);
    REQUIRE(rig.bench.run());
    const auto done = rig.vf1.reap(1);
    REQUIRE(done.size() == 6);
    for (const wire::Cqe& cqe : done) {
        CHECK(cqe.status == 0);
    }
    CHECK(rig.logged().size() == 205);
}

TEST_CASE("a queue that is deleted takes its completions, not its changes") {
    Rig rig;
    rig.log_changes();
    rig.bench.held = [](const Effect& effect) { return effect.kind == EffectKind::Media; };
    rig.vf1.submit(1, rig.vf1.io(spec::opcode::NvmWrite, 100, 8));
    rig.vf1.submit(1, rig.dataset_management(rig.vf1, 1, {{0, 1, 3}}));
    REQUIRE(rig.bench.run());
    REQUIRE(rig.vf1.admin(wire::encode(wire::DeleteSq{1}, rig.bench.rules)).status == 0);
    rig.bench.held = nullptr;
    REQUIRE(rig.bench.run());
    CHECK(rig.vf1.reap(1).empty());
    CHECK(rig.logged() == Log{{1, 100, 8, false}, {1, 3, 1, true}});
    CHECK(rig.bench.at(1).busy == 0);
}

TEST_CASE("what is not logged while its rule is off") {
    Rig rig;
    rig.log_changes();
    for (const Id id : {Id::WriteIsLogged, Id::WriteZeroesIsLogged, Id::DsmIsLogged}) {
        rig.bench.rules.set_on(id, false);
    }
    CHECK(rig.write(rig.vf1, 1, 0, 8) == 0);
    CHECK(rig.io(rig.vf1, zeroes(rig, 0, 8, false)) == 0);
    CHECK(rig.deallocate(rig.vf1, 1, {{0, 1, 0}}) == 0);
    CHECK(rig.logged().empty());
    rig.bench.rules.set_on(Id::WriteZeroesIsLogged, true);
    rig.bench.rules.set_on(Id::WriteZeroesDeallocates, false);
    CHECK(rig.io(rig.vf1, zeroes(rig, 0, 8, true)) == 0);
    CHECK(rig.logged() == Log{{1, 0, 8, false}});
}

TEST_CASE("blocks of 4 KiB") {
    Config config = small_namespaces();
    config.block_bytes = 4096;
    config.capacity = 0;
    Rig rig(config);
    wire::Sqe sqe =
        rig.vf1.with_data(wire::encode_nvm(spec::opcode::NvmRead, 1, {99'998, 1, false}), 2 * 4096);
    CHECK(rig.io(rig.vf1, sqe) == 0);
    CHECK(last(rig, EffectKind::TransferOut).length == 8192);
    sqe = rig.vf1.with_data(wire::encode_nvm(spec::opcode::NvmRead, 1, {0, 63, false}), 64 * 4096);
    CHECK(rig.io(rig.vf1, sqe) == 0);
    sqe = rig.vf1.with_data(wire::encode_nvm(spec::opcode::NvmRead, 1, {0, 64, false}), 65 * 4096);
    CHECK(rig.io(rig.vf1, sqe) == 0x002);
}
