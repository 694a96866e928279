#pragma once

#include <cstdint>
#include <string>

#include "sim/core/event_queue.hpp"

namespace lmsim::sim::record {

/// What a line of a session file tells (docs/hardware.md has the table).
enum class Kind : std::uint8_t {
    // What the host's side did.
    HostWrote,   // memory: it reached the device with the crossing that follows
    Write,       // a register
    Read,        // a register; its answer is a ReadDone
    Reset,       // its end is a ResetDone
    Interrupts,  // on or off
    // What the device did, or time.
    DeviceWrote,  // memory: the host was about to look there
    ReadDone,
    Interrupt,
    ResetDone,
    Trouble,  // nothing can be expected any more
    Polled,   // the end of a poll() that brought one of these
    Now,      // the host asked for the time
    Over,     // a wait ended because its time was over
    End,      // of the file
};

/// One line. Fields that its kind does not name are 0.
struct SessionLine {
    Kind kind = Kind::End;
    std::uint64_t number = 0;  // in the file, from 1
    std::uint64_t polls = 0;   // that brought nothing, since the line before
    Ps at = 0;                 // since the device was opened
    std::uint32_t function = 0;
    std::uint32_t memory = 0;   // HostWrote, DeviceWrote: which, by SessionHeader::memories
    std::uint64_t address = 0;  // HostWrote, DeviceWrote; of a register: Write, Read
    std::uint32_t size = 0;     // bytes: Write, Read
    std::uint64_t since = 0;    // DeviceWrote: when this line was the last, it was not changed yet
    std::uint64_t token = 0;    // Read, ReadDone
    std::uint64_t value = 0;    // Write, ReadDone; Interrupts: 1 is on; Interrupt: the vector; Now
    std::string bytes;          // HostWrote, DeviceWrote; Trouble: its words
};

/// What happens to a function.
inline SessionLine line_of(Kind kind, std::uint32_t function, std::uint64_t value) {
    SessionLine line;
    line.kind = kind;
    line.function = function;
    line.value = value;
    return line;
}

/// "write", as the file calls it.
const char* name(Kind kind);
/// "a write of 1h (4 bytes) to the property at 14h of function 0".
std::string describe(const SessionLine& line);
/// Do they tell the same? Number, polls, time and since do not count.
bool same(const SessionLine& a, const SessionLine& b);

/// The JSON object without its closing brace and without the sum.
std::string encode(const SessionLine& line);
/// A line without its newline, whose sum has been looked at. In words what is wrong; else empty.
std::string decode(const std::string& text, SessionLine& into);

}  // namespace lmsim::sim::record
