#pragma once

#include <string>

#include "bench/command_path.hpp"
#include "sim/core/result.hpp"

/// The baselines: the same machine, steps and draws as the simulator, without its model and layers.
namespace lmsim::bench {

/// Straight C++ around one std::priority_queue. Nothing in its loop is virtual or allocates.
Tally run_plain(const CommandPath& path);

/// The same code, but each resource (a direction of the link, the host's memory, a channel, a vCPU,
/// a job's wait) is a module with an sc_event and an SC_METHOD: raw SystemC as one writes it who
/// knows that threads cost more. One run in each process.
Tally run_systemc(const CommandPath& path);

/// Python with processes and resources: bench/simpy_loop.py. Words if Python or SimPy is missing.
sim::Result<Tally> run_simpy(const CommandPath& path);

}  // namespace lmsim::bench
