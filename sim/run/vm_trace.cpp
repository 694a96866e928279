#include "sim/run/vm_trace.hpp"

#include <fmt/format.h>

namespace lmsim::sim {

/// The VFs of all VMs come first, one VM after the other, then the devices of other kinds.
trace::Device VmTrace::number(trace::Device own) const {
    if (own == trace::no_device || own < 0) {
        return own;
    }
    const auto vfs = static_cast<trace::Device>(layout_.vfs);
    const auto others = static_cast<trace::Device>(layout_.others);
    const auto vms = static_cast<trace::Device>(layout_.vms);
    return own < vfs ? vm_ * vfs + own : vms * vfs + vm_ * others + own - vfs;
}

std::string VmTrace::named(std::string_view text) const {
    return vm_ == 0 ? std::string(text) : fmt::format("vm{}.{}", vm_, text);
}

void VmTrace::state(const trace::StateRecord& record) {
    const std::string machine = named(record.machine);
    trace::StateRecord all = record;
    all.vf = number(record.vf);
    all.machine = machine;
    to_.state(all);
}

void VmTrace::command(const trace::CommandRecord& record) {
    trace::CommandRecord all = record;
    all.vf = number(record.vf);
    all.for_vf = number(record.for_vf);
    to_.command(all);
}

void VmTrace::phase(const trace::PhaseRecord& record) {
    const std::string name = named(record.name);
    trace::PhaseRecord all = record;
    all.vf = number(record.vf);
    all.name = name;
    to_.phase(all);
}

/// A record of a round is the first VM's.
void VmTrace::round(const trace::RoundRecord& record) {
    if (vm_ == 0) {
        return to_.round(record);
    }
    note(record.at, fmt::format("round {}: {} bytes dirty, {} sent", record.round,
                                record.dirty_bytes, record.sent_bytes));
}

void VmTrace::log(const trace::LogRecord& record) {
    trace::LogRecord all = record;
    all.vf = number(record.vf);
    to_.log(all);
}

/// What is of no VF is the VM's, and there is one VM for who reads a trace: the first.
void VmTrace::seen(const trace::SeenRecord& record) {
    if (record.seen.vf == check::no_vf) {
        if (vm_ == 0) {
            to_.seen(record);
        }
        return;
    }
    trace::SeenRecord all = record;
    all.seen.vf = static_cast<std::uint16_t>(number(record.seen.vf));
    to_.seen(all);
}

}  // namespace lmsim::sim
