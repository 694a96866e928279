#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "sim/trace/storyline.hpp"
#include "viz/sequence/chart/chart.hpp"

namespace lmsim::viz::seq {

struct ChartOptions {
    std::optional<Ps> from;
    std::optional<Ps> to;
    std::optional<Device> vf;     // what is about no other; what is about none stays
    std::size_t limit = 100'000;  // items
    std::size_t single_io = 64;   // commands of the guest shown one by one if there are no more and
                                  // from, to or vf is given
};

/// Makes a chart out of the records of a run. I/O of the guest is counted between what else
/// happens, so that memory is bounded by `limit` however long the run is.
class ChartMaker : public sim::trace::TraceSink {
  public:
    explicit ChartMaker(ChartOptions options);

    void state(const sim::trace::StateRecord& record) override;
    void command(const sim::trace::CommandRecord& record) override;
    void phase(const sim::trace::PhaseRecord& record) override;
    void round(const sim::trace::RoundRecord& record) override;
    void log(const sim::trace::LogRecord& record) override;
    void interrupt_lost(Ps at, Side side, Device vf) override;
    void note(Ps at, std::string_view text) override;

    /// After the last record, once.
    SequenceChart chart();

  private:
    using CallKey = std::tuple<Side, Device, std::string, std::string>;

    bool shows(Device vf) const { return !options_.vf || vf < 0 || vf == *options_.vf; }
    bool within(Ps begin, Ps end) const;
    std::size_t line(Side side, Lifeline::Role role, Device vf = sim::trace::no_device);
    std::size_t function(Side side, Device vf);
    void add(ChartItem item);
    void remark(Ps at, Side side, Device vf, std::string text, bool failed = false);
    void guest_command(const sim::trace::CommandRecord& record);
    void admin_command(const sim::trace::CommandRecord& record);
    void count_io(Side side, Device vf, Ps at, const IoCount& io);
    void end_io();
    void end_call(const sim::trace::PhaseRecord& record);
    void tell(Ps at, sim::trace::Storyline::Change change);
    void clip(std::vector<ChartSpan>& spans) const;
    void put_in_order();

    ChartOptions options_;
    SequenceChart chart_;
    sim::trace::Storyline story_;
    std::map<Lifeline, std::size_t> lines_;  // and the number it has until all are known
    std::map<CallKey, ChartItem> calls_;     // under way
    std::map<Side, ChartItem> io_;           // since the last item
    std::vector<ChartItem> singles_;         // commands of the guest
    std::uint64_t guest_commands_ = 0;
    std::uint64_t order_ = 0;
    Ps last_ = 0;
};

}  // namespace lmsim::viz::seq
