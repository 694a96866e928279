#include "sim/guest/fio/blkparse_trace.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "sim/core/text.hpp"
#include "sim/guest/fio/text_file.hpp"
#include "sim/guest/fio/trace_log.hpp"

namespace lmsim::sim::fio {

namespace {

constexpr const char* blkparse_line =
    "blkparse's default format: \"8,0 0 1 0.000000000 697 D W 223490 + 8 [name]\"";
// Those that blkparse(1) lists, and what kernels since then added.
constexpr std::array<std::string_view, 17> blkparse_actions = {
    "A", "B", "C", "D", "F", "G", "I", "M", "P", "Q", "R", "S", "T", "U", "UT", "X", "m"};

/// "8,0": the major and the minor number of a device.
bool is_device(std::string_view text) {
    const std::size_t comma = text.find(',');
    std::uint64_t number = 0;
    return comma != std::string_view::npos && decimal(text.substr(0, comma), number) &&
           decimal(text.substr(comma + 1), number);
}

class BlkparseReader {
  public:
    BlkparseReader(const std::string& name, std::string_view text, std::string_view action)
        : lines_(name, text), log_(name, "blkparse trace"), action_(action) {}

    void read() {
        std::string_view line;
        while (lines_.next(line)) {
            const std::vector<TraceField> fields = blank_fields(line);
            if (fields.empty()) {
                continue;
            }
            // "CPU0 (8,0):" and "Total (8,0):" begin the summary, with which the output ends.
            if (fields[0].text.substr(0, 3) == "CPU" || fields[0].text == "Total") {
                return;
            }
            event(fields);
        }
    }
    bool empty() const { return log_.empty(); }
    IoLog finish() {
        if (packets_ != 0) {
            log_.note(fmt::format("{} packet commands are left out", packets_));
        }
        if (others_ != 0) {
            log_.note(
                fmt::format("{} I/Os that are neither read, write, discard nor flush are "
                            "left out",
                            others_));
        }
        return log_.finish("events D or Q in " + std::string(blkparse_line));
    }

  private:
    [[noreturn]] void fail(const TraceField& field, const std::string& message) const {
        log_.fail(lines_.number(), field.column, message);
    }
    std::uint64_t number(const TraceField& field, const char* what, std::uint64_t most) const {
        return log_.number(field, what, lines_.number(), most);
    }

    /// Device, CPU, sequence, time, process, action; then what the action has.
    void event(const std::vector<TraceField>& fields) {
        if (!is_device(fields[0].text)) {
            fail(fields[0], fmt::format("{} is no device such as \"8,0\"; expected {}",
                                        in_quotes(fields[0].text), blkparse_line));
        }
        if (fields.size() < 6) {
            fail(fields.back(),
                 fmt::format("a line of {} fields{}; expected {}", fields.size(),
                             lines_.unterminated() ? " at the end, which seems cut off" : "",
                             blkparse_line));
        }
        static_cast<void>(number(fields[1], "CPU", UINT32_MAX));
        static_cast<void>(number(fields[2], "sequence number", UINT64_MAX));
        const std::uint64_t time = time_ns(fields[3]);
        static_cast<void>(number(fields[4], "process id", UINT32_MAX));
        const TraceField& action = fields[5];
        if (std::find(blkparse_actions.begin(), blkparse_actions.end(), action.text) ==
            blkparse_actions.end()) {
            fail(action, fmt::format("unknown action {}; expected one of {}",
                                     in_quotes(action.text), fmt::join(blkparse_actions, ", ")));
        }
        if (action.text == action_) {
            request(fields, time);
        }
    }

    /// "12.000000345"
    std::uint64_t time_ns(const TraceField& field) const {
        const std::size_t dot = field.text.find('.');
        const std::string_view digits =
            dot == std::string_view::npos ? std::string_view() : field.text.substr(dot + 1);
        std::uint64_t seconds = 0;
        std::uint64_t nanoseconds = 0;
        if (!decimal(field.text.substr(0, dot), seconds) || digits.size() != 9 ||
            !decimal(digits, nanoseconds) || seconds > UINT32_MAX) {
            fail(field, fmt::format("{} is no time; expected seconds with nine digits behind the "
                                    "point, as 0.000001234",
                                    in_quotes(field.text)));
        }
        return seconds * 1'000'000'000 + nanoseconds;
    }

    void request(const std::vector<TraceField>& fields, std::uint64_t time) {
        if (fields.size() < 7) {
            fail(fields.back(),
                 fmt::format("no RWBS after the action; expected {}", blkparse_line));
        }
        std::string_view kind = fields[6].text;
        const bool place = fields.size() >= 10 && fields[8].text == "+";
        const bool packet = fields.size() >= 9 && fields[8].text.substr(0, 1) == "(";
        if (packet) {
            ++packets_;
            return;
        }
        TraceIo io;
        io.time_ns = time;
        const std::string device(fields[0].text);
        if (kind.front() == 'F') {
            io.op = Op::Flush;
            log_.add(device, io, lines_.number());
            kind.remove_prefix(1);
        }
        const char letter = kind.empty() ? 'N' : kind.front();
        const bool flush_alone = fields[6].text.front() == 'F' && (letter == 'N' || !place);
        if (flush_alone) {
            return;
        }
        if (letter != 'R' && letter != 'W' && letter != 'D') {
            ++others_;
            return;
        }
        if (!place) {
            fail(fields.back(), fmt::format("no place after {}; expected {}",
                                            in_quotes(fields[6].text), blkparse_line));
        }
        io.op = letter == 'R' ? Op::Read : letter == 'W' ? Op::Write : Op::Trim;
        io.at = fields[7];
        io.size = fields[9];
        io.offset = number(io.at, "sector", INT64_MAX / sector) * sector;
        io.length = number(io.size, "number of sectors", UINT32_MAX / sector) * sector;
        if (io.length == 0 && fields[6].text.front() == 'F') {
            return;  // the flush alone, with the place that is not there written as 0 + 0
        }
        log_.add(device, io, lines_.number());
    }

    Lines lines_;
    TraceLog log_;
    std::string_view action_;
    std::size_t packets_ = 0;
    std::size_t others_ = 0;
};

}  // namespace

bool begins_as_blkparse(std::string_view first_line) {
    const std::vector<TraceField> fields = blank_fields(first_line);
    return fields.size() >= 2 && is_device(fields[0].text);
}

IoLog parse_blkparse(const std::string& name, std::string_view text) {
    BlkparseReader issued(name, text, "D");
    issued.read();
    if (!issued.empty()) {
        return issued.finish();
    }
    BlkparseReader queued(name, text, "Q");
    queued.read();
    return queued.finish();
}

}  // namespace lmsim::sim::fio
