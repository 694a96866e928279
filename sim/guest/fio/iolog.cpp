#include "sim/guest/fio/iolog.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "sim/core/text.hpp"
#include "sim/guest/fio/io.hpp"
#include "sim/guest/fio/text_file.hpp"
#include "sim/guest/fio/trace_log.hpp"

namespace lmsim::sim::fio {

namespace {

constexpr std::string_view header_start = "fio version ";
constexpr std::uint64_t longest_us = 30ULL * 86400 * 1'000'000;
constexpr std::size_t most_fields = 5;

struct Field {
    std::string_view text;
    std::uint32_t column = 0;
};

struct Fields {
    std::array<Field, most_fields + 1> items;
    std::size_t count = 0;
};

Fields fields_of(std::string_view line) {
    Fields out;
    std::size_t at = 0;
    while (out.count < out.items.size()) {
        while (at < line.size() && is_blank(line[at])) {
            ++at;
        }
        if (at == line.size()) {
            break;
        }
        const std::size_t from = at;
        while (at < line.size() && !is_blank(line[at])) {
            ++at;
        }
        out.items[out.count++] = {line.substr(from, at - from),
                                  static_cast<std::uint32_t>(from + 1)};
    }
    return out;
}

/// "blkparse, MSR Cambridge or MQSim"
std::string trace_names() {
    std::string names;
    const std::vector<TraceFormat>& formats = trace_formats();
    for (std::size_t i = 0; i < formats.size(); ++i) {
        names += i == 0 ? "" : i + 1 == formats.size() ? " or " : ", ";
        names += formats[i].name;
    }
    return names;
}

enum class Action { Add, Open, Close, Read, Write, Trim, Sync, Datasync, Wait };

constexpr std::array<std::string_view, 9> action_names = {
    "add", "open", "close", "read", "write", "trim", "sync", "datasync", "wait"};

class LogParser {
  public:
    LogParser(const std::string& name, std::string_view text) : lines_(name, text) {
        log_.path = name;
    }

    IoLog run() {
        std::string_view line;
        static_cast<void>(lines_.next(line));
        header(line);
        while (lines_.next(line)) {
            if (looks_like_iolog(line)) {
                fail(1,
                     "a second header: the logs of several fio jobs in one file; expected one "
                     "(give each job a write_iolog of its own, without numjobs)");
            }
            const Fields fields = fields_of(line);
            if (fields.count != 0) {
                entry(fields);
            }
            if (lines_.unterminated()) {  // its last number may be the begin of a longer one
                fail(static_cast<std::uint32_t>(line.size() + 1),
                     "the file ends inside a line and seems cut off; expected a newline, with "
                     "which fio ends every line");
            }
        }
        if (log_.ios.empty()) {
            throw InputError(log_.path, {},
                             "the log has no I/O; expected lines with read, write or trim");
        }
        lay_out();
        return std::move(log_);
    }

  private:
    [[noreturn]] void fail(std::uint32_t column, const std::string& message) const {
        throw InputError(log_.path, {lines_.number(), column}, message);
    }

    void header(std::string_view line) {
        while (!line.empty() && is_blank(line.back())) {
            line.remove_suffix(1);
        }
        if (line == "fio version 2 iolog" || line == "fio version 3 iolog") {
            log_.version = line[header_start.size()] == '3' ? 3 : 2;
            return;
        }
        constexpr const char* expected = "expected 'fio version 3 iolog' or 'fio version 2 iolog'";
        if (line.substr(0, header_start.size()) == header_start) {
            fail(static_cast<std::uint32_t>(header_start.size() + 1),
                 fmt::format("unknown version in {}; {}", in_quotes(line), expected));
        }
        fail(1, fmt::format("{} is no header of an I/O log; {}, or a trace of {}", in_quotes(line),
                            expected, trace_names()));
    }

