#pragma once

#include <string>
#include <vector>

#include "bench/rows.hpp"

namespace lmsim::bench {

/// One part of the benchmark. It tells on stderr what it is at.
struct Part {
    const char* name;
    const char* title;
    const char* how;  // what was measured, and what the baseline is and is not; Markdown
    void (*measure)(Rows& rows, bool quick);
};

/// In the order of the page.
const std::vector<Part>& parts();

/// The path of a command against the plain loop, in alternation; exits if they did not do the same.
void measure_command_path(Rows& rows, bool quick);
/// The same against raw SystemC.
void measure_systemc(Rows& rows, bool quick);
/// The same against SimPy.
void measure_simpy(Rows& rows, bool quick);
/// A migration of 30 s at 1 M IOPS in hybrid time against the same in exact time.
void measure_hybrid(Rows& rows, bool quick);
/// Points of a study.
void measure_sweep(Rows& rows, bool quick);
/// `lmsim run` until its first event, and of a scenario that does nothing.
void measure_start(Rows& rows, bool quick);
/// Memory of a run with 16 VFs, and of a 60 s run at several points of simulated time.
void measure_memory(Rows& rows, bool quick);
/// The explorer's rates on one core: the search alone, and with worlds of the model.
void measure_explore(Rows& rows, bool quick);
/// The path of a command as every run has it, against the same without the monitor of invariants.
void measure_invariants(Rows& rows, bool quick);
/// The path of a command while its changes are logged, against the same without a log.
void measure_logging(Rows& rows, bool quick);
/// The path of a command while it is traced into files, against the same without a trace.
void measure_traces(Rows& rows, bool quick);
/// The bare event queue against std::priority_queue.
void measure_event_queue(Rows& rows, bool quick);
/// `lmsim sequence --fold` and `lmsim report` of a run with a million commands.
void measure_large_run(Rows& rows, bool quick);
/// A copy of 10 TB of media by rates, and 10 GB by rates against the same exactly.
void measure_media(Rows& rows, bool quick);
/// Accesses to registers of a served function, against a bare ping-pong of as many bytes; and reads
/// of its media.
void measure_vfio_user(Rows& rows, bool quick);

}  // namespace lmsim::bench
