#pragma once

#include <array>
#include <optional>

#include "sim/core/param.hpp"

namespace lmsim::sim {

enum class Outcome : std::uint8_t { Completed, Failed, Cancelled, NotConverged };
template <>
struct EnumNames<Outcome> {
    static constexpr std::array names{"completed", "failed", "cancelled", "not-converged"};
};

enum class Fidelity : std::uint8_t { Exact, Hybrid, Fluid };
template <>
struct EnumNames<Fidelity> {
    static constexpr std::array names{"exact", "hybrid", "fluid"};
};

/// When things happen in a run.
struct RunParams {
    Fidelity fidelity =
        param(&fidelity, "fidelity", Fidelity::Exact,
              "exact: every command is simulated; hybrid: the guest's steady I/O goes by its rates "
              "except around the switchover; fluid: closed forms, nothing is simulated",
              choice);
    bool migrate =
        param(&migrate, "migrate", true,
              "the VMMs move the VM; false: the source's devices do what pins say", choice);
    bool paused = param(&paused, "paused", false,
                        "the VM's user pauses it before the VMMs move it; it goes on once it is on "
                        "the destination",
                        choice);
    Time warm_up = param(&warm_up, "warm_up", 50_ms, between(0_s, 600_s),
                         "guest runs before the migration starts", choice);
    Time cool_down = param(&cool_down, "cool_down", 50_ms, between(0_s, 600_s),
                           "guest runs on after the migration has ended", choice);
    Time rest = param(&rest, "rest", 10_s, between(0_s, 100000_s),
                      "how long a run waits at its end for I/O under way; what is not complete "
                      "then is lost",
                      estimate);
    Time fault_time = param(&fault_time, "fault_time", 0_s, between(0_s, 100000_s),
                            "faults end so long after the migration's begin; 0: with it", choice);
    Time time_limit = param(&time_limit, "time_limit", 600_s, between(1_us, 100000_s),
                            "simulated time after which the run is given up", choice);
};

/// What the author of the scenario expects; anything else is exit code 1.
struct ExpectParams {
    std::optional<Outcome> outcome =
        param(&outcome, "outcome", Outcome::Completed,
              "how the migration is expected to end; \"none\": in whatever way", choice);
    std::string broken = param(&broken, "broken", "",
                               "the invariant that is expected to fall (lmsim check --list), which "
                               "is exit code 1 nonetheless",
                               choice);
    std::optional<Time> downtime_max =
        param(&downtime_max, "downtime_max", std::nullopt, between(0_s, 100000_s),
              "longest downtime that is accepted", choice);
    bool log_complete = param(&log_complete, "log_complete", false,
                              "user data is logged, and no log has a gap", choice);
};

}  // namespace lmsim::sim
