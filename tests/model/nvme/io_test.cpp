#include "tests/model/nvme/driver.hpp"

using namespace lmsim;
using namespace lmsim::nvme;
using namespace lmsim::nvme::bench;

namespace {

struct Rig {
    Bench<SimBounds> bench{1};
    Driver vf{bench, 1};

    Rig() {
        vf.enable();
        vf.create(1, 16);
        bench.log.clear();
    }
    std::uint16_t io(const wire::Sqe& sqe) {
        bench.log.clear();
        vf.submit(1, sqe);
        REQUIRE(bench.run());
        const auto done = vf.reap(1);
        REQUIRE(done.size() == 1);
        return done[0].status;
    }
    /// The kinds of effects since the last command was submitted.
    std::vector<EffectKind> kinds() const {
        std::vector<EffectKind> result;
        for (const Effect& effect : bench.log) result.push_back(effect.kind);
        return result;
    }
};

using Kinds = std::vector<EffectKind>;

}  // namespace

TEST_CASE("reads and writes of one, two and more pages") {
    Rig rig;
    for (const bool read : {true, false}) {
        for (const std::uint32_t blocks : {1U, 8U, 9U, 16U, 17U, 512U}) {
            for (const std::uint64_t offset : {0ULL, 512ULL, 3584ULL}) {
                const std::uint8_t opcode = read ? spec::opcode::NvmRead : spec::opcode::NvmWrite;
                CHECK(rig.io(rig.vf.io(opcode, 100, blocks, offset)) == 0);
                const std::uint64_t bytes = std::uint64_t{blocks} * 512;
                const std::uint64_t pages = (offset + bytes + 4095) / 4096;
                Kinds expected{EffectKind::ReadMemory};
                if (pages > 2) expected.push_back(EffectKind::ReadMemory);
                if (!read) expected.push_back(EffectKind::TransferIn);
                expected.push_back(EffectKind::Media);
                if (read) expected.push_back(EffectKind::TransferOut);
                expected.push_back(EffectKind::PostCqe);
                expected.push_back(EffectKind::Interrupt);
                CHECK(rig.kinds() == expected);
                if (pages > 2) {
                    const Effect& list = rig.bench.log[1];
                    CHECK(list.token == static_cast<std::uint64_t>(Read::PrpList));
                    CHECK(list.address == Driver::list_address);
                    CHECK(list.length == 8 * (pages - 1));
                }
                for (const Effect& effect : rig.bench.log) {
                    if (effect.kind == EffectKind::Media) {
                        CHECK(effect.address == 100);
                        CHECK(effect.length == bytes);
                        CHECK(effect.token == (read ? 0U : 1U));
                    }
                    if (effect.kind == EffectKind::TransferOut ||
                        effect.kind == EffectKind::TransferIn) {
                        CHECK(effect.address == Driver::data_address + offset);
                        CHECK(effect.length == bytes);
                    }
                }
            }
        }
    }
}

TEST_CASE("flush and write zeroes move no data") {
    Rig rig;
    CHECK(rig.io(rig.vf.read_one(77)) == 0);
    CHECK(rig.io(wire::encode_flush(1)) == 0);
    CHECK(rig.kinds() == Kinds{EffectKind::ReadMemory, EffectKind::Media, EffectKind::PostCqe,
                               EffectKind::Interrupt});
    CHECK(rig.bench.log[1].token == static_cast<std::uint64_t>(MediaOp::Flush));
    CHECK(rig.bench.log[1].address == 0);  // nothing of an earlier command
    CHECK(rig.bench.log[1].length == 0);
    const wire::NvmRange all{5, 0xffff, false};
    CHECK(rig.io(wire::encode_nvm(spec::opcode::NvmWriteZeroes, 1, all)) == 0);
    CHECK(rig.bench.log[1].token == static_cast<std::uint64_t>(MediaOp::Deallocate));
    CHECK(rig.bench.log[1].length == 65536ULL * 512);
}

TEST_CASE("I/O commands that are refused") {
    Rig rig;
    const std::uint64_t blocks = rig.bench.config.blocks;
    CHECK(rig.io(rig.vf.read_one(blocks - 8)) == 0);
    CHECK(rig.io(rig.vf.read_one(blocks - 7)) == 0x080);
    CHECK(rig.io(rig.vf.read_one(blocks)) == 0x080);
    CHECK(rig.io(rig.vf.read_one(~0ULL)) == 0x080);
    wire::Sqe sqe = rig.vf.read_one();
    for (const std::uint32_t nsid : {0U, 257U, 0xffff'ffffU}) {
        sqe.nsid = nsid;
        CHECK(rig.io(sqe) == 0x00B);
    }
    for (const std::uint32_t nsid : {2U, 256U}) {  // valid, and not active
        sqe.nsid = nsid;
        CHECK(rig.io(sqe) == 0x002);
    }
    sqe.nsid = 1;
    sqe.opcode = 0x7f;
    CHECK(rig.io(sqe) == 0x001);
    CHECK(rig.io(rig.vf.io(spec::opcode::NvmRead, 0, 512)) == 0);  // MDTS: 256 KiB
    CHECK(rig.io(rig.vf.io(spec::opcode::NvmRead, 0, 513)) == 0x002);
    CHECK(rig.kinds() == Kinds{EffectKind::ReadMemory, EffectKind::PostCqe, EffectKind::Interrupt});
}

TEST_CASE("PRPs with an offset where none may be") {
    Rig rig;
    wire::Sqe one = rig.vf.read_one();
    one.prp1 += 2;
    CHECK(rig.io(one) == 0x013);
    wire::Sqe two = rig.vf.io(spec::opcode::NvmWrite, 0, 16);
    two.prp2 += 512;
    CHECK(rig.io(two) == 0x013);
    wire::Sqe list = rig.vf.io(spec::opcode::NvmWrite, 0, 17);
    list.prp2 += 4;
    CHECK(rig.io(list) == 0x013);
    list.prp2 += 4;  // a list may begin anywhere in its page
    CHECK(rig.io(list) == 0);
}
