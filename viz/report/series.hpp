#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "sim/core/units.hpp"
#include "sim/trace/sink.hpp"
#include "sim/trace/storyline.hpp"

namespace lmsim::viz {

/// The guest's commands that completed in some stretch of time.
struct GuestBin {
    std::uint64_t commands = 0;
    std::uint64_t bytes = 0;
    sim::Ps least = 0;  // latency; as the next two nothing without commands
    sim::Ps most = 0;
    sim::Uint128 sum = 0;
};

/// The guest's I/O over a whole trace in a bounded number of bins: when time runs past the last
/// one, neighbours are put together. Sums, least and most of all of them stay exact.
class GuestSeries {
  public:
    /// `limit`, even, is the number of bins at most, `width` what each covers at first.
    explicit GuestSeries(std::size_t limit = 8192, sim::Ps width = 1'000'000);

    void add(sim::Ps at, std::uint64_t bytes, sim::Ps latency);

    sim::Ps width() const { return width_; }
    const std::vector<GuestBin>& bins() const { return bins_; }

  private:
    void halve();

    std::size_t limit_;
    sim::Ps width_;
    std::vector<GuestBin> bins_;
};

void put_together(GuestBin& sum, const GuestBin& other);

/// A number that changes at moments: it holds until the next one.
struct Load {
    sim::Ps at = 0;
    std::uint64_t count = 0;
};

/// How many of some intervals there are at once, in at most `limit` steps: where there would be
/// more, of each stretch only its least and its greatest are kept. Intervals without an end (-1)
/// last.
std::vector<Load> occupancy(std::vector<std::pair<sim::Ps, sim::Ps>> intervals, std::size_t limit);

/// Counts of latencies in 16 buckets for each power of two.
class LatencyCounts {
  public:
    void add(sim::Ps latency) { ++counts_[bucket(latency)]; }

    struct Bucket {
        sim::Ps from = 0;
        sim::Ps to = 0;
        std::uint64_t count = 0;
    };
    /// Those that are not empty, ascending.
    std::vector<Bucket> buckets() const;
    std::uint64_t count() const;

  private:
    static std::uint32_t bucket(sim::Ps latency);

    std::map<std::uint32_t, std::uint64_t> counts_;
};

/// What stands at a moment of the charts.
struct Mark {
    sim::Ps at = 0;
    std::string text;
    sim::trace::Side side = sim::trace::Side::Source;
};

/// Reads out of a trace what a report shows over time.
class SeriesMeter : public sim::trace::TraceSink {
  public:
    /// The guest's windows as result.json has them, by their lengths.
    SeriesMeter(sim::Ps before, sim::Ps during, sim::Ps after);

    void state(const sim::trace::StateRecord& record) override;
    void command(const sim::trace::CommandRecord& record) override;
    void phase(const sim::trace::PhaseRecord& record) override;

    const GuestSeries& guest() const { return guest_; }
    const std::vector<Mark>& marks() const { return marks_; }
    /// When the migration began; -1: there is none.
    sim::Ps begin() const { return begin_; }
    /// Of before, during and after; empty without a migration.
    const std::array<LatencyCounts, 3>& latencies() const { return latencies_; }
    /// Submission and end of each admin command of a side's PF, but for events that it waits for.
    const std::vector<std::pair<sim::Ps, sim::Ps>>& admin(sim::trace::Side side) const {
        return admin_[static_cast<std::size_t>(side)];
    }

  private:
    void begins(sim::Ps at);
    void count(sim::Ps at, sim::Ps latency);

    static constexpr std::size_t most_marks = 40;

    GuestSeries guest_;
    sim::trace::Storyline story_;
    std::array<sim::Ps, 3> lengths_;
    sim::Ps begin_ = -1;
    std::vector<std::pair<sim::Ps, sim::Ps>> early_;  // completions before it was known
    std::array<LatencyCounts, 3> latencies_;
    std::vector<Mark> marks_;
    std::array<std::vector<std::pair<sim::Ps, sim::Ps>>, 3> admin_;
};

}  // namespace lmsim::viz
