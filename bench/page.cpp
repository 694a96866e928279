#include "bench/page.hpp"

#include <fmt/format.h>
#include <sys/utsname.h>

#include <fstream>
#include <thread>

namespace lmsim::bench {

namespace {

constexpr const char* intro = R"(# Benchmarks

Written by `bench/run`: change `bench/parts.cpp` or `bench/page.cpp`, not this page.

    bench/run                          # measures all of it in some 5 minutes, writes this page
    bench/run --only PART [--quick]    # one part, no page; --quick only shows that it works
    bench/run --check                  # exit code 1 if a ratio is 15 % worse than recorded
    bench/run --record                 # measures, and records in bench/recorded.json

Absolute figures are those of one machine; a ratio has both of its sides from the same run, in
turns, each in a process of its own and by the CPU time of that process (wall time where several
processes work: start, sweeps, reports). Figures and ratios are medians. Two sides that are compared
end with the same counts and latencies to the picosecond, or the benchmark fails.
)";

constexpr const char* head =
    "| figure | value | unit | baseline | which is | ratio |\n|---|---:|---|---:|---|---:|\n";

std::string reached(const Row& row) {
    return row.reaches(row.aim.goal) ? "goal" : row.reaches(row.aim.floor) ? "floor" : "**no**";
}

std::string aims(const std::vector<Section>& sections) {
    std::string text =
        "| figure | value | unit | baseline | ratio | floor | goal | reached |\n"
        "|---|---:|---|---|---:|---:|---:|---|\n";
    for (const Section& section : sections) {
        for (const Row& row : section.rows) {
            if (row.aim.of == Aim::Of::None) {
                continue;
            }
            const char* const sign = row.aim.of == Aim::Of::Ratio ? "x" : "";
            text +=
                fmt::format("| {} | {} | {} | {} | {} | {}{} | {}{} | {} |\n", row.name,
                            number(row.value), row.unit, row.against, number(row.ratio()),
                            number(row.aim.floor), sign, number(row.aim.goal), sign, reached(row));
        }
    }
    return text;
}

}  // namespace

Host this_host() {
    Host host;
    std::ifstream file("/proc/cpuinfo");
    for (std::string line; std::getline(file, line);) {
        const std::size_t colon = line.find(": ");
        if (line.rfind("model name", 0) == 0 && colon != std::string::npos) {
            host.processor = line.substr(colon + 2);
            break;
        }
    }
    host.cores = std::thread::hardware_concurrency();
    utsname names{};
    if (uname(&names) == 0) {
        // Major and minor: what follows is the maker's, and may name a place.
        const std::string release = names.release;
        const std::size_t minor = release.find('.');
        const std::size_t end = release.find_first_not_of("0123456789", minor + 1);
        host.kernel = fmt::format("{} {}", names.sysname, release.substr(0, end));
    }
#ifdef __clang__
    host.compiler = fmt::format("clang {}", __clang_version__);
#else
    host.compiler = fmt::format("g++ {}", __VERSION__);
#endif
    return host;
}

std::string page(const Host& host, const std::vector<Section>& sections) {
    std::string text = intro;
    text += fmt::format("\nThis page: {}, {} cores, {}, {} with -O2.\n", host.processor, host.cores,
                        host.kernel, host.compiler);
    text += "\n## What must hold\n\nA floor or goal with an x is one of the ratio.\n\n" +
            aims(sections);
    for (const Section& section : sections) {
        text += fmt::format("\n## {}\n\n{}\n\n    bench/run --only {}\n\n{}", section.title,
                            section.how, section.name, head);
        for (const Row& row : section.rows) {
            text += fmt::format("| {} | {} | {} | {} | {} | {} |\n", row.name, number(row.value),
                                row.unit, number(row.baseline), row.against, number(row.ratio()));
        }
    }
    return text;
}

}  // namespace lmsim::bench
