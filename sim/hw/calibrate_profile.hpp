#pragma once

#include <map>
#include <string>

#include "sim/hw/calibrate.hpp"
#include "sim/hw/calibrate_link.hpp"
#include "sim/scenario/scenario.hpp"

namespace lmsim::sim::hw {

/// Where a profile comes from, as its comments say it.
struct Provenance {
    std::string device;   // as it was opened
    std::string command;  // what was typed
    std::string version;  // of lmsim
    std::string kernel;
    std::string date;
};

/// By kind.
using Times = std::map<std::string, Ps>;

/// A device profile, for `include`, and how it came about.
struct DeviceProfile {
    std::string toml;
    Times path;  // what the simulator charges for each kind, outside of what the device takes
    Ps link_latency = 0;
};

/// The profile of what was measured: of each kind, less what the simulator itself charges for the
/// same path with the profile's own link. That is found by letting the simulator do the same with a
/// device that takes no time (in processes of their own). In words if that fails.
Result<DeviceProfile> derive_profile(const Calibration& measured, const LinkFacts& link,
                                     const Provenance& from);

/// What the simulator takes for the kinds of `like`, p50 of so many samples, in a process of its
/// own.
Result<Times> simulated(const Scenario& scenario, const Calibration& like, std::uint32_t samples);

/// One kind in the device and in the simulator.
struct Compared {
    std::string kind;
    Ps measured = 0;     // p50
    Ps simulated = 0;    // p50
    bool judged = true;  // by the limit; else for information

    /// Of the measured, in percent.
    double difference() const;
};
constexpr double most_difference = 10;  // percent

/// Runs the simulator with the profile on the same commands and puts both side by side.
Result<std::vector<Compared>> compare(const Calibration& measured, const DeviceProfile& profile);
bool agree(const std::vector<Compared>& all);

/// What waiting for an interrupt adds to a latency: the host's affair, not the device's.
Ps interrupt_cost(const Calibration& measured);

/// A scenario whose guest does such I/O, one at a time, on the device of the profile; its fio jobs
/// stand in the file `jobs`. What the guest's driver costs is what was measured here.
std::string guest_scenario(const Calibration& measured, const std::string& profile,
                           const std::string& jobs, const Series& series);
std::string guest_jobs(const Calibration& measured, const Series& series);

}  // namespace lmsim::sim::hw
