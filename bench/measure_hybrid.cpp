#include <fmt/format.h>

#include <algorithm>

#include "bench/forked.hpp"
#include "bench/migration.hpp"
#include "bench/parts.hpp"

namespace lmsim::bench {

namespace {

struct Seen {
    double cpu_seconds = 0;
    double downtime_ms = 0;
    double total_s = 0;
    double iops = 0;
};

Seen run(const std::vector<std::string>& set) {
    const auto [seconds, result] = migrate(LMSIM_BENCH_FOLDER "/hybrid.toml", set);
    return {seconds, static_cast<double>(result.downtime.total) * 1e-9,
            static_cast<double>(result.total_time) * 1e-12,
            static_cast<double>(result.guest.during.iops().value_or(0))};
}

}  // namespace

/// The same migration in both times: simulated seconds for each second of CPU.
void measure_hybrid(Rows& rows, bool quick) {
    std::vector<std::string> set;
    if (quick) {
        set.emplace_back("vm.ram_used=200MiB");
    }
    const Seen exact = in_child([&] { return run(set); });
    set.emplace_back("run.fidelity=hybrid");
    std::vector<Seen> hybrids;
    for (int round = 0; round < (quick ? 1 : 9); ++round) {
        hybrids.push_back(in_child([&] { return run(set); }));
    }
    const auto middle = hybrids.begin() + static_cast<std::ptrdiff_t>(hybrids.size() / 2);
    std::nth_element(hybrids.begin(), middle, hybrids.end(),
                     [](const Seen& x, const Seen& y) { return x.cpu_seconds < y.cpu_seconds; });
    const Seen& hybrid = *middle;
    for (const Seen& seen : {exact, hybrid}) {
        fmt::print(stderr, "{:.3f} s of CPU, downtime {:.3f} ms, {:.3f} s in all, {:.0f} IOPS\n",
                   seen.cpu_seconds, seen.downtime_ms, seen.total_s, seen.iops);
    }
    rows.push_back(compared({"hybrid, a migration of 30 s at 1 M IOPS",
                             hybrid.total_s / hybrid.cpu_seconds,
                             "simulated s/s",
                             exact.total_s / exact.cpu_seconds,
                             "exact",
                             {Aim::Of::Ratio, 100, 1000}}));
    rows.push_back({"its downtime", hybrid.downtime_ms, "ms", exact.downtime_ms, "exact"});
    rows.push_back({"its total time", hybrid.total_s, "s", exact.total_s, "exact"});
}

}  // namespace lmsim::bench
