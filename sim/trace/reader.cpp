#include "sim/trace/reader.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "sim/core/schemas.hpp"
#include "sim/core/text.hpp"
#include "sim/metrics/result.hpp"
#include "sim/trace/output_file.hpp"
#include "sim/trace/run_directory.hpp"
#include "sim/trace/scan.hpp"

namespace lmsim::sim::trace {
namespace {

using Parsed = nlohmann::json;

constexpr std::size_t block_bytes = std::size_t{1} << 20U;
constexpr std::size_t most_line_bytes = std::size_t{16} << 20U;
constexpr std::size_t most_json_bytes = std::size_t{64} << 20U;

/// A file that is read in blocks.
class InputFile {
  public:
    explicit InputFile(const std::string& path)
        : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
    ~InputFile() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }
    InputFile(const InputFile&) = delete;
    InputFile& operator=(const InputFile&) = delete;

    bool is_open() const { return descriptor_ >= 0; }
    /// How many bytes were read, 0 at the end; -1 and errno.
    ssize_t read(char* into, std::size_t most) const {
        for (;;) {
            const ssize_t got = ::read(descriptor_, into, most);
            if (got >= 0 || errno != EINTR) {
                return got;
            }
        }
    }

  private:
    int descriptor_;
};

Failure unreadable(const std::string& path, int number) {
    return {fmt::format("{}: cannot be read: {}", printable(path), system_words(number))};
}

/// Where a byte of a text is, as people count.
std::string place(std::string_view text, std::size_t at) {
    const std::string_view before = text.substr(0, at);
    std::size_t line = 1;
    for (const char c : before) line += c == '\n' ? 1 : 0;
    const std::size_t newline = before.rfind('\n');
    const std::size_t column =
        newline == std::string_view::npos ? before.size() + 1 : before.size() - newline;
    return fmt::format("{}:{}", line, column);
}

sim::Result<Parsed> read_json(const std::string& path, const std::string& absent) {
    const InputFile file(path);
    if (!file.is_open()) {
        return errno == ENOENT ? Failure{absent} : unreadable(path, errno);
    }
    std::string text;
    const std::unique_ptr<char[]> block(new char[block_bytes]);
    for (ssize_t got = 0; (got = file.read(block.get(), block_bytes)) != 0;) {
        if (got < 0) {
            return unreadable(path, errno);
        }
        text.append(block.get(), static_cast<std::size_t>(got));
        if (text.size() > most_json_bytes) {
            return Failure{
                fmt::format("{}: it is larger than 64 MiB; expected what lmsim run "
                            "--out writes",
                            printable(path))};
        }
    }
    try {
        return Parsed::parse(text);
    } catch (const Parsed::parse_error& error) {
        const std::size_t at = error.byte == 0 ? 0 : std::min(error.byte, text.size()) - 1;
        return Failure{fmt::format("{}:{}: this is not JSON; expected what lmsim run --out writes",
                                   printable(path), place(text, at))};
    }
}

/// Reads the members of an object and keeps the first thing that is wrong.
class Members {
  public:
    Members(const Parsed& object, std::string path) : object_(object), path_(std::move(path)) {}

    void schema(std::string_view expected) {
        std::string name;
        text("schema", name);
        if (error_.empty() && name != expected) {
            error_ = fmt::format("{}: {}", printable(path_), other_schema(name, expected));
        }
    }
    void text(const char* key, std::string& into) {
        if (const Parsed* value = find(key)) {
            if (!value->is_string()) return unlike(key, "a text");
            into = value->get<std::string>();
        }
    }
    void flag(const char* key, bool& into) {
        if (const Parsed* value = find(key)) {
            if (!value->is_boolean()) return unlike(key, "true or false");
            into = value->get<bool>();
        }
    }
    template <class T>
    void count(const char* key, T& into) {
        const Parsed* value = find(key);
        if (value == nullptr) {
            return;
        }
        constexpr auto max = static_cast<std::uint64_t>(std::numeric_limits<T>::max());
        if (!value->is_number_unsigned() || value->get<std::uint64_t>() > max) {
            unlike(key, fmt::format("an integer from 0 to {}", max));
            return;
        }
        into = value->get<T>();
    }
    bool has(const char* key) const { return object_.find(key) != object_.end(); }
    const Parsed* object(const char* key) {
        const Parsed* value = find(key);
        if (value != nullptr && !value->is_object()) {
            unlike(key, "an object");
        }
        return error_.empty() ? value : nullptr;
    }
    const std::string& error() const { return error_; }
    void set_error(const std::string& error) { error_ = error_.empty() ? error : error_; }

