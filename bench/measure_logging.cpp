#include <fmt/format.h>

#include <cstdio>

#include "bench/command_path.hpp"
#include "bench/forked.hpp"
#include "bench/parts.hpp"

namespace lmsim::bench {

namespace {

constexpr sim::Ps second = 1'000'000'000'000;

struct Point {
    std::uint16_t vfs;
    const char* rw;
};
constexpr std::uint32_t depth = 32;
constexpr Point points[] = {{4, "randwrite"}, {4, "randrw"}, {16, "randrw"}};

/// With the log the simulated machine does more for each command, so its commands differ: what is
/// compared is commands per second of the simulator.
Row measure(const Point& point, sim::Ps duration, int rounds) {
    const CommandPath path = make_command_path({point.vfs, depth, point.rw, duration});
    std::vector<double> logged;
    std::vector<double> plain;
    for (int round = 0; round < rounds; ++round) {
        const Tally off = in_child([&] { return run_beside_driver(path, false); });
        const Tally on = in_child([&] { return run_beside_driver(path, true); });
        LMSIM_ASSERT(off.entries == 0 && on.entries * 3 > on.completed);
        logged.push_back(static_cast<double>(on.completed) / on.cpu_seconds);
        plain.push_back(static_cast<double>(off.completed) / off.cpu_seconds);
        fmt::print(stderr, "logging, {}: {:.0f} against {:.0f} commands/s, {} entries\n", path.name,
                   logged.back(), plain.back(), on.entries);
    }
    return compared({"logging of user data, " + path.name, median(logged), "commands/s",
                     median(plain), "the same without a log"});
}

}  // namespace

void measure_logging(Rows& rows, bool quick) {
    for (const Point& point : points) {
        rows.push_back(measure(point, quick ? second / 4 : second, quick ? 1 : 5));
    }
}

}  // namespace lmsim::bench
