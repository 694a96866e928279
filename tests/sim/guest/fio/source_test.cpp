// What the generators do: order, ends, rates, thinking, flushes.
#include <algorithm>
#include <set>

#include "tests/sim/guest/fio/run_source.hpp"

using namespace lmsim::sim;
using namespace lmsim::sim::fio;
using namespace lmsim::tests;

namespace {

std::uint64_t bytes_of(const std::vector<Step>& steps) {
    std::uint64_t sum = 0;
    for (const Step& step : steps) sum += step.io.length;
    return sum;
}

std::set<std::uint64_t> offsets_of(const std::vector<Step>& steps) {
    std::set<std::uint64_t> out;
    for (const Step& step : steps) out.insert(step.io.offset);
    return out;
}

std::vector<Op> ops_of(const std::vector<Step>& steps) {
    std::vector<Op> out;
    for (const Step& step : steps) out.push_back(step.io.op);
    return out;
}

/// An order-sensitive hash of everything a source says.
std::uint64_t hash_of(const std::vector<Step>& steps) {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const Step& step : steps) {
        for (const std::uint64_t word : {static_cast<std::uint64_t>(step.at.ps), step.io.offset,
                                         step.io.length, static_cast<std::uint64_t>(step.io.op)}) {
            hash = (hash ^ word) * 0x100000001b3;
        }
    }
    return hash;
}

}  // namespace

TEST_CASE("fio source: a sequential job walks its region once") {
    const auto steps = run_job("rw=write\nbs=64k\noffset=1m\nsize=1m\niodepth=4", 1_us);
    REQUIRE(steps.size() == 16);
    for (std::size_t i = 0; i < steps.size(); ++i) {
        CHECK(steps[i].io.offset == (1 << 20) + i * 65536);
        CHECK(steps[i].io.op == Op::Write);
    }
    CHECK(steps[3].at == 0_us);
    CHECK(steps[4].at == 1_us);
}

TEST_CASE("fio source: what does not fit at the end of the region is left out") {
    CHECK(run_job("rw=read\nbs=64k\nsize=1000k").size() == 15);
}

TEST_CASE("fio source: a time-based sequential job wraps and ends on time") {
    const auto steps = run_job("rw=read\nbs=64k\nsize=256k\ntime_based\nruntime=10ms", 1_ms);
    REQUIRE(steps.size() == 10);
    CHECK(steps[4].io.offset == 0);
    CHECK(steps[9].at == 9_ms);
}

TEST_CASE("fio source: runtime ends a job that is not done; ramp_time comes on top") {
    CHECK(run_job("rw=read\nsize=1m\nruntime=10ms", 1_ms).size() == 10);
    CHECK(run_job("rw=read\nsize=1m\nruntime=10ms\nramp_time=5ms", 1_ms).size() == 15);
    const auto late = run_job("rw=read\nsize=1m\nruntime=10ms\nstartdelay=5ms", 1_ms);
    CHECK(late.size() == 10);
    CHECK(late[0].at == 5_ms);
}

TEST_CASE("fio source: mixed sequential directions walk on their own, and share the size") {
    const auto steps = run_job("rw=rw\nrwmixread=70\nbs=4k\nsize=4m");
    CHECK(bytes_of(steps) == 4 << 20);
    std::uint64_t next[2] = {0, 0};
    for (const Step& step : steps) {
        auto& position = next[step.io.op == Op::Write ? 1 : 0];
        CHECK(step.io.offset == position);
        position += step.io.length;
    }
    CHECK(next[0] > next[1]);
}

TEST_CASE("fio source: a random job visits each block once") {
    for (const char* lines : {"rw=randread\nsize=4m", "rw=randrw\nsize=4m\noffset=8m",
                              "rw=randtrim\nsize=4m\noffset=1k", "rw=randread\nbs=512\nsize=1m"}) {
        const auto steps = run_job(lines);
        const auto offsets = offsets_of(steps);
        CHECK(offsets.size() == steps.size());
        CHECK(bytes_of(steps) == *offsets.rbegin() + steps[0].io.length - *offsets.begin());
    }
}

TEST_CASE("fio source: a time-based random job begins a new order when all blocks are done") {
    const auto steps = run_job("rw=randread\nsize=64k\ntime_based\nruntime=48ms", 1_ms);
    REQUIRE(steps.size() == 48);
    for (std::size_t pass = 0; pass < 3; ++pass) {
        const auto from = steps.begin() + static_cast<std::ptrdiff_t>(16 * pass);
        CHECK(offsets_of({from, from + 16}).size() == 16);
    }
    CHECK(steps[0].io.offset + steps[1].io.offset + steps[2].io.offset !=
          steps[16].io.offset + steps[17].io.offset + steps[18].io.offset);
}

TEST_CASE("fio source: without a random map blocks repeat") {
    const auto steps = run_job("rw=randread\nsize=4m\nnorandommap");
    CHECK(steps.size() == 1024);
    CHECK(offsets_of(steps).size() < 800);
}

