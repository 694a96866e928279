#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lmsim::sim::metrics {

/// One line that says how far something long is. On a terminal it is renewed a few times a second
/// and taken away at the end; it comes after half a second, or at once if somebody watches. On
/// anything else (a file, a pipe) nothing is written, or for who watches a line every 10 s and a
/// last one. The wall clock is read for this line only and reaches no result.
class LiveLine {
  public:
    /// Nanoseconds of some steady clock.
    using Clock = std::int64_t (*)();
    /// What it says, the most important first: what does not fit a terminal's width is left out.
    using Pieces = std::vector<std::string>;

    /// To standard error.
    explicit LiveLine(bool watch);
    /// To a descriptor, by another clock.
    LiveLine(int descriptor, bool terminal, bool watch, Clock clock);
    ~LiveLine() { clear(); }
    LiveLine(const LiveLine&) = delete;
    LiveLine& operator=(const LiveLine&) = delete;

    /// Is it time for another? Nobody need make up a text that is not shown.
    bool due() const { return shows_ && clock_() >= next_; }
    void show(const Pieces& pieces);
    /// The last one. A terminal has it no more than any other.
    void end(const Pieces& pieces);
    /// Takes the line away, before anything else is printed.
    void clear();
    /// Nanoseconds since it was made; 0 where nothing is ever shown.
    std::int64_t elapsed() const { return shows_ ? clock_() - begin_ : 0; }

  private:
    void put(std::string_view text);

    int descriptor_;
    bool terminal_;
    bool shows_;
    Clock clock_;
    std::int64_t begin_;
    std::int64_t next_;
    bool shown_ = false;
};

/// How fast something goes: over the last 10 s, or the last two looks if these are further apart.
class LiveSpeed {
  public:
    void look(std::int64_t wall_ns, std::uint64_t amount);
    /// 0: nobody knows yet.
    double per_second() const;
    /// Nanoseconds for so much more; 0: nobody knows.
    std::int64_t time_for(std::uint64_t amount) const;

  private:
    std::deque<std::pair<std::int64_t, std::uint64_t>> looks_{{0, 0}};
};

/// "3 s", "4 min 20 s", "2 h 5 min", "3 d 7 h"; at least "1 s".
std::string readable_wait(std::int64_t ns);
/// "about 4 min 20 s to go"; empty of 0, which nobody knows.
std::string to_go(std::int64_t ns);
/// Three digits: "0.0123", "1.23", "1234".
std::string readable_number(double value);
/// "3.10 M events/s", "12.5 runs/s", "4.00 runs/min"; empty of 0.
std::string readable_rate(double per_second, std::string_view what);

}  // namespace lmsim::sim::metrics
