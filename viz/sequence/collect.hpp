#pragma once

#include <optional>
#include <vector>

#include "viz/sequence/step.hpp"
#include "viz/sequence/window.hpp"

namespace lmsim::viz {

/// What of a run is drawn.
struct Choice {
    Window window;
    std::optional<sim::trace::Device> vf;  // its steps and those of no VF; none: of all
    bool each_io = true;                   // draw the guest's I/O one by one where it is little

    bool takes(sim::trace::Device of) const {
        return !vf || of == *vf || of == sim::trace::no_device;
    }
    bool holds(sim::Ps at) const { return at >= window.from && at <= window.to; }
};

/// Makes the steps of a chart out of a trace: all but the guest's I/O, of which there may be
/// millions.
class Collector : public sim::trace::TraceSink {
  public:
    explicit Collector(const Choice& choice);

    void state(const sim::trace::StateRecord& record) override;
    void command(const sim::trace::CommandRecord& record) override;
    void phase(const sim::trace::PhaseRecord& record) override;
    void round(const sim::trace::RoundRecord& record) override;
    void log(const sim::trace::LogRecord& record) override;
    void interrupt_lost(sim::Ps at, sim::trace::Side side, sim::trace::Device vf) override;
    void note(sim::Ps at, std::string_view text) override;

    /// After all records: the lines of the chart in the order of time, and what they are about.
    std::vector<Entry> entries();
    std::vector<Step>& steps() { return steps_; }
    Names& names() { return names_; }
    /// The guest's commands are among the steps.
    bool has_each_io() const { return choice_.each_io && ios_ <= most_ios; }

  private:
    static constexpr std::size_t most_ios = 24;     // that are drawn one by one
    static constexpr std::size_t most_failed = 12;  // of those that are not

    /// Where an end of a step stands in the chart: by time, then as it was told.
    struct Place {
        sim::Ps at = 0;
        std::uint64_t told = 0;
        Entry entry;
    };

    Step* add(StepKind kind, sim::trace::Side side, sim::trace::Device vf, sim::Ps at);
    void put(sim::Ps at, Edge edge, std::uint32_t step);
    void io(const sim::trace::CommandRecord& record);
    void join_states();
    void join_edges();
    void join_ranges();
    bool joins(const Step& line, const Step& range) const;

    Choice choice_;
    Names names_;
    std::vector<Step> steps_;
    std::vector<Place> places_;
    std::uint64_t told_ = 0;
    std::optional<std::uint32_t> open_call_[2];  // by side
    std::size_t ios_ = 0;
    std::size_t failed_ios_ = 0;
};

/// Counts the guest's I/O in times that follow each other, given by their ends (ascending).
class IoCounter : public sim::trace::TraceSink {
  public:
    IoCounter(const Choice& choice, std::vector<sim::Ps> ends)
        : choice_(choice), ends_(std::move(ends)), sums_(ends_.size()) {}
    void command(const sim::trace::CommandRecord& record) override;
    const std::vector<IoSum>& sums() const { return sums_; }

  private:
    Choice choice_;
    std::vector<sim::Ps> ends_;
    std::vector<IoSum> sums_;
};

}  // namespace lmsim::viz