TEST_CASE("fio source: variable blocks stay inside the region") {
    for (const char* lines :
         {"rw=randrw\nbsrange=4k-64k\nsize=1m\noffset=1m", "rw=rw\nbssplit=4k/50:64k/50\nsize=1m",
          "rw=randwrite\nbssplit=4k/1:256k/99\nsize=300k\nnorandommap\nio_size=100m",
          "rw=randread\nbs=64k\nba=4k\nsize=1m\nio_size=100m"}) {
        const std::uint64_t base =
            std::string(lines).find("offset") == std::string::npos ? 0 : 1 << 20;
        const auto steps = run_job(lines);
        CHECK(steps.size() > 10);
        for (const Step& step : steps) {
            CHECK(step.io.offset >= base);
            CHECK(step.io.offset + step.io.length <= base + (1 << 20));
            CHECK(step.io.offset % 4096 == 0);
            CHECK(step.io.length % 4096 == 0);
        }
    }
}

TEST_CASE("fio source: loops, io_size and number_ios") {
    CHECK(run_job("rw=read\nsize=64k\nloops=3").size() == 48);
    CHECK(run_job("rw=read\nsize=64k\nio_size=32k").size() == 8);
    CHECK(run_job("rw=read\nsize=64k\nio_size=160k").size() == 40);
    CHECK(run_job("rw=randread\nsize=64k\nio_size=160k").size() == 40);
    CHECK(run_job("rw=read\nsize=64k\nnumber_ios=5").size() == 5);
}

TEST_CASE("fio source: a rate spreads the I/Os, exactly") {
    const auto steps = run_job("rw=read\nbs=4k\nsize=64k\nrate_iops=1000", 10_us);
    REQUIRE(steps.size() == 16);
    for (std::size_t i = 0; i < steps.size(); ++i) {
        CHECK(steps[i].at == Time(static_cast<std::int64_t>(i) * (1_ms).ps));
    }
    const auto bandwidth = run_job("rw=read\nbs=4k\nsize=64k\nrate=4096k", 10_us);
    CHECK(bandwidth[1].at == Time(976'562'500));  // 4 KiB at 4 MiB/s
}

TEST_CASE("fio source: a job that was held up catches up with its rate") {
    const Sources sources = sources_of("rw=read\nbs=4k\nsize=64k\nrate_iops=1000\niodepth=8");
    IoSource& source = *sources[0];
    const auto first = source.next(0_s);
    REQUIRE(first);
    CHECK_FALSE(source.next(0_s));  // it waits for its rate with nothing outstanding
    source.completed(5500_us, first->io);
    for (int i = 1; i <= 5; ++i) {
        const auto more = source.next(5500_us);
        REQUIRE(more);
        CHECK(more->not_before == 5500_us);
        source.completed(5500_us, more->io);
    }
    CHECK(source.next(5500_us)->not_before == 6_ms);
}

TEST_CASE("fio source: each direction has its own rate") {
    const auto steps =
        run_job("rw=randrw\nbs=4k\nsize=4m\nrate_iops=1000,500\ntime_based\nruntime=1s");
    const auto ops = ops_of(steps);
    CHECK(std::count(ops.begin(), ops.end(), Op::Read) == 1000);
    CHECK(std::count(ops.begin(), ops.end(), Op::Write) == 500);
}

TEST_CASE("fio source: thinking starts when all is complete") {
    const auto one = run_job("rw=read\nsize=20k\nthinktime=100", 10_us);
    REQUIRE(one.size() == 5);
    CHECK(one[1].at == 110_us);
    CHECK(one[4].at == 440_us);
    const auto four = run_job("rw=read\nsize=64k\nthinktime=100\nthinktime_blocks=4", 10_us);
    CHECK(four[3].at == 30_us);
    CHECK(four[4].at == 140_us);
    const auto deep = run_job(
        "rw=read\nsize=64k\niodepth=4\nthinktime=100\nthinktime_blocks=4\n"
        "thinktime_blocks_type=issue",
        10_us);
    CHECK(deep[3].at == 0_us);
    CHECK(deep[4].at == 110_us);
    CHECK(deep[7].at == 110_us);
}

TEST_CASE("fio source: flushes follow writes") {
    const auto ops = ops_of(run_job("rw=write\nsize=32k\nfsync=3"));
    REQUIRE(ops.size() == 10);
    CHECK(ops[3] == Op::Flush);
    CHECK(ops[7] == Op::Flush);
    CHECK(std::count(ops.begin(), ops.end(), Op::Flush) == 2);
    CHECK(run_job("rw=read\nsize=32k\nfdatasync=1").size() == 8);
    CHECK(run_job("rw=write\nsize=32k\nfdatasync=1").size() == 15);  // none after the last
}

