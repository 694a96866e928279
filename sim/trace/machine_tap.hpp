#pragma once

#include "model/arc.hpp"
#include "model/spec/table.hpp"
#include "sim/trace/sink.hpp"

namespace lmsim::sim::trace {

/// Makes a state record of each row that a machine of one part takes. Set it before a step and give
/// it to the step's Effects.
class MachineTap final : public fsm::Watcher {
  public:
    void connect(TraceSink* sink, metrics::Side side) {
        sink_ = sink;
        side_ = side;
    }

    /// The watcher of a step that happens now; nullptr if nobody listens. Machines that do not say
    /// whose they are belong to `vf`.
    fsm::Watcher* at(Ps now, Device vf) {
        now_ = now;
        vf_ = vf;
        of_functions_ = false;
        return sink_ != nullptr ? this : nullptr;
    }
    /// The same for machines that name their function: 0 is the PF.
    fsm::Watcher* at(Ps now) {
        at(now, no_device);
        of_functions_ = true;
        return sink_ != nullptr ? this : nullptr;
    }

    void took(const fsm::Arc& arc, std::uint16_t function, std::uint16_t number) override {
        StateRecord record;
        record.at = now_;
        record.side = side_;
        record.vf = of_functions_ ? Device{function} - 1 : vf_;
        record.machine = arc.machine;
        record.state = arc.target;
        record.from = arc.source;
        record.event = arc.event;
        record.rule = spec::row(arc.rule).name;
        record.queue = number;
        sink_->state(record);
    }

  private:
    TraceSink* sink_ = nullptr;
    metrics::Side side_ = metrics::Side::Source;
    Ps now_ = 0;
    Device vf_ = no_device;
    bool of_functions_ = false;
};

}  // namespace lmsim::sim::trace
