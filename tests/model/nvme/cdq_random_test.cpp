#include <set>

#include "tests/model/nvme/udmq.hpp"
#include "tests/property.hpp"

// A host that logs the user data of a VF in any order of commands: no change is missed unless the
// log says so, and the entries tell a story that makes sense.

using namespace lmsim;
using namespace lmsim::nvme;
using namespace lmsim::nvme::bench;

namespace {

struct Host {
    LogRig rig;
    std::set<std::uint64_t> missing;  // blocks that were changed and not read of yet
    bool open = false;                // entries follow that are no first ones
    bool lost = false;                // the last entry was ESA 7
    bool suspended = false;

    static Config config(bool merge) {
        Config result;
        result.cdq_merge = merge;
        return result;
    }
    Host(std::uint32_t slots, bool merge, std::uint64_t seed) : rig(slots, config(merge)) {
        rig.bench.seed = seed;
        RC_ASSERT(rig.start() == 0);
    }

    void write_some() {
        std::set<std::uint64_t> blocks;
        const int commands = *rc::gen::inRange(1, 20);
        for (int i = 0; i < commands; ++i) {
            const std::uint64_t slba = *rc::gen::inRange(0, 64);
            const auto count = *rc::gen::inRange<std::uint32_t>(1, 8);
            for (std::uint64_t block = slba; block < slba + count; ++block) blocks.insert(block);
            rig.vf.put(1, rig.vf.io(spec::opcode::NvmWrite, slba, count));
        }
        const bool logged = rig.logs();
        rig.vf.ring(1);
        RC_ASSERT(rig.bench.run());
        if (suspended) {
            RC_ASSERT(rig.pf.resume(1) == 0);
            suspended = false;
        }
        const std::size_t done = rig.vf.reap(1).size();
        RC_ASSERT(done == static_cast<std::size_t>(commands));
        if (logged && rig.logs()) {
            missing.insert(blocks.begin(), blocks.end());
        }
    }
    /// The VF's completion queue fills up, a Suspend waits, the guest wakes up.
    void suspend_with_full_cq(bool dudmq) {
        for (int i = 0; i < 63; ++i) {
            rig.vf.put(1, rig.vf.io(spec::opcode::NvmWrite, 2 * static_cast<unsigned>(i), 1));
        }
        rig.vf.ring(1);
        RC_ASSERT(rig.bench.run());
        for (int i = 0; i < 40; ++i) {
            rig.vf.put(1, rig.vf.io(spec::opcode::NvmWrite, 3 * static_cast<unsigned>(i), 1));
        }
        rig.vf.ring(1);
        RC_ASSERT(rig.bench.run());
        rig.pf.submit(
            0, wire::encode(wire::MigrationSend::suspend(1, wire::SuspendType::Suspend, dudmq),
                            rig.rules()));
        RC_ASSERT(rig.bench.run());
        RC_ASSERT(rig.vf.reap(1).size() == 63U);
        RC_ASSERT(rig.bench.run());
        RC_ASSERT(rig.vf.reap(1).size() == 40U);
        RC_ASSERT(is(rig.mc().migration, Migration::Suspended));
        rig.pf.reap(0);
        suspended = true;
        missing.clear();  // what was logged is checked where nothing else goes on
        read();
        if (dudmq) reopen();
    }
    void reopen() {
        RC_ASSERT(rig.open(1, rig.ring.slots) == 0);
        open = false;
        if (suspended) {
            RC_ASSERT(rig.pf.resume(1) == 0);
            suspended = false;
        }
        RC_ASSERT(rig.start() == 0);
    }
    void read() {
        for (const UdmqEntry& entry : rig.take()) {
            const bool last =
                entry.esa == Esa::Stopped || entry.esa == Esa::Suspended || entry.esa == Esa::Full;
            RC_ASSERT(open || entry.esa != Esa::Ordinary);
            open = !last;
            lost = entry.esa == Esa::Full;
            if (lost) missing.clear();
            for (std::uint64_t i = 0; i < entry.blocks; ++i) missing.erase(entry.slba + i);
        }
        RC_ASSERT(missing.empty());
        RC_ASSERT(rig.ring.next == rig.cdq().tail || rig.cdq().entries == 0);
    }
    void consume() {
        read();
        if (rig.cdq().entries != 0) {
            RC_ASSERT(rig.move_head(rig.ring.next) == 0);
        }
    }
    void act() {
        switch (*rc::gen::inRange(0, 9)) {
            case 0:
            case 1:
            case 2: return write_some();
            case 3: return read();
            case 4: return consume();
            case 5: {
                const std::uint16_t status = rig.start();
                RC_ASSERT(status == 0 || status == 0x137 || status == 0x139 || status == 0x13B);
                RC_ASSERT(status != 0x139 || suspended);
                return;
            }
            case 6: RC_ASSERT(rig.stop() == (suspended ? 0x139 : 0)); return;
            case 7:
                RC_ASSERT(rig.suspend() == 0);
                suspended = true;
                return;
            default:
                if (suspended) {
                    RC_ASSERT(rig.pf.resume(1) == 0);
                    suspended = false;
                }
                return suspend_with_full_cq(*rc::gen::arbitrary<bool>());
        }
    }
};

}  // namespace

TEST_CASE("whatever is done, the log misses nothing unless it says so") {
    CHECK(lmsim::tests::failure_of(
              [] {
                  const auto slots = *rc::gen::element<std::uint32_t>(2, 3, 5, 16, 64, 200);
                  Host host(slots, *rc::gen::arbitrary<bool>(), *rc::gen::inRange(0, 1000));
                  for (int i = 0; i < 40; ++i) host.act();
                  host.read();
              },
              300) == "");
}
