#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace lmsim::runs {

/// Keys of one TOML table with their values as TOML writes them, in order.
using SwarmTable = std::vector<std::pair<std::string, std::string>>;

/// A scenario that a seed has drawn, in parts that can be left out one by one.
struct SwarmScenario {
    std::map<std::string, SwarmTable> tables;  // by name: "hosts.both.device"; "": the head
    std::vector<SwarmTable> workloads;
    std::vector<SwarmTable> faults;
};

/// Rows that no drawn scenario has: what VMMs are known to do wrong would be found again and again.
constexpr const char* swarm_mended = R"("QEMU-CNC-02", "QEMU-RUN-04", "CH-BACK-04")";

/// What is not left to the seed.
struct SwarmWish {
    std::vector<std::string> only;  // classes of faults; empty: all that a run has to survive
    bool no_faults = false;
    std::vector<std::string> set;  // "vm.ram=64MiB", over whatever was drawn
    std::string folder;            // scenarios/regress, where the fio files of workloads are
};

/// Topology, workload, engine, architecture, timing and faults, all of the seed. Not all that can
/// be drawn fits together: `attempt` draws anew.
SwarmScenario draw_swarm(std::uint64_t seed, unsigned attempt, const SwarmWish& wish);

/// As a scenario file, with comments before it.
std::string swarm_toml(const SwarmScenario& scenario, const std::string& comment);

}  // namespace lmsim::runs
