#include "sim/trace/storyline.hpp"

#include "model/host/vmm/engine.hpp"

namespace lmsim::sim::trace {

using host::vmm::Call;
using host::vmm::Report;
using host::vmm::to_string;

Storyline::Change Storyline::enter(std::string_view phase) {
    const bool changes = phase_ != phase && !over_;
    if (changes) {
        phase_ = phase;
    }
    return {changes, false};
}

Storyline::Change Storyline::take(const StateRecord& record) {
    if (record.machine != "vmm") {
        return {};
    }
    const auto is = [&](Report report) { return record.state == to_string(report); };
    if (record.side == Side::Destination) {
        return is(Report::DstVcpusResumed) ? enter("handover") : Change{};
    }
    if (is(Report::SetupEnds)) {
        return enter("pre-copy");
    }
    if (is(Report::SrcDowntimeStart)) {
        return enter("switchover");
    }
    if (is(Report::Finished)) {
        const Change change = enter("");
        over_ = true;
        return change;
    }
    return {};
}

Storyline::Change Storyline::take(const PhaseRecord& record) {
    Change change;
    if (record.side == Side::Source && record.begin && phase_.empty()) {
        change = enter("setup");
    }
    const auto is = [&](Call call) { return record.name == to_string(call); };
    if (record.begin && is(Call::PauseVcpus)) {
        guest_ = "stopped";
        change.guest = true;
    } else if (!record.begin && is(Call::ResumeVcpus)) {
        guest_ = record.side == Side::Source ? "runs on the source" : "runs on the destination";
        change.guest = true;
    }
    return change;
}

}  // namespace lmsim::sim::trace
