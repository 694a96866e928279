#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/bridge/record/session_file.hpp"
#include "sim/check/trace_check.hpp"

namespace lmsim::sim {

/// What a session with a device shows: counts, and what it breaks.
struct SessionVerdict {
    record::SessionHeader header;
    std::uint64_t lines = 0;
    std::uint64_t submitted = 0;          // commands that were followed
    std::uint64_t completed = 0;          // of these
    std::uint64_t suspended = 0;          // how often a controller was
    std::uint64_t taken_over = 0;         // how often one went on where another had stopped
    bool cut_short = false;               // the file has no end: what there is was looked at
    std::vector<std::string> unfollowed;  // what could not be judged, and why
    std::vector<TraceBreach> breaches;    // in the order of their lines

    bool ok() const { return breaches.empty(); }
};

/// Judges what a device did in a recorded session by the invariants that can be seen in it: what
/// the host's side does is taken as it is, right or wrong, and where it is not known when the
/// device did something, the time that speaks for it is taken. A file that is no session, or that
/// was changed, is refused; one that was cut short is judged as far as it goes.
Result<SessionVerdict> check_session(const std::string& path);

/// Is this file a session, by its first line?
bool is_session(const std::string& path);

/// What check_session() judges by.
std::vector<const check::Invariant*> session_invariants();

}  // namespace lmsim::sim
