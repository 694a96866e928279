#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <vector>

#include "bench/command_path.hpp"
#include "bench/forked.hpp"
#include "bench/rows.hpp"
#include "model/assert.hpp"

namespace lmsim::bench {

constexpr sim::Ps ps_per_second = 1'000'000'000'000;

/// Commands per second of CPU.
inline double rate(const Tally& tally) {
    return static_cast<double>(tally.completed) / tally.cpu_seconds;
}

/// Both sides of a comparison, in turns and each in a process of its own: what slows the machine
/// down meanwhile, slows both.
template <class Ours, class Theirs>
Row alternate(const CommandPath& path, const std::string& what, int rounds, Ours&& ours,
              Theirs&& theirs) {
    std::vector<double> our_rates;
    std::vector<double> ratios;
    for (int round = 0; round < rounds; ++round) {
        const Tally other = in_child([&] { return theirs(path); });
        const Tally mine = in_child([&] { return ours(path); });
        // A comparison of two different runs would mean nothing.
        LMSIM_ASSERT(same_run(mine, other));
        our_rates.push_back(rate(mine));
        ratios.push_back(rate(mine) / rate(other));
        fmt::print(stderr, "{}, {}: {:.0f} against {:.0f} commands/s\n", what, path.name,
                   rate(mine), rate(other));
    }
    // The ratio is the median of ratios of neighbours, which a slow phase of the machine changes
    // least.
    const double value = median(our_rates);
    return compared({what + ", " + path.name, value, "commands/s", value / median(ratios)});
}

}  // namespace lmsim::bench
