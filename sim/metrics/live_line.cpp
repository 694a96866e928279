#include "sim/metrics/live_line.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>

#include "sim/core/text.hpp"
#include "sim/metrics/display.hpp"

namespace lmsim::sim::metrics {
namespace {

constexpr std::int64_t second_ns = 1'000'000'000;
/// What is over sooner shows nothing, unless somebody watches.
constexpr std::int64_t unasked_delay = second_ns / 2;
constexpr std::int64_t terminal_delay = second_ns / 5;
constexpr std::int64_t plain_delay = 10 * second_ns;
constexpr std::int64_t speed_window = 10 * second_ns;

std::int64_t steady_ns() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

/// A line can be renewed there.
bool is_live_terminal(int descriptor) {
    const char* const kind = std::getenv("TERM");
    return ::isatty(descriptor) == 1 && (kind == nullptr || std::string_view(kind) != "dumb");
}

/// Columns that a line may take: one that wraps cannot be taken away, and some terminals wrap when
/// the last column is taken.
std::size_t room_of(int descriptor) {
    winsize size{};
    const bool known = ::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 1;
    return known ? size.ws_col - std::size_t{1} : 79;
}

/// At most: what is not ASCII may be as wide as two.
std::size_t width_of(std::string_view character) { return character.size() > 1 ? 2 : 1; }

/// As much of it as has room, which it then takes.
std::string cut_to_room(std::string_view text, std::size_t& room) {
    std::size_t end = 0;
    while (end < text.size()) {
        const std::size_t length = std::max<std::size_t>(utf8_length(text, end), 1);
        const std::size_t columns = width_of(text.substr(end, length));
        if (columns > room) {
            break;
        }
        room -= columns;
        end += length;
    }
    return std::string(text.substr(0, end));
}

std::string live_text(const LiveLine::Pieces& pieces, std::size_t room) {
    std::string line;
    for (const std::string& piece : pieces) {
        if (piece.empty()) {
            continue;
        }
        const std::string text = (line.empty() ? "" : ", ") + terminal_text(piece);
        const std::string fits = cut_to_room(text, room);
        if (line.empty() || fits.size() == text.size()) {
            line += fits;
        }
        if (fits.size() != text.size()) {
            break;
        }
    }
    return line;
}

}  // namespace

LiveLine::LiveLine(bool watch)
    : LiveLine(STDERR_FILENO, is_live_terminal(STDERR_FILENO), watch, steady_ns) {}

LiveLine::LiveLine(int descriptor, bool terminal, bool watch, Clock clock)
    : descriptor_(descriptor),
      terminal_(terminal),
      shows_(terminal || watch),
      clock_(clock),
      begin_(shows_ ? clock() : 0),
      next_(begin_ + (!terminal ? plain_delay
                      : watch   ? 0
                                : unasked_delay)) {}

void LiveLine::show(const Pieces& pieces) {
    if (!shows_) {
        return;
    }
    next_ = clock_() + (terminal_ ? terminal_delay : plain_delay);
    if (terminal_) {
        shown_ = true;
        put("\r" + live_text(pieces, room_of(descriptor_)) + "\033[K");
    } else {
        put(live_text(pieces, SIZE_MAX) + "\n");
    }
}

void LiveLine::end(const Pieces& pieces) {
    clear();
    if (shows_ && !terminal_) {
        show(pieces);
    }
    shows_ = false;
}

void LiveLine::clear() {
    if (shown_) {
        shown_ = false;
        put("\r\033[K");
    }
}

void LiveLine::put(std::string_view text) {
    // A terminal that is gone is no reason to stop.
    if (::write(descriptor_, text.data(), text.size()) < 0) {
        shows_ = shown_ = false;
    }
}

void LiveSpeed::look(std::int64_t wall_ns, std::uint64_t amount) {
    if (wall_ns <= looks_.back().first) {
        return;
    }
    looks_.emplace_back(wall_ns, amount);
    while (looks_.size() > 2 && wall_ns - looks_[1].first >= speed_window) {
        looks_.pop_front();
    }
}

double LiveSpeed::per_second() const {
    const auto& [from, before] = looks_.front();
    const auto& [to, after] = looks_.back();
    return to <= from || after <= before
               ? 0
               : static_cast<double>(after - before) * 1e9 / static_cast<double>(to - from);
}

std::int64_t LiveSpeed::time_for(std::uint64_t amount) const {
    const double speed = per_second();
    const double ns = speed > 0 ? static_cast<double>(amount) / speed * 1e9 : 0;
    return ns < 9e18 ? static_cast<std::int64_t>(ns) : 0;
}

std::string readable_wait(std::int64_t ns) {
    const std::int64_t s = std::max<std::int64_t>(1, ns / second_ns + (ns % second_ns != 0));
    if (s < 60) {
        return fmt::format("{} s", s);
    }
    if (s < 3600) {
        return fmt::format("{} min {} s", s / 60, s % 60);
    }
    if (s < 86'400) {
        return fmt::format("{} h {} min", s / 3600, s / 60 % 60);
    }
    return fmt::format("{} d {} h", s / 86'400, s / 3600 % 24);
}

std::string to_go(std::int64_t ns) {
    return ns <= 0 ? "" : "about " + readable_wait(ns) + " to go";
}

std::string readable_number(double value) {
    return value < 1 ? fmt::format("{:.3g}", value)
                     : fmt::format("{:.{}f}", value,
                                   value < 9.995   ? 2
                                   : value < 99.95 ? 1
                                                   : 0);
}

std::string readable_rate(double per_second, std::string_view what) {
    if (per_second <= 0) {
        return "";
    }
    constexpr std::pair<double, const char*> large[] = {{1e9, "G "}, {1e6, "M "}, {1e3, "k "}};
    for (const auto& [size, prefix] : large) {
        if (per_second >= size) {
            return fmt::format("{} {}{}/s", readable_number(per_second / size), prefix, what);
        }
    }
    if (per_second >= 1) {
        return fmt::format("{} {}/s", readable_number(per_second), what);
    }
    const bool minutes = per_second >= 1.0 / 60;
    return fmt::format("{} {}/{}", readable_number(per_second * (minutes ? 60 : 3600)), what,
                       minutes ? "min" : "h");
}

}  // namespace lmsim::sim::metrics
