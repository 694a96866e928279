#pragma once

#include <cstdint>
#include <string>

#include "sim/run/dialects.hpp"
#include "sim/run/workload.hpp"
#include "sim/scenario/scenario.hpp"

namespace lmsim::sim {

// A run whose devices are outside this process goes by the clock on the wall.

/// The scenario as such a run goes by it: what the software of hosts, guest and VMM costs is
/// nothing, as this program's own work takes time in its place. What models hardware that is not
/// there keeps its times: the network, a destination's device, devices of other kinds.
Scenario wall_scenario(Scenario scenario);

/// A parameter that no run on a device can honour, and why; both empty if all can be.
struct WallRefusal {
    std::string path;
    std::string text;
};
WallRefusal refuse_wall(const Scenario& scenario);

/// Does the guest's I/O change what is on the namespaces?
bool writes_media(const Workload& workload);

/// As check_memory(): beside what a simulated guest has, there is a page that nobody may use.
std::string check_wall_memory(const Scenario& scenario, const Workload& workload);

/// Pages of memory that a rig needs for this scenario.
struct WallMemory {
    std::uint64_t pf = 0;  // of the host's driver, for the PF
    std::uint64_t vm = 0;  // the VM's, for the VFs
    std::uint64_t bytes() const;
};
WallMemory wall_memory(const Scenario& scenario, const HostParams& host, const Dialects& dialects);

/// Why this machine cannot give so many bytes, or not keep `locked` of them in memory for devices
/// (RLIMIT_MEMLOCK); empty if it can.
std::string check_machine_memory(std::uint64_t bytes, std::uint64_t locked);

}  // namespace lmsim::sim
