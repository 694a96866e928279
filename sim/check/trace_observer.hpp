#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "model/check/observation.hpp"
#include "sim/trace/sink.hpp"

namespace lmsim::sim {

/// An observation with its place in a trace.
struct PlacedObservation {
    Ps at = 0;
    std::uint64_t line = 0;
    check::Observation seen;
};

/// Makes observations of the records of a trace. Queues get numbers in the order in which they are
/// met, so that memory is bounded by the lines of the trace and not by what stands in them.
class TraceObserver final : public trace::TraceSink {
  public:
    /// `line`: the number of the line at hand.
    explicit TraceObserver(const std::uint64_t& line) : line_(line) {}

    void state(const trace::StateRecord& record) override;
    void command(const trace::CommandRecord& record) override;
    void log(const trace::LogRecord& record) override;
    void seen(const trace::SeenRecord& record) override;

    /// All that was seen, in the order of time. Of one moment what begins stands before what
    /// happens, and what ends after it: the records of one step say no more than its time.
    std::vector<PlacedObservation> in_order();
    /// As the trace names the queue that an observation is of.
    check::Observation original(const check::Observation& seen) const;

  private:
    void add(Ps at, const check::Observation& seen);
    void vfio_state(const trace::StateRecord& record, check::Observation seen);
    void queue_state(const trace::StateRecord& record, check::Observation seen);

    const std::uint64_t& line_;
    std::vector<PlacedObservation> all_;
    std::map<std::uint16_t, std::uint16_t> queues_;  // as in the trace, as in the monitor
    std::vector<std::uint16_t> names_;               // the other way round
};

}  // namespace lmsim::sim