    std::uint64_t number(const Field& field, const char* what, std::uint64_t max) const {
        std::uint64_t value = 0;
        bool good = !field.text.empty();
        for (const char c : field.text) {
            good = good && c >= '0' && c <= '9' && !__builtin_mul_overflow(value, 10U, &value) &&
                   !__builtin_add_overflow(value, static_cast<std::uint64_t>(c - '0'), &value);
        }
        if (!good || value > max) {
            fail(field.column, fmt::format("{} is no {}; expected a number up to {}",
                                           in_quotes(field.text), what, max));
        }
        return value;
    }

    Action action(const Field& field) const {
        for (std::size_t i = 0; i < action_names.size(); ++i) {
            if (action_names[i] == field.text) {
                return static_cast<Action>(i);
            }
        }
        const std::vector<std::string_view> names(action_names.begin(), action_names.end());
        fail(field.column,
             fmt::format("unknown action {}; expected one of {}{}", in_quotes(field.text),
                         fmt::join(names, ", "), did_you_mean(field.text, names)));
    }

    /// Fields of a line: [timestamp] file action [offset length].
    void entry(const Fields& fields) {
        const std::size_t first = log_.version == 3 ? 1 : 0;
        if (fields.count < first + 2) {
            fail(1, fmt::format("a line of {} fields{}; expected {}file action [offset length]",
                                fields.count, cut_off(), first == 1 ? "timestamp " : ""));
        }
        const Action act = action(fields.items[first + 1]);
        const bool about_file = act <= Action::Close;
        const std::size_t wanted = first + (about_file ? 2 : 4);
        const bool short_wait = act == Action::Wait && fields.count == wanted - 1;
        if (fields.count != wanted && !short_wait) {
            const std::size_t last = std::min(fields.count, wanted + 1) - 1;
            fail(fields.items[last].column,
                 fmt::format("{} with {}{}; expected {}", in_quotes(fields.items[first + 1].text),
                             fields.count < wanted ? "too few fields" : "too many fields",
                             cut_off(), about_file ? "nothing after it" : "offset and length"));
        }
        if (first == 1) {
            timestamp(fields.items[0]);
        }
        if (about_file) {
            file_action(fields.items[first], act);
        } else if (act == Action::Wait) {
            wait(fields, first);
        } else {
            io(fields, first, act);
        }
    }

    std::string cut_off() const {
        return lines_.unterminated() ? " at the end of the file, which seems cut off" : "";
    }

    void timestamp(const Field& field) {
        const std::uint64_t now = number(field, "timestamp", longest_us);
        if (seen_timestamp_ && now < last_us_) {
            fail(field.column,
                 fmt::format("timestamp {} goes back; expected at least {}", now, last_us_));
        }
        gap_us_ += seen_timestamp_ ? now - last_us_ : 0;
        seen_timestamp_ = true;
        last_us_ = now;
    }

    void wait(const Fields& fields, std::size_t first) {
        if (log_.version == 3) {
            fail(fields.items[first + 1].column,
                 "'wait' in a log of version 3; expected timestamps instead");
        }
        const std::uint64_t us =
            number(fields.items[first + 2], "wait in microseconds", longest_us);
        gap_us_ += us;
        total_us_ += us;
        if (total_us_ > longest_us) {
            fail(fields.items[first + 2].column, "the waits add up to more than 30 days");
        }
    }

    void file_action(const Field& field, Action act) {
        const auto found = index_.find(field.text);
        if (act == Action::Add) {
            if (found != index_.end()) {
                fail(field.column, fmt::format("file {} is added twice", in_quotes(field.text)));
            }
            if (log_.files.size() == logged_files_limit) {
                fail(field.column,
                     fmt::format("too many files; expected at most {}", logged_files_limit));
            }
            index_.emplace(field.text, log_.files.size());
            log_.files.push_back({std::string(field.text), 0, 0, {}});
            open_.push_back(false);
            return;
        }
        const std::size_t file = known(field);
        open_[file] = act == Action::Open;
    }