  private:
    const Parsed* find(const char* key) {
        if (!error_.empty()) {
            return nullptr;
        }
        const auto found = object_.find(key);
        if (found == object_.end()) {
            error_ = fmt::format("{}: no \"{}\"; expected what lmsim run --out writes",
                                 printable(path_), key);
            return nullptr;
        }
        return &*found;
    }
    void unlike(const char* key, std::string_view expected) {
        error_ = fmt::format("{}: \"{}\" is something else; expected {}", printable(path_), key,
                             expected);
    }

    const Parsed& object_;
    std::string path_;
    std::string error_;
};

/// Empty, or what is wrong with it. Of an empty `path` the current directory is not meant.
std::string not_a_directory(const std::string& path) {
    struct stat status {};
    if (path.empty()) {
        return "the run directory has no name";
    }
    if (::stat(path.c_str(), &status) != 0) {
        return errno == ENOENT ? fmt::format(
                                     "{}: there is no such directory; lmsim run SCENARIO "
                                     "--out DIR makes one",
                                     printable(path))
                               : unreadable(path, errno).message;
    }
    if (!S_ISDIR(status.st_mode)) {
        return fmt::format(
            "{}: this is a file; expected the directory of a run, as lmsim run "
            "--out leaves it",
            printable(path));
    }
    return "";
}

std::string interrupted(const std::string& file) {
    return fmt::format("{}: \"partial\" is true: the run was interrupted; expected a whole run",
                       printable(file));
}

std::string read_manifest(const std::string& path, bool whole) {
    const std::string file = path + "/manifest.json";
    const auto json = read_json(
        file, fmt::format("{}: it has no manifest.json, so it is not the directory of a finished "
                          "run; expected what lmsim run --out leaves",
                          printable(path)));
    if (!json) {
        return json.error();
    }
    Members members(json.value(), file);
    members.schema(schema::Manifest);
    bool partial = false;
    if (members.has("partial")) {
        members.flag("partial", partial);
    }
    return members.error().empty() && partial && whole ? interrupted(file) : members.error();
}

/// Those of other kinds than NVMe: how they are called.
void read_devices(const Parsed& list, const std::string& file, Members& members,
                  DeviceNames& names) {
    for (const Parsed& entry : list) {
        if (!entry.is_object()) {
            return members.set_error(fmt::format(
                "{}: \"devices\" is something else; expected a list of objects", printable(file)));
        }
        Members device(entry, file);
        std::string name;
        Device number = 0;
        device.text("name", name);
        device.count("device", number);
        members.set_error(device.error());
        names.add(number, name);
    }
}

std::string read_result(RunInfo& run, bool whole) {
    const std::string file = run.path + "/result.json";
    const auto json = read_json(file, "");
    if (!json) {
        return json.error();  // none for a run that has none
    }
    Members members(json.value(), file);
    members.schema(schema::Result);
    members.text("version", run.version);
    members.text("scenario", run.scenario);
    members.count("seed", run.seed);
    members.flag("partial", run.partial);
    members.text("outcome", run.outcome);
    members.text("reason", run.reason);
    if (const Parsed* downtime = members.object("downtime")) {
        Members of_downtime(*downtime, file);
        of_downtime.count("total_ps", run.downtime);
        of_downtime.count("begin_ps", run.downtime_begin);
        of_downtime.flag("ended", run.downtime_ended);
        members.set_error(of_downtime.error());
    }
    if (members.has("devices")) {
        read_devices(json.value()["devices"], file, members, run.devices);
    }
    if (members.error().empty() && run.partial && whole) {
        return interrupted(file);
    }
    return members.error();
}

/// The bytes of a file, line by line.
class Lines {
  public:
    explicit Lines(const std::string& path) : file_(path), buffer_(new char[capacity_]) {}

