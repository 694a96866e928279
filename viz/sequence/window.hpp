#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sim/core/result.hpp"
#include "sim/trace/reader.hpp"
#include "sim/trace/sink.hpp"
#include "sim/trace/storyline.hpp"

namespace lmsim::viz {

/// A part of the run that has a name.
struct Span {
    std::string name;
    sim::Ps begin = 0;
    sim::Ps end = 0;
};

/// Looks through a whole trace for what a chart is laid out by: when the migration was at what, how
/// long the run was, and which VFs there are.
class Survey : public sim::trace::TraceSink {
  public:
    void state(const sim::trace::StateRecord& record) override;
    void command(const sim::trace::CommandRecord& record) override;
    void phase(const sim::trace::PhaseRecord& record) override;
    void round(const sim::trace::RoundRecord& record) override { reach(record.at); }
    void log(const sim::trace::LogRecord& record) override;
    void link(const sim::trace::LinkRecord& record) override { reach(record.at); }
    void interrupt_lost(sim::Ps at, sim::trace::Side, sim::trace::Device vf) override;
    void note(sim::Ps at, std::string_view) override { reach(at); }

    /// The phases of the migration in their order, as far as it came.
    const std::vector<Span>& phases() const { return phases_; }
    sim::Ps end() const { return end_; }
    /// Ascending.
    std::vector<sim::trace::Device> vfs() const;
    /// Every part that has a name: the phases, "boot" before them, "migration", "downtime" if there
    /// was one, "run".
    std::vector<Span> spans(const sim::trace::RunInfo& run) const;

  private:
    void reach(sim::Ps at) { end_ = at > end_ ? at : end_; }
    void reach(sim::Ps at, sim::trace::Device vf);
    void turn(sim::Ps at);

    sim::trace::Storyline story_;
    std::vector<Span> phases_;
    bool open_ = false;
    sim::Ps end_ = 0;
    std::vector<bool> vfs_;
};

/// From when to when a chart is drawn, both included.
struct Window {
    sim::Ps from = 0;
    sim::Ps to = 0;
};

/// Reads --from and --to: times with units or names of `spans`, of which the begin or the end is
/// meant. Empty texts: the migration, or all if there was none. Refused: what is neither, a begin
/// behind the end or behind the run.
sim::Result<Window> parse_window(std::string_view from, std::string_view to,
                                 const std::vector<Span>& spans);

}  // namespace lmsim::viz
