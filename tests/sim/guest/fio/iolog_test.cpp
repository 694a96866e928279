#include "sim/guest/fio/describe.hpp"
#include "sim/guest/fio/source.hpp"
#include "tests/catch.hpp"

using namespace lmsim::sim;
using namespace lmsim::sim::fio;

namespace {

constexpr Target gigabyte{1ULL << 30, 512};

struct Step {
    Time at;
    Io io;
};

/// All I/Os when each takes `latency` and is complete before the next is asked for.
std::vector<Step> replay(const IoLog& log, const Replay& how, Time latency,
                         std::size_t most = 100) {
    const Sources sources = make_sources(log, how, gigabyte);
    REQUIRE(sources.size() == 1);
    std::vector<Step> out;
    Time now;
    while (!sources[0]->finished() && out.size() < most) {
        const auto planned = sources[0]->next(now);
        REQUIRE(planned);
        out.push_back({planned->not_before, planned->io});
        now = planned->not_before + latency;
        sources[0]->completed(now, planned->io);
    }
    return out;
}

constexpr const char* version3 =
    "fio version 3 iolog\n"
    "10 /dev/nvme0n1 add\n"
    "20 /dev/nvme0n1 open\n"
    "100 /dev/nvme0n1 read 4096 8192\n"
    "150 /dev/nvme0n1 write 0 512\n"
    "150 /dev/nvme0n1 datasync 0 0\n"
    "400 /dev/nvme0n1 trim 65536 4096\n"
    "500 /dev/nvme0n1 close\n";

}  // namespace

TEST_CASE("fio log: version 3, timestamps in microseconds") {
    const IoLog log = parse_iolog("f", version3);
    CHECK(log.version == 3);
    REQUIRE(log.ios.size() == 4);
    CHECK(log.size == 69632);
    CHECK(log.ios[2].op == Op::Flush);
    const std::vector<Step> steps = replay(log, {}, 1_us);
    REQUIRE(steps.size() == 4);
    CHECK(steps[0].at == 90_us);  // since the first line
    CHECK(steps[1].at == 140_us);
    CHECK(steps[2].at == 141_us);
    CHECK(steps[3].at == 391_us);
    CHECK(steps[0].io.offset == 4096);
    CHECK(steps[0].io.length == 8192);
    CHECK(steps[3].io.op == Op::Trim);
}

TEST_CASE("fio log: an I/O that was late delays those after it, as in fio") {
    const std::vector<Step> steps = replay(parse_iolog("f", version3), {}, 1000_us);
    CHECK(steps[1].at == 1090_us);
    CHECK(steps[2].at == 2090_us);
    CHECK(steps[3].at == 3090_us);
}

TEST_CASE("fio log: version 2, a wait counts from the wait before") {
    const IoLog log = parse_iolog("f",
                                  "fio version 2 iolog\n"
                                  "f add\nf open\nf read 0 4096\nf wait 500 0\nf read 4096 4096\n"
                                  "f read 8192 4096\nf wait 300\nf write 0 4096\nf sync 0 0\n");
    const std::vector<Step> steps = replay(log, {}, 100_us);
    REQUIRE(steps.size() == 5);
    CHECK(steps[0].at == 0_us);
    CHECK(steps[1].at == 500_us);
    CHECK(steps[2].at == 600_us);
    CHECK(steps[3].at == 800_us);
    CHECK(steps[4].at == 900_us);
}

TEST_CASE("fio log: several files lie one after another") {
    const IoLog log = parse_iolog("f",
                                  "fio version 3 iolog\n"
                                  "0 a add\n0 b add\n0 c add\n1 a open\n1 b open\n1 c open\n"
                                  "2 a read 0 4096\n3 b write 8192 4096\n4 c read 512 512\n"
                                  "5 a read 1048576 512\n");
    REQUIRE(log.files.size() == 3);
    CHECK(log.files[0].base == 0);
    CHECK(log.files[1].base == 2 << 20);
    CHECK(log.files[2].base == 3 << 20);
    CHECK(log.ios[1].offset == (2 << 20) + 8192);
    CHECK(log.ios[2].offset == (3 << 20) + 512);
    CHECK(log.size == (3 << 20) + 1024);
    CHECK(log.notes.size() == 1);
    CHECK(describe(log).notes.at(0) ==
          "f: 3 files lie one after another in the namespace, 3146752 bytes in all");
}

TEST_CASE("fio log: a loop starts again at the first line") {
    const std::vector<Step> steps = replay(parse_iolog("f", version3), {4, true}, 1_us, 10);
    REQUIRE(steps.size() == 10);
    CHECK(steps[8].io.offset == 4096);
    CHECK(steps[4].at == 481_us);
    const IoLog log = parse_iolog("f", version3);
    const Sources sources = make_sources(log, {4, true}, gigabyte);
    CHECK(sources[0]->depth() == 4);
    CHECK(sources[0]->longest() == 8192);
}

TEST_CASE("fio log: a log is told from a job file") {
    CHECK(looks_like_iolog(version3));
    CHECK_FALSE(looks_like_iolog("[fio version 3 iolog]\n"));
}

TEST_CASE("a log that is cut inside its last number is refused") {
    const std::string whole = "fio version 3 iolog\n0 d add\n0 d open\n5 d read 0 4096\n";
    CHECK(parse_iolog("f", whole).ios.size() == 1);
    CHECK_THROWS_WITH(parse_iolog("f", whole.substr(0, whole.size() - 1)),
                      "f:4:16: the file ends inside a line and seems cut off; expected a newline, "
                      "with which fio ends every line");
}
