#include "sim/metrics/live_line.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "tests/catch.hpp"
#include "tests/sim/metrics/pipe.hpp"

using namespace lmsim::sim::metrics;

namespace {

constexpr std::int64_t live_s = 1'000'000'000;
std::int64_t live_ns = 0;
std::int64_t live_clock() { return live_ns; }

/// A terminal of so many columns.
struct LiveTerminal {
    int master = ::posix_openpt(O_RDWR | O_NOCTTY);
    int slave = -1;
    explicit LiveTerminal(unsigned short columns) {
        REQUIRE(master >= 0);
        REQUIRE((::grantpt(master) == 0 && ::unlockpt(master) == 0));
        slave = ::open(::ptsname(master), O_RDWR | O_NOCTTY);
        REQUIRE(slave >= 0);
        resize(columns);
    }
    ~LiveTerminal() {
        ::close(slave);
        ::close(master);
    }
    void resize(unsigned short columns) const {
        winsize size{};
        size.ws_row = 24;
        size.ws_col = columns;
        REQUIRE(::ioctl(master, TIOCSWINSZ, &size) == 0);
    }
    std::string text() const { return lmsim::tests::read_some(master); }
};

/// Shows it if it is time.
void offer(LiveLine& line, const LiveLine::Pieces& pieces) {
    if (line.due()) {
        line.show(pieces);
    }
}

}  // namespace

TEST_CASE("a live line writes nothing into a pipe that nobody watches") {
    const lmsim::tests::Pipe pipe;
    live_ns = 0;
    LiveLine line(pipe.ends[1], false, false, live_clock);
    live_ns = 60 * live_s;
    offer(line, {"a"});
    line.show({"b"});
    line.end({"c"});
    CHECK(pipe.text().empty());
    CHECK(line.elapsed() == 0);
}

TEST_CASE("a live line that is watched is a line every 10 s in a pipe, and one at the end") {
    const lmsim::tests::Pipe pipe;
    live_ns = 5 * live_s;
    {
        LiveLine line(pipe.ends[1], false, true, live_clock);
        offer(line, {"a"});
        live_ns += 10 * live_s - 1;
        offer(line, {"b"});
        CHECK(pipe.text().empty());
        live_ns += 1;
        offer(line, {"c", "", std::string(200, 'x')});
        CHECK(pipe.text() == "c, " + std::string(200, 'x') + "\n");
        CHECK(line.elapsed() == 10 * live_s);
        offer(line, {"d"});
        line.clear();
        CHECK(pipe.text().empty());
        line.end({"last"});
        CHECK(pipe.text() == "last\n");
        live_ns += 20 * live_s;
        offer(line, {"e"});
        line.end({"f"});
    }
    CHECK(pipe.text().empty());
}

TEST_CASE("a terminal gets a live line after half a second, 5 times a second, and loses it") {
    const lmsim::tests::Pipe pipe;
    live_ns = 0;
    {
        LiveLine line(pipe.ends[1], true, false, live_clock);
        live_ns = live_s / 2 - 1;
        offer(line, {"a"});
        CHECK(pipe.text().empty());
        live_ns = live_s / 2;
        offer(line, {"b", "c"});
        CHECK(pipe.text() == "\rb, c\x1b[K");
        live_ns += live_s / 5 - 1;
        offer(line, {"d"});
        CHECK(pipe.text().empty());
        live_ns += 1;
        offer(line, {"e"});
        CHECK(pipe.text() == "\re\x1b[K");
        line.clear();
        CHECK(pipe.text() == "\r\x1b[K");
        line.clear();
        CHECK(pipe.text().empty());
        line.show({"f"});
        CHECK(pipe.text() == "\rf\x1b[K");
    }
    CHECK(pipe.text() == "\r\x1b[K");
}

TEST_CASE("a terminal that is watched gets a live line at once, and no last one") {
    const lmsim::tests::Pipe pipe;
    live_ns = 0;
    LiveLine line(pipe.ends[1], true, true, live_clock);
    offer(line, {"a"});
    CHECK(pipe.text() == "\ra\x1b[K");
    line.end({"over"});
    CHECK(pipe.text() == "\r\x1b[K");
}

