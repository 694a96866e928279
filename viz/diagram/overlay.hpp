#pragma once

#include <cstdint>
#include <map>
#include <tuple>
#include <vector>

#include "sim/trace/sink.hpp"
#include "viz/diagram/state_diagram.hpp"

namespace lmsim::viz {

/// Counts what a run did in one machine: how often each state was entered and each arc taken, and
/// for how long, all sides, VFs and queues together.
class HeatMeter : public sim::trace::TraceSink {
  public:
    explicit HeatMeter(const MachineInfo& machine);

    void state(const sim::trace::StateRecord& record) override;
    void command(const sim::trace::CommandRecord& record) override;
    void phase(const sim::trace::PhaseRecord& record) override;
    void round(const sim::trace::RoundRecord& record) override;
    void log(const sim::trace::LogRecord& record) override;
    void note(sim::Ps at, std::string_view text) override;

    /// Puts what was counted on the diagram's states and arcs, and says below its title whose
    /// `run` it was and what of it the diagram has no place for.
    void apply(StateDiagram& diagram, const std::string& run) const;

  private:
    /// Side, VF and queue: one machine each.
    using Instance = std::tuple<sim::trace::Side, sim::trace::Device, std::uint16_t>;
    struct Stay {
        std::uint8_t state = 0;
        sim::Ps since = 0;
    };

    const fsm::Arc* arc_of(const sim::trace::StateRecord& record) const;
    void reach(sim::Ps at) { last_ = at > last_ ? at : last_; }

    const MachineInfo& machine_;
    sim::Ps last_ = 0;
    std::map<Instance, Stay> now_;
    std::map<std::uint8_t, Heat> states_;
    std::map<const fsm::Arc*, Heat> arcs_;
    std::uint64_t foreign_ = 0;  // records of rows that the table does not have
};

}  // namespace lmsim::viz
