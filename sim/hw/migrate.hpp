#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "model/spec/rules.hpp"
#include "sim/bridge/pf_driver.hpp"
#include "sim/hw/vf_user.hpp"

namespace lmsim::sim::hw {

/// Which functions of a rig take part.
struct MigrationPlan {
    std::uint16_t source_pf = 0;
    std::uint16_t source = 1;
    std::uint16_t destination_pf = 0;
    std::uint16_t destination = 2;
    VfUser::Options io;
    std::uint64_t count = 2000;  // I/O commands: half before, half after
};

/// A step of a migration of real functions, in picoseconds of the clock's time.
struct MigrationStep {
    std::string name;
    Ps took = 0;
    std::string error;  // empty: done
};

/// How a VF moved by its PF, or why it did not. Times are the clock's.
struct MigrationReport {
    std::string error;  // why the VF did not move, or what its user met; empty: all is well
    std::vector<MigrationStep> steps;
    bool moved = false;
    bool source_goes_on = false;  // after a failure: its user has done all it wanted there
    std::uint16_t source_cntlid = 0;
    std::uint16_t destination_cntlid = 0;
    std::uint32_t nsid = 0;
    std::uint64_t state_bytes = 0;
    std::uint32_t in_flight = 0;       // commands, when the user was stopped; with the late ones
    std::uint32_t late = 0;            // submitted to the suspended source
    std::uint32_t by_source = 0;       // of these, completed there before it was suspended
    std::uint32_t by_destination = 0;  // of these, completed on the destination
    Ps blackout = 0;                   // from the last completion before to the first one after
    Ps longest_gap = 0;                // between any other two
    IoCounts io;
};

/// Moves a VF from one function to another through their PFs, while its user, who is part of this,
/// has commands under way. Both VFs reach the same memory. If a step fails, the user goes on at the
/// source. The VFs' controllers are disabled in the end; no PF is reset.
MigrationReport migrate(Rig& rig, const spec::Rules& rules, const MigrationPlan& plan);

}  // namespace lmsim::sim::hw
