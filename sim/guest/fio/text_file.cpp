#include "sim/guest/fio/text_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include <sys/stat.h>

#include <fmt/format.h>

namespace lmsim::sim::fio {

namespace {

/// Bytes of the UTF-8 sequence that begins at `at`; 0 if it is none (overlong, surrogate, cut off).
std::size_t sequence_length(std::string_view text, std::size_t at) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
    const unsigned first = byte(0);
    if (first < 0x80) {
        return 1;
    }
    const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || at + length > text.size()) {
        return 0;
    }
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xc0) != 0x80) {
            return 0;
        }
    }
    const unsigned second = byte(1);
    const bool bad = (first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
                     (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f);
    return bad ? 0 : length;
}

/// Position of the first byte that a text file does not have; the text's size if there is none.
std::size_t first_bad_byte(std::string_view text) {
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t length = text[at] == '\0' ? 0 : sequence_length(text, at);
        if (length == 0) {
            return at;
        }
        at += length;
    }
    return at;
}

Where position(std::string_view text, std::size_t at) {
    const std::string_view before = text.substr(0, at);
    const auto lines = std::count(before.begin(), before.end(), '\n');
    const std::size_t line_start = before.rfind('\n');
    const std::size_t column = line_start == std::string_view::npos ? at : at - line_start - 1;
    return Where{static_cast<std::uint32_t>(lines + 1), static_cast<std::uint32_t>(column + 1)};
}

std::string too_large(std::size_t limit) {
    return fmt::format("the file is too large; expected at most {} MiB", limit >> 20);
}

struct CloseFile {
    void operator()(std::FILE* file) const { static_cast<void>(std::fclose(file)); }
};

}  // namespace

void check_text(const std::string& name, std::string_view text, std::size_t limit) {
    if (text.size() > limit) {
        throw InputError(name, {}, too_large(limit));
    }
    const auto is_space = [](char c) { return is_blank(c); };
    if (std::all_of(text.begin(), text.end(), is_space)) {
        throw InputError(name, {}, "the file is empty; expected a fio job file or I/O log");
    }
    const std::size_t bad = first_bad_byte(text);
    if (bad != text.size()) {
        throw InputError(name, position(text, bad),
                         fmt::format("byte 0x{:02x} in a text file; expected UTF-8 without NUL",
                                     static_cast<unsigned char>(text[bad])));
    }
}

std::string read_text(const std::string& path, std::size_t limit) {
    struct stat status {};
    if (stat(path.c_str(), &status) != 0) {
        throw InputError(path, {}, fmt::format("cannot be read: {}", std::strerror(errno)));
    }
    if (!S_ISREG(status.st_mode)) {  // opening a pipe that nobody writes to would wait for ever
        throw InputError(path, {},
                         S_ISDIR(status.st_mode) ? "is a directory; expected a file"
                                                 : "is not a regular file; expected one");
    }
    const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path.c_str(), "rbe"));
    if (!file) {
        throw InputError(path, {}, fmt::format("cannot be read: {}", std::strerror(errno)));
    }
    std::string text;
    char buffer[65536];
    std::size_t got = 0;
    while ((got = std::fread(buffer, 1, sizeof buffer, file.get())) != 0) {
        text.append(buffer, got);
        if (text.size() > limit) {
            throw InputError(path, {}, too_large(limit));
        }
    }
    if (std::ferror(file.get()) != 0) {
        throw InputError(path, {}, "cannot be read: input error");
    }
    check_text(path, text, limit);
    return text;
}

bool Lines::next(std::string_view& line) {
    if (rest_.empty()) {
        return false;
    }
    ++number_;
    const std::size_t end = rest_.find('\n');
    unterminated_ = end == std::string_view::npos;
    line = rest_.substr(0, end);
    rest_ = unterminated_ ? std::string_view() : rest_.substr(end + 1);
    if (!line.empty() && line.back() == '\r') {
        line.remove_suffix(1);
    }
    if (line.size() > longest_line) {
        throw InputError(
            name_, {number_, 0},
            fmt::format("a line of {} bytes; expected at most {}", line.size(), longest_line));
    }
    return true;
}

}  // namespace lmsim::sim::fio