TEST_CASE("fio source: copies share the region unless they are moved apart") {
    const Sources same = sources_of("rw=randread\nsize=1m\nnumjobs=3");
    REQUIRE(same.size() == 3);
    CHECK(same[2]->name() == "a/2");
    CHECK(same[2]->longest() == 4096);
    const auto first = run(*same[0], 1_us);
    const auto second = run(*same[1], 1_us);
    CHECK(offsets_of(first) == offsets_of(second));
    CHECK(first[0].io.offset + first[1].io.offset != second[0].io.offset + second[1].io.offset);
    const Sources apart = sources_of("rw=read\nsize=1m\nnumjobs=3\noffset_increment=25%");
    CHECK(run(*apart[2], 1_us)[0].io.offset == 1ULL << 29);
}

TEST_CASE("fio source: percentages are of the namespace") {
    const auto steps = run_job("rw=read\nbs=1m\noffset=50%\nsize=25%");
    CHECK(steps.size() == 256);
    CHECK(steps[0].io.offset == 1ULL << 29);
    CHECK(run_job("rw=read\nbs=1m\noffset=90%").size() == 102);
}

TEST_CASE("fio source: some of a random job may be sequential") {
    const auto steps = run_job("rw=randread\nsize=64m\nnorandommap\npercentage_random=20");
    REQUIRE(steps.size() == 16'384);
    std::size_t follows = 0;
    for (std::size_t i = 1; i < steps.size(); ++i) {
        follows += steps[i].io.offset == steps[i - 1].io.offset + 4096 ? 1 : 0;
    }
    CHECK(follows > steps.size() * 3 / 4);
    CHECK(follows < steps.size() * 17 / 20);
}

TEST_CASE("fio source: sections of one name draw apart") {
    const JobFile file = parse_job_file("f", "[a]\nrw=randread\n[a]\nrw=randread\n");
    const Sources sources = make_sources(file, 1, "vm", gigabyte);
    CHECK(sources[1]->name() == "a#2");
    CHECK(hash_of(run(*sources[0], 1_us, 100)) != hash_of(run(*sources[1], 1_us, 100)));
}

TEST_CASE("fio source: the same seed gives the same I/Os, on every machine") {
    const std::string lines =
        "rw=randrw\nrwmixread=70\nbssplit=4k/70:64k/30,8k/100\niodepth=16\n"
        "random_distribution=zipf:1.2\nrate=200m\nfsync=16\ntime_based\nruntime=1s\n"
        "thinktime=10\nthinktime_blocks=64";
    const auto once = hash_of(run(*sources_of(lines)[0], 50_us, 10'000));
    CHECK(once == hash_of(run(*sources_of(lines)[0], 50_us, 10'000)));
    CHECK(once != hash_of(run(*sources_of(lines, 2)[0], 50_us, 10'000)));
    CHECK(once == 0x5f31394d3ff0934f);
}

TEST_CASE("fio source: a rate goes on at its own times after time that was skipped") {
    struct Case {
        Time held;
        Time due;
    };
    for (const Case& one : {Case{0_s, 8_ms}, Case{600_us, 8600_us}, Case{6_ms, 8_ms}}) {
        INFO(format(one.held));
        const Sources sources = sources_of("rw=randread\nbs=4k\nrate_iops=1000\niodepth=4");
        IoSource& source = *sources[0];
        std::optional<Planned> planned;
        for (int i = 0; i < 4; ++i) {
            planned = source.next(Time{});
            REQUIRE(planned);
            source.completed(planned->not_before, planned->io);
        }
        REQUIRE(planned->not_before == 3_ms);
        // From 2.5 to 7.9 ms; by `held` the guest's clock is set back then.
        source.skip({2500_us, 5400_us, one.held}, planned);
        CHECK(planned->not_before == one.due);
        CHECK(source.next(7900_us)->not_before == one.due + 1_ms);
    }
}

TEST_CASE("fio source: a job that is behind its rate is as far behind after skipped time") {
    const Sources sources = sources_of("rw=randread\nbs=4k\nrate_iops=1000\niodepth=1");
    IoSource& source = *sources[0];
    std::optional<Planned> planned = source.next(Time{});
    source.completed(10_ms, planned->io);
    planned.reset();
    source.skip({10_ms, 20_ms, 0_s}, planned);
    // Nine I/Os are missing; they follow one another at once.
    std::size_t missing = 0;
    for (planned = source.next(30_ms); planned->not_before == 30_ms; ++missing) {
        source.completed(30_ms, planned->io);
        planned = source.next(30_ms);
    }
    CHECK(missing == 10);  // and the one that is due now
}

TEST_CASE("fio source: changing the mix leaves the offsets alone") {
    const auto a = run_job("rw=randrw\nrwmixread=70\nsize=4m");
    const auto b = run_job("rw=randrw\nrwmixread=30\nsize=4m");
    REQUIRE(a.size() == b.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
        CHECK(a[i].io.offset == b[i].io.offset);
    }
}
