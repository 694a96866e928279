#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/metrics/part.hpp"
#include "sim/scenario/run_params.hpp"

namespace lmsim::sim::metrics {

/// What was waited for on the way to the other host. These may overlap.
struct VmWaits {
    Ps source_admin = 0;       // commands of a VF for the source's PF queue, all together
    Ps destination_admin = 0;  // the same on the destination
    Ps link = 0;               // what was to be sent for what others sent
};

/// One of several VMs that migrated. Times count from the moment at which the first one began.
struct MovedVm {
    std::uint32_t number = 0;
    Outcome outcome = Outcome::Completed;
    std::string reason;
    std::optional<Ps> start;     // nothing: it never began
    Ps total = 0;                // from its start to its end
    std::optional<Ps> blackout;  // its begin
    Ps downtime = 0;
    std::optional<Ps> ready;  // its last VF works on the destination
    std::uint64_t bytes = 0;
    std::uint64_t rounds = 0;
    VmWaits waits;            // of the VF that waited longest, while the VM stood still
    Ps link_in_downtime = 0;  // of waits.link, since its vCPUs stopped
};

/// The VF of all VMs that was the last to work on the destination: its way there, which sums to
/// `ready`, and what of it was waiting.
struct LastVf {
    std::uint32_t vm = 0;
    Device device = 0;  // as its VM counts
    Ps ready = 0;
    Ps turn = 0;      // until its VM's migration began
    Ps precopy = 0;   // until its VM stood still
    Ps blackout = 0;  // until it works
    VmWaits waits;    // its own commands', and its VM's on the link
    Ps works = 0;     // so long admin processors of both sides worked for it
};

/// Several VMs that moved from one host to another.
struct VmsResult {
    std::uint32_t at_once = 0;  // as the scenario allows; 0: all
    std::uint32_t completed = 0;
    Ps total = 0;  // until the last migration was over
    Ps mean_downtime = 0;
    Ps worst_downtime = 0;
    std::uint32_t worst = 0;  // the VM that it is of
    std::vector<MovedVm> each;
    std::optional<LastVf> last;  // nothing: none came to work there
};

}  // namespace lmsim::sim::metrics
