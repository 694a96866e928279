#include "sim/run/vf_watch.hpp"

#include <string>
#include <vector>

#include "model/wire/admin.hpp"
#include "model/wire/nvm.hpp"
#include "sim/bridge/command_port.hpp"
#include "sim/core/reports.hpp"
#include "tests/catch.hpp"

using namespace lmsim;
using namespace lmsim::sim;

namespace {

/// A function whose memory the test writes in the place of a device.
class FakePort final : public DevicePort {
  public:
    explicit FakePort(Memory& memory) : memory_(memory) {}
    void write(std::uint64_t, std::uint64_t, unsigned) override {}
    void read(std::uint64_t, unsigned, std::uint64_t token) override {
        if (client != nullptr) client->read_done(token, csts);
    }
    void reset(std::function<void()> done) override { done(); }
    void enable_interrupts(bool) override {}
    void set_client(PortClient* to) override { client = to; }
    Memory& memory() override { return memory_; }

    PortClient* client = nullptr;
    std::uint64_t csts = 1;

  private:
    Memory& memory_;
};

struct Owner final : PortClient {
    void interrupt(std::uint32_t) override { ++interrupts; }
    void read_done(std::uint64_t, std::uint64_t) override { ++reads; }
    int interrupts = 0;
    int reads = 0;
};

struct Seen final : DeviceObserver {
    void state_entered(Ps, std::uint16_t, std::uint32_t state) override { states.push_back(state); }
    void command_posted(Ps, Ps, std::uint16_t, std::uint16_t sqid, std::uint16_t cid, std::uint8_t,
                        std::uint16_t) override {
        posted.emplace_back(sqid, cid);
    }
    void broke_suspension(Ps, std::uint16_t) override { ++broken; }
    void interrupts_switched(Ps, std::uint16_t, bool) override {}
    void interrupt_lost(Ps, std::uint16_t) override {}
    std::vector<std::uint32_t> states;
    std::vector<std::pair<std::uint16_t, std::uint16_t>> posted;
    int broken = 0;
};

constexpr std::uint64_t pages = 64;

/// A guest's queues on a function that nobody but this test serves.
struct Bench {
    explicit Bench(metrics::Side side = metrics::Side::Source)
        : bytes(pages * page_size),
          memory(pages, bytes.data()),
          port(memory),
          watch(port, kernel, 0, side, 512),
          queues(watch, 8, 1, 4) {
        install_report_handler();
        watch.set_client(&owner);
        watch.connect(&seen, &monitor);
    }
    /// The device completes this command; `slot` of the CQ counts on over its end.
    void post(std::uint16_t queue, std::uint16_t cid, std::uint32_t slot) {
        const QueuePair& pair = queues.queue(queue);
        wire::Cqe cqe;
        cqe.sqid = queue;
        cqe.cid = cid;
        cqe.phase = slot / pair.cq_entries() % 2 == 0;
        wire::encode(cqe, memory.bytes(pair.cq_base() + 16 * (slot % pair.cq_entries()), 16));
    }
    std::uint16_t submit(std::uint16_t queue, wire::Sqe sqe) {
        return queues.submit(queue, sqe, 0);
    }
    /// Both I/O queues, made by the admin commands of a driver.
    void make_queues() {
        queues.enable();
        watch.read(reg::CSTS, 4, 0);
        const QueuePair& pair = queues.queue(1);
        const std::uint16_t cq =
            submit(0, wire::encode(wire::CreateCq{1, 3, true, true, 1, pair.cq_base()}, rules));
        post(0, cq, 0);
        watch.look();
        const std::uint16_t sq =
            submit(0, wire::encode(wire::CreateSq{1, 3, true, 0, 1, pair.sq_base()}, rules));
        post(0, sq, 1);
        watch.look();
    }
    wire::Sqe read_of(std::uint64_t address) const {
        wire::Sqe sqe = wire::encode_nvm(spec::opcode::NvmRead, 1, {0, 15, false});
        sqe.prp1 = address;
        sqe.prp2 = address + page_size;
        return sqe;
    }

    spec::Rules rules;
    std::vector<std::uint8_t> bytes;
    Memory memory;
    FakePort port;
    Kernel kernel{"kernel"};
    VfWatch watch;
    CommandPort queues;
    Owner owner;
    Seen seen;
    RunMonitor monitor{nullptr};
};

bool is_dirty(const Memory& memory, std::uint64_t address) {
    return (memory.dirty_log(pages)[0] >> (address / page_size) & 1) != 0;
}

}  // namespace

