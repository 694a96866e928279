#include "bench/parts.hpp"

namespace lmsim::bench {

namespace {

constexpr const char* command_path_how =
    R"(A command's whole path (doorbell, fetch, media, data, completion, interrupt; 4 KiB) in the
simulator, with everything that every run has: SystemC, the protocol's steps, bytes in the
rings, the monitor of invariants, the trace hash, the meters. The baseline,
`bench/plain_loop.cpp`, is straight C++ around one `std::priority_queue` with the same
topology, steps and draws: the least that such a model costs if one gives up all of that. It
knows no protocol (no admin commands, no migration, no errors) and moves no bytes. It shares
the fio jobs, the tables of latencies and the histogram with the simulator. 256 VFs: a
machine with 16 lanes and 32 vCPUs; with QD 32 the jobs pace themselves to 1 M IOPS in total
(`rate_iops=`), with QD 512 all 131,072 commands are outstanding and 71 channels give 1 M
IOPS.)";

constexpr const char* systemc_how =
    R"(The same machine as raw SystemC, `bench/systemc_loop.cpp`: each direction of the link, the
host's memory, each channel and each vCPU is a module with an `sc_event` and an `SC_METHOD`.
Steps and draws are the plain loop's own code. A process that is spawned for each command,
as one often sees it, costs many times as much and is not what is compared.)";

constexpr const char* simpy_how =
    R"(The same machine for SimPy 3 (Debian's python3-simpy3), `bench/simpy_loop.py`: a process for
each command, Resources for links, channels and vCPUs. Draws come from tables that are made
before; rings and places on the disk, which change no time, are left out. SimPy does 0.05 s
of simulated time and must end with the same counts and latencies as the simulator's 0.05 s;
the simulator's rate is that of 3 s of the same, for 0.05 s is over before its caches are
warm.)";

constexpr const char* hybrid_how =
    R"(`bench/hybrid.toml`, a migration of 30 s with 1 M IOPS beside it, with `run.fidelity=hybrid`
and exactly: simulated seconds for each second of CPU, and what each says of the downtime.)";

constexpr const char* sweep_how =
    R"(Points per minute of `lmsim sweep` with 2 jobs, by wall time: points from four places of the
study, less one of each, so that what is done once does not count. Overhead: the CPU of such
a sweep and all its processes for each point of a study that does nothing
(`bench/nothing.toml` with many seeds), less the CPU of the simulation itself, which is the
baseline.)";

constexpr const char* start_how =
    R"(Wall time from fork to the first event of SystemC's queue, which a preloaded library sees
(`bench/preload/first_event.cpp`; the preloading counts, too), and to the end of a run that
does nothing. The baseline is the same program loaded by the system to print its version.)";

constexpr const char* memory_how =
    R"(The most that `lmsim run` of a migration with 16 VFs at queue depth 32 had resident, with
all that it writes (`bench/sixteen.toml`, 4 GiB of guest memory); and the quickstart's guest
at work for 30 s: it must not grow.)";

constexpr const char* explore_how =
    R"(One core. The search alone goes through counters that cost next to nothing; its baseline is
a breadth-first search with `std::unordered_set` over the same numbers. Models: the first
5 * 10^5 states; their baseline is the search alone, so their ratio is what the protocol costs.)";

}  // namespace

const std::vector<Part>& parts() {
    static const std::vector<Part> list{
        {"command-path", "Exact time against plain C++", command_path_how, measure_command_path},
        {"systemc", "Exact time against raw SystemC", systemc_how, measure_systemc},
        {"simpy", "Exact time against SimPy", simpy_how, measure_simpy},
        {"hybrid", "Hybrid time against exact time", hybrid_how, measure_hybrid},
        {"sweep", "Sweeps", sweep_how, measure_sweep},
        {"start", "Start", start_how, measure_start},
        {"memory", "Memory", memory_how, measure_memory},
        {"explore", "Explorer", explore_how, measure_explore},
        {"invariants", "The monitor of invariants",
         "The path of a command as every run has it, against the same without the monitor.",
         measure_invariants},
        {"logging", "Logging of user data",
         "The path of a command while every write is logged, against the same with the PF's driver "
         "beside it and\nno log. With the log the machine does more, so these runs differ: a "
         "quarter of the rate may be lost.",
         measure_logging},
        {"traces", "Traces",
         "The path of a command while it is traced into files, to their last byte, against none.",
         measure_traces},
        {"event-queue", "The event queue",
         "The queue of the kernel (lanes and a heap over their heads) against "
         "`std::priority_queue`, by Google Benchmark.",
         measure_event_queue},
        {"large-run", "Charts and reports", "Wall time, of a run with 10^6 commands.",
         measure_large_run},
        {"media", "Copies of media",
         "10 TB by rates, with its limit; and 10 GB by rates against the same exactly.",
         measure_media},
        {"vfio-user", "vfio-user",
         "Reads of a register of a served device, against a bare ping-pong of as many bytes over a "
         "socket; wall time.",
         measure_vfio_user},
    };
    return list;
}

}  // namespace lmsim::bench
