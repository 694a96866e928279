#include <fmt/format.h>

#include "sim/conform/migration/bench.hpp"

// The data_fd of saving and resuming sessions: what it gives, what it refuses, and when it ends.
namespace lmsim::sim::conform::migration {

namespace {

using lmsim::vfio::precopy_info_size;

std::string name_of(MigState state) { return state_words(static_cast<std::uint32_t>(state)); }

/// Until nothing is left for now, and once more.
void drain(Bench& bench, const std::string& in) {
    while (bench.read(in + ": read()", enough) != 0) {
    }
    bench.read(in + ": read() of a drained stream", enough);
}

void misuse_saving(Bench& bench, MigState state) {
    const std::string in = name_of(state);
    if (!bench.start_in(state)) {
        return;
    }
    bench.pread(in + ": pread() of the data_fd");
    bench.pwrite(in + ": pwrite() of a data_fd to read");
    bench.write(in + ": write() of a data_fd to read", 0, 1);
    bench.other_ioctl(in + ": an ioctl that is not the stream's");
    for (const std::uint32_t argsz : {0U, 8U, precopy_info_size - 1}) {
        bench.precopy_info(fmt::format("{}: PRECOPY_INFO with argsz {}", in, argsz), argsz);
    }
    bench.precopy_info(in + ": PRECOPY_INFO", precopy_info_size);
    bench.precopy_info(in + ": PRECOPY_INFO with a larger argsz", 2 * precopy_info_size);
    bench.precopy_info(in + ": PRECOPY_INFO that cannot be read", precopy_info_size, 0,
                       Place::Unreadable);
    bench.precopy_info(in + ": PRECOPY_INFO whose answer cannot be written", precopy_info_size, 0,
                       Place::ReadOnly);
    bench.read(in + ": read() with O_NONBLOCK", 1, 0, true);
    drain(bench, in);
    bench.precopy_info(in + ": PRECOPY_INFO of a drained stream", precopy_info_size);
    bench.close_fd();
    bench.read(in + ": read() of a closed data_fd", 1);
}

/// A data_fd whose session is over, in each state that follows.
void stale_saving(Bench& bench, MigState state) {
    const std::string of = "the stale data_fd of " + name_of(state);
    if (!bench.start_in(state)) {
        return;
    }
    bench.set(MigState::RUNNING, "to end the session");
    bench.read(of + ": read()", 1);
    bench.precopy_info(of + ": PRECOPY_INFO", precopy_info_size);
    bench.other_ioctl(of + ": another ioctl");
    bench.pread(of + ": pread()");
    for (const MigState next : {MigState::PRE_COPY, MigState::STOP_COPY, MigState::RESUMING}) {
        if (!lmsim::vfio::supported(next, bench.flags())) {
            continue;
        }
        const std::size_t sessions = bench.sessions();
        bench.set(next, "a later session");
        const std::size_t back = bench.sessions() > sessions ? 1 : 0;
        bench.read(fmt::format("{} in {}: read()", of, name_of(next)), 1, back);
        bench.precopy_info(fmt::format("{} in {}: PRECOPY_INFO", of, name_of(next)),
                           precopy_info_size, back);
        bench.reset("between sessions");
        // Back to one that is stale.
        if (!bench.start_in(state)) {
            return;
        }
        bench.reset("a session under way");
        bench.read(of + " after a reset: read()", 1);
    }
}

/// One session through all saving states.
void long_session(Bench& bench) {
    if (!bench.start_in(MigState::PRE_COPY)) {
        return;
    }
    drain(bench, "PRE_COPY");
    if (lmsim::vfio::supported(MigState::PRE_COPY_P2P, bench.flags())) {
        bench.set(MigState::PRE_COPY_P2P, "in one session");
        drain(bench, "PRE_COPY_P2P");
        bench.precopy_info("PRE_COPY_P2P: PRECOPY_INFO", precopy_info_size);
        bench.set(MigState::PRE_COPY, "in one session");
        bench.set(MigState::PRE_COPY_P2P, "in one session");
    }
    bench.set(MigState::STOP_COPY, "in one session");
    bench.precopy_info("STOP_COPY: PRECOPY_INFO", precopy_info_size);
    drain(bench, "STOP_COPY after PRE_COPY");
    bench.set(MigState::PRE_COPY, "the stream has ended");
    bench.read("STOP_COPY after a SET that was refused: read()", 1);
    bench.set(MigState::STOP, "to end the session");
    bench.read("STOP: read() of the session before", 1);
}

void resuming(Bench& bench) {
    const std::size_t size = bench.stream().size();
    if (!bench.start_in(MigState::RESUMING)) {
        return;
    }
    bench.read("RESUMING: read() of a data_fd to write", 1);
    bench.pread("RESUMING: pread()");
    bench.pwrite("RESUMING: pwrite()");
    bench.other_ioctl("RESUMING: an ioctl");
    bench.precopy_info("RESUMING: PRECOPY_INFO", precopy_info_size);
    bench.write("RESUMING: write() of half a stream", 0, size / 2);
    bench.set(MigState::STOP, "half a stream written");
    bench.write("RESUMING: write() of the rest", size / 2, size - size / 2);
    bench.set(MigState::STOP, "all written");
    bench.write("STOP: write() of the session before", 0, 1);
    bench.set(MigState::RUNNING, "resumed");
    bench.write("RUNNING: write() of the session before", 0, 1);
    if (!bench.start_in(MigState::RESUMING)) {
        return;
    }
    bench.write("RESUMING: write() byte by byte", 0, 1);
    for (std::size_t at = 1; at < std::min<std::size_t>(size, 8); ++at) {
        bench.write("RESUMING: write() byte by byte", at, 1);
    }
    bench.reset("some bytes written");
    bench.write("RUNNING: write() after a reset", 0, 1);
}

}  // namespace

void compare_streams(Bench& bench) {
    bench.group("data_fd");
    for (const MigState state : {MigState::STOP_COPY, MigState::PRE_COPY, MigState::PRE_COPY_P2P}) {
        if (lmsim::vfio::supported(state, bench.flags())) {
            misuse_saving(bench, state);
            stale_saving(bench, state);
        }
    }
    if (lmsim::vfio::supported(MigState::PRE_COPY, bench.flags())) {
        long_session(bench);
    }
    resuming(bench);
}

}  // namespace lmsim::sim::conform::migration