TEST_CASE("a completion in memory is told once, and what its command wrote is dirty",
          "[run][watch]") {
    Bench bench;
    bench.make_queues();
    CHECK(bench.owner.reads == 1);
    const std::uint64_t buffer = bench.memory.allocate_pages(2);
    bench.memory.clear_dirty();
    for (std::uint32_t i = 0; i < 9; ++i) {  // over the end of its queue of 4, twice
        const std::uint16_t cid = bench.submit(1, bench.read_of(buffer));
        bench.watch.look();
        CHECK(bench.seen.posted.size() == i);
        bench.memory.clear_dirty();
        bench.post(1, cid, i);
        bench.watch.look();
        bench.watch.look();
        REQUIRE(bench.seen.posted.size() == i + 1);
        CHECK(bench.seen.posted.back() == std::pair<std::uint16_t, std::uint16_t>(1, cid));
        CHECK(is_dirty(bench.memory, buffer));
        CHECK(is_dirty(bench.memory, buffer + page_size));
        CHECK(is_dirty(bench.memory, bench.queues.queue(1).cq_base()));
        bench.queues.reap(
            1, [](std::uint64_t, const wire::Cqe&) {}, [](const wire::Cqe&) {});
    }
}

TEST_CASE("what a suspended controller completes is found", "[run][watch]") {
    Bench bench;
    bench.make_queues();
    bench.monitor.tell(0, observe(check::What::VmRuns, metrics::Side::Source));
    const std::uint64_t buffer = bench.memory.allocate_pages(2);
    std::uint16_t cid[2];
    for (std::uint16_t& one : cid) {
        one = bench.submit(1, bench.read_of(buffer));
        bench.monitor.tell(0,
                           observe_queue(check::What::Submitted, metrics::Side::Source, 0, 1, one));
    }
    bench.watch.suspending();
    bench.post(1, cid[0], 0);  // it was under way: that is as it should be
    bench.watch.suspended();
    CHECK(bench.seen.broken == 0);
    CHECK(bench.monitor.breaches().empty());
    bench.post(1, cid[1], 1);
    bench.watch.look();
    CHECK(bench.seen.broken == 1);
    REQUIRE(bench.monitor.breaches().size() == 1);
    CHECK(bench.monitor.breaches()[0].invariant->id == std::string("INV-SUSP-02"));
}

TEST_CASE("a controller that takes a state over goes on where its queues were", "[run][watch]") {
    Bench source;
    source.make_queues();
    const std::uint64_t buffer = source.memory.allocate_pages(2);
    const std::uint16_t first = source.submit(1, source.read_of(buffer));
    const std::uint16_t second = source.submit(1, source.read_of(buffer));
    source.post(1, first, 0);
    source.watch.look();
    // The other host's memory, as the migration brings it.
    std::vector<std::uint8_t> bytes = source.bytes;
    Memory memory(pages, bytes.data());
    FakePort port(memory);
    VfWatch there(port, source.kernel, 0, metrics::Side::Destination, 512);
    Seen seen;
    there.connect(&seen, nullptr);
    there.take_over(source.watch);
    there.look();
    CHECK(seen.posted.empty());  // the one that is there was told of
    wire::Cqe cqe;
    cqe.sqid = 1;
    cqe.cid = second;
    cqe.phase = true;
    wire::encode(cqe, memory.bytes(source.queues.queue(1).cq_base() + 16, 16));
    there.look();
    REQUIRE(seen.posted.size() == 1);
    CHECK(seen.posted[0].second == second);
}

TEST_CASE("a function that is gone is told as gone, and not as ready", "[run][watch]") {
    Bench bench;
    bench.port.csts = 0xffffffff;
    bench.queues.enable();
    bench.watch.read(reg::CSTS, 4, 0);
    CHECK(bench.owner.reads == 0);
    CHECK_THAT(bench.watch.trouble(), Catch::Contains("VF 0") && Catch::Contains("gone"));
}

TEST_CASE("after a reset nothing in the old queues counts", "[run][watch]") {
    Bench bench;
    bench.make_queues();
    const std::uint16_t cid = bench.submit(1, bench.read_of(bench.memory.allocate_pages(2)));
    bench.watch.reset([] {});
    bench.post(1, cid, 0);
    bench.watch.look();
    CHECK(bench.seen.posted.empty());
}
