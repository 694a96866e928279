#include <fmt/format.h>

#include <cstdio>

#include "bench/command_path.hpp"
#include "bench/forked.hpp"
#include "bench/rows.hpp"

namespace lmsim::bench {

namespace {

constexpr sim::Ps second = 1'000'000'000'000;
constexpr std::uint32_t depth = 32;

Row measure(std::uint16_t vfs, const char* rw, sim::Ps duration, int rounds) {
    const CommandPath path = make_command_path({vfs, depth, rw, duration});
    std::vector<double> watched;
    std::vector<double> alone;
    for (int round = 0; round < rounds; ++round) {
        const Tally off = in_child([&] { return run_unwatched(path); });
        const Tally on = in_child([&] { return run_simulated(path); });
        LMSIM_ASSERT(same_run(on, off));
        watched.push_back(static_cast<double>(on.completed) / on.cpu_seconds);
        alone.push_back(static_cast<double>(off.completed) / off.cpu_seconds);
        fmt::print(stderr, "invariants, {}: {:.0f} against {:.0f} commands/s\n", path.name,
                   watched.back(), alone.back());
    }
    return {"invariants, " + path.name, median(watched), "commands/s", median(alone)};
}

}  // namespace

void measure_invariants(Rows& rows, bool quick) {
    for (const std::uint16_t vfs : {std::uint16_t{1}, std::uint16_t{16}}) {
        rows.push_back(measure(vfs, "randread", quick ? second / 4 : 5 * second, quick ? 1 : 7));
        rows.push_back(measure(vfs, "randrw", quick ? second / 4 : 5 * second, quick ? 1 : 7));
    }
}

}  // namespace lmsim::bench
