#include "sim/metrics/progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "sim/metrics/display.hpp"
#include "sim/metrics/result.hpp"

namespace lmsim::sim::metrics {
namespace {

constexpr std::int64_t ns_per_s = 1'000'000'000;
/// Runs shorter than the first delay show nothing.
constexpr std::int64_t first_delay = ns_per_s / 2;
constexpr std::int64_t delay = ns_per_s / 5;
/// A longer line would wrap, and a wrapped line cannot be taken away.
constexpr std::size_t columns = 79;

std::int64_t steady_ns() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

}  // namespace

Progress::Progress() : Progress(STDERR_FILENO, ::isatty(STDERR_FILENO) == 1, steady_ns) {}

Progress::Progress(int descriptor, bool terminal, Clock clock)
    : descriptor_(descriptor),
      terminal_(terminal),
      clock_(clock),
      begin_(terminal ? clock() : 0),
      next_(begin_ + first_delay) {}

void Progress::look(Ps now) {
    const std::int64_t wall = clock_();
    if (wall < next_) return;
    next_ = wall + delay;
    const std::string text = line(now, wall - begin_).substr(0, columns);
    const std::size_t left_over = shown_ > text.size() ? shown_ - text.size() : 0;
    put("\r" + text + std::string(left_over, ' '));
    shown_ = text.size();
}

std::string Progress::line(Ps now, std::int64_t wall) const {
    std::string text = readable_time(std::max<Ps>(now, 0)) + " simulated";
    if (end_ > 0) {
        text += ", " + decimal(share_ppm(std::min(now, end_), end_), 10'000, 0) + " %";
    }
    // Simulated ps in a wall ns are thousandths of real time.
    const auto speed = static_cast<std::uint64_t>(now / std::max<std::int64_t>(wall, 1));
    text += ", " + decimal(speed, 1000, 3) + " x real time";
    if (!phase_.empty()) text += ", " + terminal_text(phase_);
    return text;
}

void Progress::clear() {
    if (shown_ == 0) return;
    put("\r" + std::string(shown_, ' ') + "\r");
    shown_ = 0;
}

void Progress::put(std::string_view text) {
    // A terminal that is gone is no reason to stop the run.
    if (::write(descriptor_, text.data(), text.size()) < 0) terminal_ = false;
}

}  // namespace lmsim::sim::metrics
