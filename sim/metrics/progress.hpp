#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sim/core/event_queue.hpp"

namespace lmsim::sim::metrics {

/// One line on a terminal that says how far a long run is. On anything else (a file, a pipe) it
/// never writes. The wall clock is read for this line only and reaches no result.
class Progress {
  public:
    /// Nanoseconds of some steady clock.
    using Clock = std::int64_t (*)();

    /// To standard error, if that is a terminal.
    Progress();
    /// To a descriptor, by another clock.
    Progress(int descriptor, bool terminal, Clock clock);
    ~Progress() { clear(); }
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    /// Simulated time at which the run ends as far as one knows; 0: unknown, no percent.
    void expect_end(Ps end) { end_ = end; }
    /// A static text: "warm-up", "pre-copy round 3".
    void phase(std::string_view text) { phase_ = text; }

    /// As often as one likes: looks at the clock each 4096th time and writes 5 times a second.
    void tick(Ps now) {
        if (__builtin_expect(terminal_ && (++ticks_ & 4095U) == 0, 0)) look(now);
    }
    /// The same for callers who come seldom: looks at the clock each time.
    void show(Ps now, std::string_view phase_text) {
        if (!terminal_) return;
        phase(phase_text);
        look(now);
    }
    /// Takes the line away, before anything else is printed and at the end.
    void clear();

  private:
    void look(Ps now);
    std::string line(Ps now, std::int64_t wall) const;
    void put(std::string_view text);

    int descriptor_;
    bool terminal_;
    Clock clock_;
    std::int64_t begin_;
    std::int64_t next_;
    Ps end_ = 0;
    std::string phase_;
    std::uint64_t ticks_ = 0;
    std::size_t shown_ = 0;  // columns that the line takes
};

}  // namespace lmsim::sim::metrics
