#include "sim/guest/fio/trace_log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "sim/core/text.hpp"
#include "sim/guest/fio/blkparse_trace.hpp"
#include "sim/guest/fio/mqsim_trace.hpp"
#include "sim/guest/fio/msr_trace.hpp"
#include "sim/guest/fio/text_file.hpp"

namespace lmsim::sim::fio {

namespace {

constexpr std::uint64_t longest_trace_ns = 30ULL * 86400 * 1'000'000'000;

std::string_view trimmed(std::string_view text, std::uint32_t& column) {
    while (!text.empty() && is_blank(text.front())) {
        text.remove_prefix(1);
        ++column;
    }
    while (!text.empty() && is_blank(text.back())) {
        text.remove_suffix(1);
    }
    return text;
}

}  // namespace

std::vector<TraceField> blank_fields(std::string_view line) {
    std::vector<TraceField> out;
    std::size_t at = 0;
    while (at < line.size()) {
        const std::size_t from = at;
        while (at < line.size() && !is_blank(line[at])) {
            ++at;
        }
        if (at > from) {
            out.push_back({line.substr(from, at - from), static_cast<std::uint32_t>(from + 1)});
        }
        ++at;
    }
    return out;
}

std::vector<TraceField> comma_fields(std::string_view line) {
    std::vector<TraceField> out;
    std::size_t from = 0;
    while (true) {
        const std::size_t comma = std::min(line.find(',', from), line.size());
        auto column = static_cast<std::uint32_t>(from + 1);
        const std::string_view text = trimmed(line.substr(from, comma - from), column);
        out.push_back({text, column});
        if (comma == line.size()) {
            return out;
        }
        from = comma + 1;
    }
}

bool decimal(std::string_view text, std::uint64_t& value) {
    value = 0;
    bool good = !text.empty();
    for (const char c : text) {
        good = good && c >= '0' && c <= '9' && !__builtin_mul_overflow(value, 10U, &value) &&
               !__builtin_add_overflow(value, static_cast<std::uint64_t>(c - '0'), &value);
    }
    return good;
}

TraceLog::TraceLog(std::string path, std::string_view format) {
    log_.path = std::move(path);
    log_.notes.emplace_back(format);
}

void TraceLog::fail(std::uint32_t line, std::uint32_t column, const std::string& message) const {
    throw InputError(log_.path, {line, column}, message);
}

std::uint64_t TraceLog::number(const TraceField& field, const char* what, std::uint32_t line,
                               std::uint64_t most) const {
    std::uint64_t value = 0;
    if (!decimal(field.text, value) || value > most) {
        fail(line, field.column,
             fmt::format("{} is no {}; expected a number up to {}", in_quotes(field.text), what,
                         most));
    }
    return value;
}

std::size_t TraceLog::file_of(const std::string& device, std::uint32_t line) {
    const auto [found, is_new] = index_.emplace(device, log_.files.size());
    if (is_new) {
        if (log_.files.size() == logged_files_limit) {
            fail(line, 1, fmt::format("too many devices; expected at most {}", logged_files_limit));
        }
        log_.files.push_back({device, 0, 0, {}});
    }
    return found->second;
}

void TraceLog::add(const std::string& device, const TraceIo& io, std::uint32_t line) {
    if (io.op != Op::Flush) {
        if (io.length == 0) {
            fail(line, io.size.column, "an I/O of length 0; expected at least a sector");
        }
        for (const auto& [value, field] : {std::pair(io.offset, io.at), {io.length, io.size}}) {
            if (value % sector != 0) {
                fail(line, field.column,
                     fmt::format("{} is no whole number of sectors; expected a multiple of {}",
                                 value, sector));
            }
        }
        if (io.length > UINT32_MAX || io.offset > INT64_MAX - io.length) {
            fail(line, io.size.column, "an I/O that is larger than any namespace");
        }
    }
    const std::size_t file = file_of(device, line);
    LoggedIo out;
    out.op = io.op;
    out.line = line;
    if (io.op != Op::Flush) {
        out.offset = io.offset;
        out.length = static_cast<std::uint32_t>(io.length);
        LoggedFile& region = log_.files[file];
        if (io.offset + io.length > region.size) {
            region.size = io.offset + io.length;
            region.furthest = {line, io.at.column};
        }
    }
    log_.ios.push_back(out);
    order_.push_back({io.time_ns, static_cast<std::uint16_t>(file)});
}

/// Several CPUs, or completions instead of submissions, leave traces a little out of order.
void TraceLog::sort() {
    std::vector<std::size_t> by_time(order_.size());
    std::iota(by_time.begin(), by_time.end(), std::size_t{0});
    std::stable_sort(by_time.begin(), by_time.end(), [this](std::size_t a, std::size_t b) {
        return order_[a].time_ns < order_[b].time_ns;
    });
    std::vector<LoggedIo> ios;
    std::vector<Order> order;
    ios.reserve(by_time.size());
    order.reserve(by_time.size());
    std::size_t moved = 0;
    for (std::size_t i = 0; i < by_time.size(); ++i) {
        moved += by_time[i] != i ? 1 : 0;
        ios.push_back(log_.ios[by_time[i]]);
        order.push_back(order_[by_time[i]]);
    }
    log_.ios = std::move(ios);
    order_ = std::move(order);
    if (moved != 0) {
        note(fmt::format("not in the order of its times: {} of {} I/Os were put at their places",
                         moved, order_.size()));
    }
}

void TraceLog::lay_out() {
    constexpr std::uint64_t unit = 1 << 20;
    for (LoggedFile& file : log_.files) {
        file.base = (log_.size + unit - 1) / unit * unit;
        if (__builtin_add_overflow(file.base, file.size, &log_.size) || log_.size > INT64_MAX) {
            throw InputError(log_.path, file.furthest,
                             "the devices together are larger than any namespace");
        }
    }
    if (log_.files.size() > 1) {
        note(fmt::format("{} devices lie one after another in the namespace, {} bytes in all",
                         log_.files.size(), log_.size));
    }
}

IoLog TraceLog::finish(const std::string& expected) {
    if (log_.ios.empty()) {
        throw InputError(log_.path, {}, fmt::format("the trace has no I/O; expected {}", expected));
    }
    sort();
    lay_out();
    const std::uint64_t first = order_.front().time_ns;
    std::uint64_t last_us = 0;
    for (std::size_t i = 0; i < log_.ios.size(); ++i) {
        LoggedIo& io = log_.ios[i];
        if (order_[i].time_ns - first > longest_trace_ns) {
            fail(io.line, 1, "the trace is longer than 30 days; expected a part of it");
        }
        const std::uint64_t us = (order_[i].time_ns - first) / 1000;
        io.gap_us = us - std::exchange(last_us, us);
        io.offset += io.op == Op::Flush ? 0 : log_.files[order_[i].file].base;
    }
    return std::move(log_);
}

const std::vector<TraceFormat>& trace_formats() {
    static const std::vector<TraceFormat> formats = {
        {"blkparse", begins_as_blkparse, parse_blkparse},
        {"MSR Cambridge", begins_as_msr, parse_msr},
        {"MQSim", begins_as_mqsim, parse_mqsim},
    };
    return formats;
}

const TraceFormat* trace_format_of(std::string_view text) {
    while (!text.empty() && is_blank(text.front())) {
        text.remove_prefix(1);
    }
    std::string_view line = text.substr(0, text.find('\n'));
    for (const TraceFormat& format : trace_formats()) {
        if (format.begins(line)) {
            return &format;
        }
    }
    return nullptr;
}

}  // namespace lmsim::sim::fio
