#include <fmt/format.h>

#include <cstdio>

#include "bench/command_path.hpp"
#include "bench/forked.hpp"
#include "bench/plain_loop.hpp"
#include "bench/rows.hpp"

namespace lmsim::bench {

namespace {

constexpr sim::Ps second = 1'000'000'000'000;

struct Point {
    std::uint16_t vfs;
    const char* rw;
};
constexpr std::uint32_t depth = 32;
constexpr Point points[] = {{1, "randread"}, {1, "randrw"}, {16, "randread"}, {16, "randrw"}};

Row measure(const Point& point, sim::Ps duration, int rounds) {
    const CommandPath path = make_command_path({point.vfs, depth, point.rw, duration});
    std::vector<double> simulated;
    std::vector<double> plain;
    for (int round = 0; round < rounds; ++round) {
        const Tally theirs = in_child([&] { return run_plain(path); });
        const Tally ours = in_child([&] { return run_simulated(path); });
        // A comparison of two different runs would mean nothing.
        LMSIM_ASSERT(same_run(ours, theirs));
        simulated.push_back(static_cast<double>(ours.completed) / ours.cpu_seconds);
        plain.push_back(static_cast<double>(theirs.completed) / theirs.cpu_seconds);
        fmt::print(stderr, "{}: {:.0f} against {:.0f} commands/s\n", path.name, simulated.back(),
                   plain.back());
    }
    return {"command path, " + path.name, median(simulated), "commands/s", median(plain)};
}

}  // namespace

void measure_command_path(Rows& rows, bool quick) {
    for (const Point& point : points) {
        rows.push_back(measure(point, quick ? second / 4 : 5 * second, quick ? 1 : 7));
    }
}

}  // namespace lmsim::bench
