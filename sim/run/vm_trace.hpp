#pragma once

#include <string>

#include "sim/trace/sink.hpp"

namespace lmsim::sim {

/// Puts what one VM of several tells into the trace of all: its devices by the numbers that they
/// have there, and its VMMs' calls under its name. The first VM's have the names as ever.
class VmTrace final : public trace::TraceSink {
  public:
    /// How many VMs there are, and what each has.
    struct Layout {
        std::uint32_t vms = 1;
        std::uint32_t vfs = 0;
        std::uint32_t others = 0;  // devices of other kinds
    };

    VmTrace(trace::TraceSink& to, std::uint16_t vm, const Layout& layout)
        : to_(to), vm_(vm), layout_(layout) {}

    void state(const trace::StateRecord& record) override;
    void command(const trace::CommandRecord& record) override;
    void phase(const trace::PhaseRecord& record) override;
    void round(const trace::RoundRecord& record) override;
    void log(const trace::LogRecord& record) override;
    void link(const trace::LinkRecord& record) override { to_.link(record); }
    void seen(const trace::SeenRecord& record) override;
    void submitted(Ps at, trace::Side side, trace::Device vf, std::uint16_t qid) override {
        to_.submitted(at, side, number(vf), qid);
    }
    void interrupt_lost(Ps at, trace::Side side, trace::Device vf) override {
        to_.interrupt_lost(at, side, number(vf));
    }
    void note(Ps at, std::string_view text) override { to_.note(at, named(text)); }

  private:
    trace::Device number(trace::Device own) const;
    std::string named(std::string_view text) const;

    trace::TraceSink& to_;
    std::uint16_t vm_;
    Layout layout_;
};

}  // namespace lmsim::sim