    std::size_t known(const Field& field) const {
        const auto found = index_.find(field.text);
        if (found == index_.end()) {
            fail(field.column, fmt::format("file {} is not added; expected a line 'add' before",
                                           in_quotes(field.text)));
        }
        return found->second;
    }

    void io(const Fields& fields, std::size_t first, Action act) {
        const Field& name = fields.items[first];
        const std::size_t file = known(name);
        if (!open_[file]) {
            fail(name.column, fmt::format("file {} is not open; expected a line 'open' before",
                                          in_quotes(name.text)));
        }
        const Field& where = fields.items[first + 2];
        const Field& size = fields.items[first + 3];
        LoggedIo out;
        out.line = lines_.number();
        out.gap_us = std::exchange(gap_us_, 0);
        const std::uint64_t offset = number(where, "offset", INT64_MAX);
        const std::uint64_t length = number(size, "length", UINT32_MAX);
        if (act == Action::Sync || act == Action::Datasync) {
            out.op = Op::Flush;
        } else {
            out.op = act == Action::Read ? Op::Read : act == Action::Write ? Op::Write : Op::Trim;
            check_block(where, size, offset, length);
            out.offset = offset;
            out.length = static_cast<std::uint32_t>(length);
            LoggedFile& region = log_.files[file];
            if (offset + length > region.size) {
                region.size = offset + length;
                region.furthest = {lines_.number(), where.column};
            }
        }
        log_.ios.push_back(out);
        file_of_.push_back(static_cast<std::uint16_t>(file));
    }

    void check_block(const Field& where, const Field& size, std::uint64_t offset,
                     std::uint64_t length) const {
        if (length == 0) {
            fail(size.column, "an I/O of length 0; expected at least a sector");
        }
        for (const auto& [value, field] : {std::pair(offset, &where), std::pair(length, &size)}) {
            if (value % sector != 0) {
                fail(field->column, fmt::format("{} is no whole number of sectors; expected a "
                                                "multiple of {}",
                                                value, sector));
            }
        }
    }

    void lay_out() {
        constexpr std::uint64_t unit = 1 << 20;
        for (LoggedFile& file : log_.files) {
            file.base = (log_.size + unit - 1) / unit * unit;
            if (__builtin_add_overflow(file.base, file.size, &log_.size) || log_.size > INT64_MAX) {
                throw InputError(log_.path, file.furthest,
                                 "the files together are larger than any namespace");
            }
        }
        for (std::size_t i = 0; i < log_.ios.size(); ++i) {
            log_.ios[i].offset += log_.ios[i].op == Op::Flush ? 0 : log_.files[file_of_[i]].base;
        }
        const auto used = [](const LoggedFile& file) { return file.size != 0; };
        if (std::count_if(log_.files.begin(), log_.files.end(), used) > 1) {
            log_.notes.push_back(
                fmt::format("{} files lie one after another in the namespace, {} bytes in all",
                            log_.files.size(), log_.size));
        }
    }

    Lines lines_;
    IoLog log_;
    std::map<std::string, std::size_t, std::less<>> index_;
    std::vector<bool> open_;
    std::vector<std::uint16_t> file_of_;
    bool seen_timestamp_ = false;
    std::uint64_t last_us_ = 0;
    std::uint64_t gap_us_ = 0;
    std::uint64_t total_us_ = 0;
};

/// By what the text says of itself; what says nothing is taken for fio's.
IoLog parse_checked(const std::string& name, std::string_view text) {
    const TraceFormat* other = looks_like_iolog(text) ? nullptr : trace_format_of(text);
    return other == nullptr ? LogParser(name, text).run() : other->parse(name, text);
}

}  // namespace

IoLog parse_iolog(const std::string& name, std::string_view text) {
    check_text(name, text, iolog_limit);
    return parse_checked(name, text);
}

IoLog load_iolog(const std::string& path) {
    const std::string text = read_text(path, iolog_limit);
    return parse_checked(path, text);
}

bool looks_like_iolog(std::string_view text) {
    return text.substr(0, header_start.size()) == header_start;
}

}  // namespace lmsim::sim::fio