TEST_CASE("a live line is as wide as its terminal: what does not fit is left out") {
    live_ns = 0;
    const LiveTerminal terminal(20);
    LiveLine line(terminal.slave, true, true, live_clock);
    line.show({"0123456789", "1234567", "x"});
    CHECK(terminal.text() == "\r0123456789, 1234567\x1b[K");
    line.show({"0123456789", "12345678", "x"});
    CHECK(terminal.text() == "\r0123456789\x1b[K");
    line.show({std::string(30, 'y'), "x"});
    CHECK(terminal.text() == "\r" + std::string(19, 'y') + "\x1b[K");
    terminal.resize(10);
    line.show({std::string(30, 'y')});
    CHECK(terminal.text() == "\r" + std::string(9, 'y') + "\x1b[K");
    terminal.resize(0);
    line.show({std::string(100, 'y')});
    CHECK(terminal.text() == "\r" + std::string(79, 'y') + "\x1b[K");
}

TEST_CASE("a live line never wraps and holds nothing else that moves the cursor") {
    const lmsim::tests::Pipe pipe;
    live_ns = 0;
    LiveLine line(pipe.ends[1], true, true, live_clock);
    line.show({"\n\x1b[H"});
    const std::string escaped = pipe.text();
    CHECK(escaped.find('\n') == std::string::npos);
    CHECK(escaped.find('\x1b') == escaped.size() - 3);
    // What may be two columns wide counts as two, and no character is cut in half.
    std::string wide;
    for (int i = 0; i < 60; ++i) wide += "\xE7\x95\x8C";
    line.show({wide});
    CHECK(pipe.text() == "\r" + wide.substr(0, std::size_t{39} * 3) + "\x1b[K");
}

TEST_CASE("a live line whose reader is gone says nothing more") {
    live_ns = 0;
    LiveLine line(-1, true, true, live_clock);
    CHECK(line.due());
    line.show({"a"});
    live_ns = live_s;
    CHECK_FALSE(line.due());
}

TEST_CASE("a live speed is that of the last 10 s") {
    LiveSpeed speed;
    CHECK(speed.per_second() == 0);
    CHECK(speed.time_for(100) == 0);
    speed.look(live_s, 100);
    CHECK(speed.per_second() == Approx(100));
    CHECK(speed.time_for(1000) == 10 * live_s);
    for (int s = 2; s <= 30; ++s) speed.look(s * live_s, 100 + static_cast<std::uint64_t>(s) * 10);
    CHECK(speed.per_second() == Approx(10));
    // Looks that are far apart: the last two.
    speed.look(90 * live_s, 400);
    speed.look(150 * live_s, 1000);
    CHECK(speed.per_second() == Approx(10));
    speed.look(150 * live_s, 9999);
    CHECK(speed.per_second() == Approx(10));
}

TEST_CASE("times to wait and rates are short") {
    CHECK(readable_wait(0) == "1 s");
    CHECK(readable_wait(1) == "1 s");
    CHECK(readable_wait(live_s + 1) == "2 s");
    CHECK(readable_wait(60 * live_s) == "1 min 0 s");
    CHECK(readable_wait(3599 * live_s) == "59 min 59 s");
    CHECK(readable_wait(7500 * live_s) == "2 h 5 min");
    CHECK(readable_wait(86'400 * live_s) == "1 d 0 h");
    CHECK(to_go(0).empty());
    CHECK(to_go(90 * live_s) == "about 1 min 30 s to go");
    CHECK(readable_rate(0, "runs").empty());
    CHECK(readable_rate(3.1e6, "events") == "3.10 M events/s");
    CHECK(readable_rate(1234, "events") == "1.23 k events/s");
    CHECK(readable_rate(12.5, "runs") == "12.5 runs/s");
    CHECK(readable_rate(0.1, "runs") == "6.00 runs/min");
    CHECK(readable_rate(0.01, "runs") == "36.0 runs/h");
    CHECK(readable_number(0.0123) == "0.0123");
    CHECK(readable_number(9.999) == "10.0");
    CHECK(readable_number(1234.4) == "1234");
}
