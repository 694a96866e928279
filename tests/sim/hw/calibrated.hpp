#pragma once

#include <memory>
#include <sstream>
#include <string>

#include "sim/core/own_process.hpp"
#include "sim/hw/calibrate_model.hpp"
#include "sim/scenario/load.hpp"
#include "tests/catch.hpp"

namespace lmsim::tests {

inline sim::Scenario scenario_of(const std::string& text) {
    const sim::LoadedScenario loaded = sim::load_scenario_text(text, "test.toml");
    INFO(loaded.error_text());
    REQUIRE(loaded.ok());
    return loaded.scenario;
}

/// For a rig in simulated time.
inline sim::hw::CalibrateOptions simulated_options(std::uint32_t samples) {
    sim::hw::CalibrateOptions options;
    options.samples = samples;
    options.warm_up = 1;
    options.looks = 1;
    options.kind_limit = sim::ps_never;
    options.sizes = {4096, 16384};
    return options;
}

/// The simulator under the stopwatch; its kernel is gone afterwards.
inline sim::hw::Calibration calibrated(const std::string& scenario, std::uint16_t functions,
                                       const sim::hw::CalibrateOptions& options) {
    const auto rig = sim::hw::make_model_rig(scenario_of(scenario), functions);
    auto done = sim::hw::calibrate(*rig, options);
    INFO((done ? std::string() : done.error()));
    REQUIRE(done);
    return done.value();
}

/// The same in a process of its own: more of SystemC is to come in this one's children.
inline sim::hw::Calibration calibrated_apart(const std::string& scenario, std::uint16_t functions,
                                             const sim::hw::CalibrateOptions& options) {
    const auto text = sim::in_own_process([&] {
        const sim::hw::Calibration done = calibrated(scenario, functions, options);
        const sim::hw::DeviceFacts& facts = done.facts;
        std::ostringstream out;
        out << facts.mdts << ' ' << facts.queue_size << ' ' << facts.ready_timeout << ' '
            << facts.mmc << ' ' << facts.block << ' ' << facts.blocks << '\n';
        for (const sim::hw::Throughput& one : done.throughput) {
            out << one.bytes << ' ' << one.depth << ' ' << one.completed << ' ' << one.lasted
                << one.kind << '\n';
        }
        out << "0\n";
        for (const sim::hw::Series& series : done.series) {
            out << series.kind << '\n' << series.why_not << '\n' << series.bytes << ' ';
            for (const sim::Ps taken : series.taken) out << taken << ' ';
            out << '\n';
        }
        return out.str();
    });
    INFO(text.said << text.how);
    REQUIRE(text.ended);
    sim::hw::Calibration read;
    sim::hw::DeviceFacts& facts = read.facts;
    std::istringstream in(text.returned);
    in >> facts.mdts >> facts.queue_size >> facts.ready_timeout >> facts.mmc >> facts.block >>
        facts.blocks;
    facts.functions = functions;
    read.writes = options.write;
    for (sim::hw::Throughput one; in >> one.bytes && one.bytes != 0;) {
        in >> one.depth >> one.completed >> one.lasted;
        std::getline(in, one.kind);
        read.throughput.push_back(one);
    }
    std::string line;
    std::getline(in, line);
    for (sim::hw::Series series; std::getline(in, series.kind); series = {}) {
        std::getline(in, series.why_not);
        std::getline(in, line);
        std::istringstream values(line);
        values >> series.bytes;
        for (sim::Ps taken = 0; values >> taken;) series.taken.push_back(taken);
        read.series.push_back(series);
    }
    return read;
}

/// A device whose times are all different.
inline const char* const known_times = R"(
[hosts.both.device]
vfs = 1
capacity = "16MiB"
enable = "3ms"
disable = "1ms"
reset = "20ms"
[hosts.both.device.admin]
identify = { p50 = "31us" }
features = { p50 = "32us" }
set_features = { p50 = "33us" }
create_queue = { p50 = "34us" }
create_sq = { p50 = "35us" }
delete_sq = { p50 = "36us" }
delete_cq = { p50 = "37us" }
suspend = { p50 = "41us" }
resume = { p50 = "42us" }
get_state = { p50 = "43us" }
set_state = { p50 = "44us" }
cdq = { p50 = "45us" }
delete_cdq = { p50 = "46us" }
track_send = { p50 = "47us" }
track_receive = { p50 = "48us" }
[hosts.both.device.media]
channels = 4
flush = { p50 = "51us" }
[[hosts.both.device.media.size]]
bytes = "4KiB"
read = { p50 = "60us" }
write = { p50 = "20us" }
[[hosts.both.device.media.size]]
bytes = "16KiB"
read = { p50 = "90us" }
write = { p50 = "40us" }
)";

}  // namespace lmsim::tests
