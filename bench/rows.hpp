#pragma once

#include <optional>
#include <string>
#include <vector>

namespace lmsim::bench {

/// One figure. `baseline` is what it is compared with, in the same unit: the same work done
/// plainly, an earlier point of the same run, or the limit of an absolute figure.
struct Row {
    std::string name;
    double value = 0;
    std::string unit;
    double baseline = 0;

    double ratio() const { return baseline == 0 ? 0 : value / baseline; }
};

using Rows = std::vector<Row>;

/// {"rows": [...]}; false if the file cannot be written.
bool write_json(const Rows& rows, const std::string& file);
std::string markdown(const Rows& rows);

/// The middle one; of an even number, the lower of the two.
double median(std::vector<double> values);

/// Wall time of `lmsim ARGUMENTS` from fork to its end, in milliseconds; it has to succeed.
double run_program(const std::vector<std::string>& arguments);

// The parts of the benchmark. Each tells on stderr what it is at.

/// The path of a command against the plain loop, in alternation; exits if they did not do the same.
void measure_command_path(Rows& rows, bool quick);
/// The path of a command as every run has it, against the same without the monitor of invariants.
void measure_invariants(Rows& rows, bool quick);
/// The path of a command while its changes are logged, against the same without a log.
void measure_logging(Rows& rows, bool quick);
/// The path of a command while it is traced into files, against the same without a trace.
void measure_traces(Rows& rows, bool quick);
/// `lmsim sequence --fold` and `lmsim report` of a run with a million commands.
void measure_large_run(Rows& rows, bool quick);
/// The bare event queue against std::priority_queue.
void measure_event_queue(Rows& rows, bool quick);
/// `lmsim run` of a scenario that does nothing.
void measure_start(Rows& rows, bool quick);
/// Memory of a 60 s run at several points of simulated time.
void measure_memory(Rows& rows, bool quick);
/// A migration of 30 s at 1 M IOPS in hybrid time against the same in exact time.
void measure_hybrid(Rows& rows, bool quick);
/// A copy of 10 TB of media by rates, and 10 GB by rates against the same exactly.
void measure_media(Rows& rows, bool quick);
/// The explorer's rates on one core: the search alone, and with worlds of the model.
void measure_explore(Rows& rows, bool quick);

/// Accesses to registers of a served function, against a bare ping-pong of as many bytes; and reads
/// of its media.
void measure_vfio_user(Rows& rows, bool quick);

}  // namespace lmsim::bench
