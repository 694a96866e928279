#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sim/guest/fio/iolog.hpp"

namespace lmsim::sim::fio {

/// A part of a line of a trace, and the column at which it begins.
struct TraceField {
    std::string_view text;
    std::uint32_t column = 1;
};

/// The parts between blanks, of which any number stand between two.
std::vector<TraceField> blank_fields(std::string_view line);
/// The parts between commas, without blanks around them; "a,,b" has three.
std::vector<TraceField> comma_fields(std::string_view line);

/// A whole number of decimal digits; false if it is something else or does not fit.
bool decimal(std::string_view text, std::uint64_t& value);

/// What a trace of another program says of one I/O, on one line. Times are nanoseconds since any
/// moment, the same for all.
struct TraceIo {
    std::uint64_t time_ns = 0;
    Op op = Op::Read;
    std::uint64_t offset = 0;  // bytes, on its device
    std::uint64_t length = 0;
    TraceField at;    // what says where, for messages
    TraceField size;  // what says how much
};

/// Gathers the I/Os of a trace into what a fio I/O log becomes too. Devices lie one after another
/// in the order in which they come, each at a multiple of 1 MiB. I/Os are replayed in the order of
/// their times; times count from the first, in microseconds, rounded down.
class TraceLog {
  public:
    /// `format`: "MQSim trace".
    TraceLog(std::string path, std::string_view format);

    [[noreturn]] void fail(std::uint32_t line, std::uint32_t column,
                           const std::string& message) const;
    /// A number, or the error that says what it should be.
    std::uint64_t number(const TraceField& field, const char* what, std::uint32_t line,
                         std::uint64_t most) const;
    void add(const std::string& device, const TraceIo& io, std::uint32_t line);
    void note(std::string text) { log_.notes.push_back(std::move(text)); }
    bool empty() const { return log_.ios.empty(); }
    /// `expected`: what lines with I/O look like, for a trace that has none.
    IoLog finish(const std::string& expected);

  private:
    struct Order {
        std::uint64_t time_ns = 0;
        std::uint16_t file = 0;
    };
    std::size_t file_of(const std::string& device, std::uint32_t line);
    void sort();
    void lay_out();

    IoLog log_;
    std::vector<Order> order_;  // beside log_.ios
    std::map<std::string, std::size_t> index_;
};

/// One that iolog may name besides fio's own: how its first line looks, and its reader, which
/// throws InputError at the first mistake.
struct TraceFormat {
    std::string_view name;
    bool (*begins)(std::string_view first_line);
    IoLog (*parse)(const std::string& name, std::string_view text);
};
const std::vector<TraceFormat>& trace_formats();

/// The format of a text by its first line that is not empty; nullptr if it is none of them.
const TraceFormat* trace_format_of(std::string_view text);

}  // namespace lmsim::sim::fio