    bool is_open() const { return file_.is_open(); }
    enum class Got { Line, End, Unfinished, TooLong, Error };
    Got next(std::string_view& line) {
        for (;;) {
            const char* const from = buffer_.get() + searched_;
            const void* const newline = std::memchr(from, '\n', filled_ - searched_);
            if (newline != nullptr) {
                const std::size_t end =
                    searched_ + static_cast<std::size_t>(static_cast<const char*>(newline) - from);
                line = std::string_view(buffer_.get() + begin_, end - begin_);
                begin_ = searched_ = end + 1;
                return line.size() > most_line_bytes ? Got::TooLong : Got::Line;
            }
            searched_ = filled_;
            if (filled_ - begin_ > most_line_bytes) {
                return Got::TooLong;
            }
            const ssize_t got = fill();
            if (got < 0) {
                return Got::Error;
            }
            if (got == 0) {
                return begin_ == filled_ ? Got::End : Got::Unfinished;
            }
        }
    }

    /// The line that the file ends in, if it has no newline.
    std::string_view rest() const { return {buffer_.get() + begin_, filled_ - begin_}; }

  private:
    /// Makes room behind what is left, and reads into it.
    ssize_t fill() {
        const std::size_t left = filled_ - begin_;
        if (left + block_bytes > capacity_) {
            capacity_ *= 2;
            std::unique_ptr<char[]> larger(new char[capacity_]);
            std::memcpy(larger.get(), buffer_.get() + begin_, left);
            buffer_ = std::move(larger);
        } else {
            std::memmove(buffer_.get(), buffer_.get() + begin_, left);
        }
        begin_ = 0;
        searched_ = filled_ = left;
        const ssize_t got = file_.read(buffer_.get() + filled_, capacity_ - filled_);
        filled_ += got > 0 ? static_cast<std::size_t>(got) : 0;
        return got;
    }

    InputFile file_;
    std::size_t capacity_ = 2 * block_bytes;
    std::unique_ptr<char[]> buffer_;
    std::size_t begin_ = 0;     // of the next line
    std::size_t searched_ = 0;  // there is no newline from begin_ to here
    std::size_t filled_ = 0;
};

Failure wrong_line(const std::string& path, const TraceScanner& scanner) {
    return {fmt::format("{}:{}:{}: {}", printable(path), scanner.lines(), scanner.column(),
                        scanner.what())};
}

}  // namespace

sim::Result<RunInfo> open_run(const std::string& path, RunWanted wanted) {
    RunInfo run;
    run.path = without_slashes(path);
    std::string error = not_a_directory(run.path);
    error = error.empty() ? read_manifest(run.path, wanted.whole) : error;
    error = error.empty() ? read_result(run, wanted.whole) : error;
    run.traced = ::access(run.trace().c_str(), F_OK) == 0;
    if (error.empty() && wanted.trace && !run.traced) {
        error = fmt::format("{}: it has no trace.ndjson; expected a run without --no-trace",
                            printable(run.path));
    }
    if (!error.empty()) {
        return Failure{error};
    }
    return run;
}

sim::Result<TraceRead> read_trace(const std::string& path, TraceSink& sink, std::uint64_t* number) {
    Lines lines(path);
    if (!lines.is_open()) {
        return unreadable(path, errno);
    }
    TraceScanner scanner(sink);
    std::string_view line;
    Lines::Got got = lines.next(line);
    for (; got == Lines::Got::Line; got = lines.next(line)) {
        if (number != nullptr) {
            *number = scanner.lines() + 1;
        }
        if (!scanner.line(line)) {
            return wrong_line(path, scanner);
        }
    }
    const std::uint64_t next = scanner.lines() + 1;
    const std::string_view begun = lines.rest();
    // A header that is not ours says more than that its line has no end.
    if (got == Lines::Got::Unfinished && next == 1 && !scanner.line(begun)) {
        return wrong_line(path, scanner);
    }
    switch (got) {
        case Lines::Got::Unfinished:
            return Failure{fmt::format("{}:{}:{}: the file ends within a line; expected a newline",
                                       printable(path), next, begun.size() + 1)};
        case Lines::Got::TooLong:
            return Failure{fmt::format("{}:{}: the line is longer than 16 MiB; expected a record",
                                       printable(path), next)};
        case Lines::Got::Error: return unreadable(path, errno);
        default: break;
    }
    if (scanner.lines() == 0) {
        return Failure{fmt::format("{}:1:1: the file is empty; expected the header of a trace",
                                   printable(path))};
    }
    return TraceRead{scanner.header(), scanner.records(), scanner.last()};
}

}  // namespace lmsim::sim::trace
