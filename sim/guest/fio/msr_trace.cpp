#include "sim/guest/fio/msr_trace.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/core/text.hpp"
#include "sim/guest/fio/text_file.hpp"
#include "sim/guest/fio/trace_log.hpp"

namespace lmsim::sim::fio {

namespace {

constexpr const char* msr_line = "Timestamp,Hostname,DiskNumber,Type,Offset,Size,ResponseTime";
constexpr std::size_t msr_fields = 7;
constexpr std::uint64_t latest_filetime = INT64_MAX / 100;  // in nanoseconds it still fits

bool same_letters(std::string_view a, std::string_view b) {
    const auto lower = [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    };
    bool same = a.size() == b.size();
    for (std::size_t i = 0; same && i < a.size(); ++i) {
        same = lower(a[i]) == lower(b[i]);
    }
    return same;
}

void msr_io(TraceLog& log, const std::vector<TraceField>& fields, std::uint32_t line,
            std::uint64_t first_time, std::uint64_t time) {
    const TraceField& type = fields[3];
    TraceIo io;
    // Filetimes count from 1601: 18 digits, which as nanoseconds do not fit.
    io.time_ns = (time - first_time) * 100;
    if (same_letters(type.text, "Read")) {
        io.op = Op::Read;
    } else if (same_letters(type.text, "Write")) {
        io.op = Op::Write;
    } else {
        log.fail(line, type.column,
                 fmt::format("unknown type {}; expected Read or Write", in_quotes(type.text)));
    }
    io.at = fields[4];
    io.size = fields[5];
    io.offset = log.number(io.at, "offset in bytes", line, INT64_MAX);
    io.length = log.number(io.size, "size in bytes", line, UINT32_MAX);
    static_cast<void>(log.number(fields[2], "disk number", line, UINT32_MAX));
    log.add(fmt::format("{}.{}", fields[1].text, fields[2].text), io, line);
}

}  // namespace

bool begins_as_msr(std::string_view first_line) {
    const std::vector<TraceField> fields = comma_fields(first_line);
    std::uint64_t number = 0;
    return fields.size() >= 5 &&
           (decimal(fields[0].text, number) || same_letters(fields[0].text, "Timestamp"));
}

IoLog parse_msr(const std::string& name, std::string_view text) {
    TraceLog log(name, "MSR Cambridge trace");
    Lines lines(name, text);
    std::string_view line;
    std::uint64_t first = 0;
    while (lines.next(line)) {
        const std::vector<TraceField> fields = comma_fields(line);
        const std::uint32_t number = lines.number();
        if (fields.size() == 1 && fields[0].text.empty()) {
            continue;
        }
        if (fields.size() != msr_fields) {
            log.fail(number, fields.back().column,
                     fmt::format("a line of {} fields{}; expected {}", fields.size(),
                                 lines.unterminated() ? " at the end, which seems cut off" : "",
                                 msr_line));
        }
        if (log.empty() && same_letters(fields[0].text, "Timestamp")) {
            continue;
        }
        const std::uint64_t time = log.number(fields[0], "Windows filetime", number, INT64_MAX);
        // Lines may be a little out of order; an hour before the first is more than that.
        constexpr std::uint64_t slack = 3600ULL * 10'000'000;
        first = log.empty() ? time - std::min(time, slack) : first;
        if (time < first || time - first > latest_filetime) {
            log.fail(number, fields[0].column,
                     fmt::format("time {} is far from that of the first line; expected one trace",
                                 time));
        }
        msr_io(log, fields, number, first, time);
    }
    return log.finish(msr_line);
}

}  // namespace lmsim::sim::fio
