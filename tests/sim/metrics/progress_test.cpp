#include "sim/metrics/progress.hpp"

#include <unistd.h>

#include <array>
#include <string>

#include "tests/catch.hpp"

using lmsim::sim::Ps;
using lmsim::sim::metrics::Progress;

namespace {

constexpr Ps ms = 1'000'000'000;
std::int64_t wall_ns = 0;
std::int64_t wall() { return wall_ns; }

struct Pipe {
    std::array<int, 2> ends{};
    Pipe() { REQUIRE(::pipe(ends.data()) == 0); }
    ~Pipe() {
        ::close(ends[0]);
        ::close(ends[1]);
    }
    int in() const { return ends[1]; }
    std::string text() const {
        REQUIRE(::write(in(), ".", 1) == 1);  // so that there is something to read
        std::array<char, 4096> buffer{};
        const ssize_t size = ::read(ends[0], buffer.data(), buffer.size());
        return {buffer.data(), static_cast<std::size_t>(size) - 1};
    }
};

void ticks(Progress& progress, Ps now) {
    for (int i = 0; i < 4096; ++i) progress.tick(now);
}

}  // namespace

TEST_CASE("nothing is written where there is no terminal") {
    const Pipe pipe;
    wall_ns = 0;
    Progress progress(pipe.in(), false, wall);
    wall_ns = 60'000'000'000;
    ticks(progress, 5 * ms);
    progress.clear();
    CHECK(pipe.text() == "");
}

TEST_CASE("a short run shows nothing; a long one a line at a time, and takes it away") {
    const Pipe pipe;
    wall_ns = 0;
    {
        Progress progress(pipe.in(), true, wall);
        progress.expect_end(1000 * ms);
        progress.phase("warm-up");
        wall_ns = 499'999'999;
        ticks(progress, 100 * ms);
        CHECK(pipe.text() == "");
        wall_ns = 500'000'000;
        ticks(progress, 250 * ms);
        CHECK(pipe.text() == "\r250 ms simulated, 25 %, 0.500 x real time, warm-up");
        wall_ns = 699'999'999;
        ticks(progress, 300 * ms);
        CHECK(pipe.text() == "");
        wall_ns = 1'000'000'000;
        progress.phase("");
        ticks(progress, 1000 * ms);
        CHECK(pipe.text() == "\r1.00 s simulated, 100 %, 1.000 x real time" + std::string(8, ' '));
    }
    CHECK(pipe.text() == "\r" + std::string(42, ' ') + "\r");
}

TEST_CASE("a caller who comes seldom is shown at once, but not too often") {
    const Pipe pipe;
    wall_ns = 0;
    Progress progress(pipe.in(), true, wall);
    wall_ns = 600'000'000;
    progress.show(3 * ms, "migration");
    CHECK(pipe.text() == "\r3.00 ms simulated, 0.005 x real time, migration");
    progress.show(4 * ms, "migration");
    CHECK(pipe.text() == "");
}

TEST_CASE("the line never wraps and holds nothing that moves the cursor") {
    const Pipe pipe;
    wall_ns = 0;
    Progress progress(pipe.in(), true, wall);
    progress.phase("\n\x1b[H" + std::string(200, 'x'));
    wall_ns = 900'000'000;
    ticks(progress, 250 * ms);
    const std::string text = pipe.text();
    CHECK(text.size() == 80);
    CHECK(text.find('\n') == std::string::npos);
    CHECK(text.find('\x1b') == std::string::npos);
}
