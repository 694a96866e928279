#pragma once

#include <vector>

#include "sim/trace/sink.hpp"

namespace lmsim::sim::trace {

/// Tells everything to several listeners, in their order.
class TeeSink final : public TraceSink {
  public:
    /// The sinks must outlive this one.
    explicit TeeSink(std::vector<TraceSink*> sinks) : sinks_(std::move(sinks)) {}

    void state(const StateRecord& record) override { all(&TraceSink::state, record); }
    void command(const CommandRecord& record) override { all(&TraceSink::command, record); }
    void phase(const PhaseRecord& record) override { all(&TraceSink::phase, record); }
    void round(const RoundRecord& record) override { all(&TraceSink::round, record); }
    void log(const LogRecord& record) override { all(&TraceSink::log, record); }
    void link(const LinkRecord& record) override { all(&TraceSink::link, record); }
    void seen(const SeenRecord& record) override { all(&TraceSink::seen, record); }
    void submitted(Ps at, Side side, Device vf, std::uint16_t qid) override {
        all(&TraceSink::submitted, at, side, vf, qid);
    }
    void interrupt_lost(Ps at, Side side, Device vf) override {
        all(&TraceSink::interrupt_lost, at, side, vf);
    }
    void note(Ps at, std::string_view text) override { all(&TraceSink::note, at, text); }

  private:
    template <class Tell, class... Values>
    void all(Tell tell, const Values&... values) {
        for (TraceSink* sink : sinks_) {
            (sink->*tell)(values...);
        }
    }

    std::vector<TraceSink*> sinks_;
};

}  // namespace lmsim::sim::trace
