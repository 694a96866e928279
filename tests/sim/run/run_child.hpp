#pragma once

#include <array>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sim/run/simulation.hpp"

namespace lmsim::tests {

/// fio jobs of a run and the VFs that they run on (empty: all).
struct Jobs {
    std::string text;
    std::vector<std::uint16_t> vfs;
};

/// One run of the simulator: a scenario as a user writes it, its workload as text.
struct Run {
    std::string scenario;              // TOML
    std::string file;                  // or a scenario file, with the workload that it names
    std::vector<std::string> options;  // --set
    std::vector<Jobs> jobs;
    std::uint64_t seed = 1;
    sim::Stride stride = sim::Stride::Horizon;
    spec::Rules rules;
    sim::trace::TraceSink* sink = nullptr;
    /// Looks at the finished run, in the child; what it writes is in Seen::more.
    std::function<void(const sim::Simulation&, nlohmann::json& more)> look;
    /// The same, each time that the run tells how far it is; that is part of the trace hash.
    std::function<void(const sim::Simulation&, nlohmann::json& more)> watch;
    std::array<sim::MediaModel*, 2> media = {};  // in the place of the scenario's
};

/// What a run left behind.
struct Seen {
    nlohmann::json result;  // result.json
    nlohmann::json more;
    long peak_kib = 0;  // of resident memory
};

/// The scenario that run() makes of it, for a test's own arithmetic. Fails the test if it is wrong.
sim::Scenario scenario_of(const Run& run);

/// Runs it in a child process, since SystemC has one kernel per process. Fails the test if the
/// child does not end well.
Seen run_in_child(const Run& run);

/// Fails the test unless every command came back once, nothing worked while suspended, states and
/// pages arrived as they were, and the parts of the downtime sum to it.
void check_conserved(const nlohmann::json& result);

/// Picoseconds of the parts with this name, on any side and device.
std::int64_t part_ps(const nlohmann::json& result, const std::string& name);

}  // namespace lmsim::tests
