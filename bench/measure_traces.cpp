#include <fmt/format.h>

#include <cstdio>

#include "bench/command_path.hpp"
#include "bench/folder.hpp"
#include "bench/forked.hpp"
#include "bench/parts.hpp"

namespace lmsim::bench {

namespace {

constexpr sim::Ps second = 1'000'000'000'000;

struct Kind {
    const char* name;
    Traces traces;
};
constexpr Kind kinds[] = {
    {"trace.ndjson", {true, false, false}},
    {"trace.pftrace", {false, true, false}},
    {"waves.vcd", {false, false, true}},
    {"all three", {true, true, true}},
};

}  // namespace

void measure_traces(Rows& rows, bool quick) {
    // Some 10^6 commands; they are the same with and without a trace.
    const CommandPath path = make_command_path({4, 32, "randrw", quick ? second / 10 : second});
    const int rounds = quick ? 1 : 5;
    std::vector<double> plain;
    std::vector<double> traced[std::size(kinds)];
    for (int round = 0; round < rounds; ++round) {
        const Tally off = in_child([&] { return run_simulated(path); });
        plain.push_back(static_cast<double>(off.completed) / off.cpu_seconds);
        for (std::size_t i = 0; i < std::size(kinds); ++i) {
            const Folder folder;
            const Tally on =
                in_child([&] { return run_traced(path, kinds[i].traces, folder.path); });
            LMSIM_ASSERT(same_run(on, off));
            traced[i].push_back(static_cast<double>(on.completed) / on.cpu_seconds);
            fmt::print(stderr, "{}, {}: {:.0f} against {:.0f} commands/s, {} commands\n",
                       kinds[i].name, path.name, traced[i].back(), plain.back(), on.completed);
        }
    }
    for (std::size_t i = 0; i < std::size(kinds); ++i) {
        rows.push_back(compared({fmt::format("{}, {}", kinds[i].name, path.name), median(traced[i]),
                                 "commands/s", median(plain), "the same without a trace"}));
    }
}

}  // namespace lmsim::bench
