#include "sim/guest/fio/mqsim_trace.hpp"

#include <fmt/format.h>

#include "sim/core/text.hpp"
#include "sim/guest/fio/text_file.hpp"
#include "sim/guest/fio/trace_log.hpp"

namespace lmsim::sim::fio {

namespace {

constexpr const char* mqsim_line =
    "five numbers: arrival time in ns, device, first sector, sectors, 0 (write) or 1 (read)";
constexpr std::size_t mqsim_fields = 5;

}  // namespace

bool begins_as_mqsim(std::string_view first_line) {
    const std::vector<TraceField> fields = blank_fields(first_line);
    std::uint64_t number = 0;
    return fields.size() >= 3 && fields.size() <= mqsim_fields + 1 &&
           decimal(fields[0].text, number) && decimal(fields[1].text, number);
}

IoLog parse_mqsim(const std::string& name, std::string_view text) {
    TraceLog log(name, "MQSim trace");
    Lines lines(name, text);
    std::string_view line;
    while (lines.next(line)) {
        const std::vector<TraceField> fields = blank_fields(line);
        const std::uint32_t number = lines.number();
        if (fields.empty()) {
            continue;
        }
        if (fields.size() != mqsim_fields) {
            log.fail(number, fields.back().column,
                     fmt::format("a line of {} fields{}; expected {}", fields.size(),
                                 lines.unterminated() ? " at the end, which seems cut off" : "",
                                 mqsim_line));
        }
        TraceIo io;
        io.time_ns = log.number(fields[0], "arrival time in ns", number, INT64_MAX);
        io.at = fields[2];
        io.size = fields[3];
        io.offset = log.number(io.at, "sector", number, INT64_MAX / sector) * sector;
        io.length = log.number(io.size, "number of sectors", number, UINT32_MAX / sector) * sector;
        const std::uint64_t device = log.number(fields[1], "device", number, UINT32_MAX);
        if (fields[4].text != "0" && fields[4].text != "1") {
            log.fail(number, fields[4].column,
                     fmt::format("unknown type {}; expected 0 (write) or 1 (read)",
                                 in_quotes(fields[4].text)));
        }
        io.op = fields[4].text == "1" ? Op::Read : Op::Write;
        log.add(fmt::format("device {}", device), io, number);
    }
    return log.finish(mqsim_line);
}

}  // namespace lmsim::sim::fio
