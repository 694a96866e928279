#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "bench/compare.hpp"
#include "bench/page.hpp"
#include "bench/parts.hpp"

extern "C" int sc_main(int, char**) { return 0; }

namespace lmsim::bench {

namespace {

constexpr double most_lost = 0.15;
constexpr int tries = 3;
constexpr int lost = 1;
constexpr int usage = 2;
constexpr int environment = 4;

struct Options {
    std::string file = "out/bench.json";
    std::string recorded = LMSIM_BENCH_FOLDER "/recorded.json";
    std::string only;
    std::string page;
    bool quick = false;
    bool check = false;
    bool record = false;
};

std::vector<std::string> names() {
    std::vector<std::string> list;
    for (const Part& part : parts()) list.emplace_back(part.name);
    return list;
}

int complain(const std::string& what, int code) {
    fmt::print(stderr, "bench: {}\n", what);
    return code;
}

/// What each part took, in the order in which they were measured: a part that is measured again
/// stands there again.
struct Took {
    std::string part;
    double seconds;
};
std::vector<Took> took;

Rows measure(const Part& part, bool quick) {
    fmt::print(stderr, "{}: {} ...\n", part.name, part.title);
    const auto begin = std::chrono::steady_clock::now();
    Rows rows;
    part.measure(rows, quick);
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
    took.push_back({part.name, time.count()});
    fmt::print(stderr, "{}: {:.1f} s\n", part.name, time.count());
    return rows;
}

void tell_times() {
    double all = 0;
    for (const Took& one : took) {
        fmt::print(stderr, "{:>8.1f} s  {}\n", one.seconds, one.part);
        all += one.seconds;
    }
    fmt::print(stderr, "{:>8.1f} s  in all\n", all);
}

/// A ratio that seems lost is measured again: the machine may be at something else.
int check(const Options& options) {
    const sim::Result<Recorded> recorded = read_recorded(options.recorded);
    if (!recorded) {
        return complain(recorded.error(),
                        std::filesystem::exists(options.recorded) ? usage : environment);
    }
    std::vector<Loss> all;
    for (const Part& part : parts()) {
        const auto was = recorded.value().find(part.name);
        if (was == recorded.value().end() || (!options.only.empty() && options.only != part.name)) {
            continue;
        }
        Rows rows = measure(part, options.quick);
        for (const std::string& name : missing(was->second, rows)) {
            fmt::print(stderr, "bench: \"{}\" of {} is recorded and no longer measured\n", name,
                       part.name);
        }
        for (int again = 1; again < tries && !losses(was->second, rows, most_lost).empty();
             ++again) {
            fmt::print(stderr, "{}: seems to have lost; measured again\n", part.name);
            rows = better_of(rows, measure(part, options.quick));
        }
        const std::vector<Loss> its = losses(was->second, rows, most_lost);
        all.insert(all.end(), its.begin(), its.end());
    }
    if (all.empty()) {
        fmt::print("no ratio is more than {:.0f} % worse than recorded\n", most_lost * 100);
        return 0;
    }
    fmt::print(
        "{}\nEach was measured {} times, and this is its best. If it is meant to be so: "
        "bench/run --record [--only PART]\n",
        table(all), tries);
    return lost;
}

int record(const Options& options, const std::vector<Section>& sections) {
    Recorded recorded;
    if (!options.only.empty()) {
        // The other parts stay as they are.
        const sim::Result<Recorded> before = read_recorded(options.recorded);
        if (!before) {
            return complain(before.error(), environment);
        }
        recorded = before.value();
    }
    for (const Section& section : sections) {
        recorded[section.name] = ratios_of(section.rows);
        if (recorded[section.name].empty()) {
            recorded.erase(section.name);
        }
    }
    return write_recorded(recorded, options.recorded)
               ? 0
               : complain(options.recorded + " cannot be written", environment);
}

int measure_all(const Options& options) {
    std::vector<Section> sections;
    Rows rows;
    for (const Part& part : parts()) {
        if (options.only.empty() || options.only == part.name) {
            sections.push_back({part.name, part.title, part.how, measure(part, options.quick)});
            const Rows& more = sections.back().rows;
            rows.insert(rows.end(), more.begin(), more.end());
        }
    }
    fmt::print("{}", markdown(rows));
    const auto folder = std::filesystem::path(options.file).parent_path();
    std::error_code error;
    if (!folder.empty()) {
        std::filesystem::create_directories(folder, error);
    }
    if (!write_json(rows, options.file)) {
        return complain(options.file + " cannot be written", environment);
    }
    const bool whole = options.only.empty() && !options.quick;
    const std::string to = !options.page.empty() ? options.page
                           : whole               ? LMSIM_SOURCE_FOLDER "/docs/benchmarks.md"
                                                 : "";
    std::ofstream out(to);
    if (!to.empty() && !(out << page(this_host(), sections)).flush()) {
        return complain(to + " cannot be written", environment);
    }
    return options.record ? record(options, sections) : 0;
}

}  // namespace

}  // namespace lmsim::bench

int main(int argc, char** argv) {
    using namespace lmsim::bench;
    Options options;
    CLI::App app("Measures lmsim against baselines: a table, rows in a JSON file, and a page",
                 "bench");
    app.add_option("FILE", options.file, "where the rows go")->capture_default_str();
    app.add_option("--only", options.only, "one part")->check(CLI::IsMember(names()));
    app.add_flag("--quick", options.quick, "only shows that it works: the figures mean little");
    app.add_option("--page", options.page,
                   "where the page goes; docs/benchmarks.md if everything is measured");
    auto* const check_flag =
        app.add_flag("--check", options.check,
                     "compare with the recorded ratios; exit code 1 if one is 15 % worse");
    app.add_flag("--record", options.record, "write the ratios, for later checks")
        ->excludes(check_flag);
    app.add_option("--recorded", options.recorded, "where they are")->capture_default_str();
    CLI11_PARSE(app, argc, argv);

    setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1);
    const int code = options.check ? check(options) : measure_all(options);
    tell_times();
    return code;
}
