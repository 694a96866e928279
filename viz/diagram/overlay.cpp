#include "viz/diagram/overlay.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "model/spec/table.hpp"
#include "sim/core/text.hpp"
#include "sim/metrics/display.hpp"
#include "sim/metrics/result.hpp"

namespace lmsim::viz {
namespace {

using sim::Ps;
namespace trace = sim::trace;

/// A trace may be anyone's file: times that go back count for nothing, sums end at the largest.
void add(Ps& sum, Ps from, Ps to) {
    const Ps room = std::numeric_limits<Ps>::max() - sum;
    sum += to <= from ? 0 : std::min(to - from, room);
}

}  // namespace

HeatMeter::HeatMeter(const MachineInfo& machine) : machine_(machine) {}

void HeatMeter::state(const trace::StateRecord& record) {
    reach(record.at);
    if (record.machine != machine_.name() || record.rule.empty()) {
        return;
    }
    const fsm::Arc* arc = arc_of(record);
    if (arc == nullptr) {
        ++foreign_;
        return;
    }
    Stay& stay =
        now_.try_emplace({record.side, record.vf, record.queue}, Stay{arc->from, 0}).first->second;
    Heat& taken = arcs_[arc];
    ++taken.count;
    add(taken.time, stay.since, record.at);
    add(states_[arc->from].time, stay.since, record.at);
    states_[arc->to].count += arc->internal ? 0 : 1;
    stay = {arc->to, record.at};
}

void HeatMeter::command(const trace::CommandRecord& record) { reach(record.complete); }
void HeatMeter::phase(const trace::PhaseRecord& record) { reach(record.at); }
void HeatMeter::round(const trace::RoundRecord& record) { reach(record.at); }
void HeatMeter::log(const trace::LogRecord& record) { reach(record.at); }
void HeatMeter::note(Ps at, std::string_view /*text*/) { reach(at); }

const fsm::Arc* HeatMeter::arc_of(const trace::StateRecord& record) const {
    for (const fsm::Arc& arc : machine_.arcs) {
        if (arc.source == record.from && arc.target == record.state && arc.event == record.event &&
            spec::row(arc.rule).name == record.rule) {
            return &arc;
        }
    }
    return nullptr;
}

void HeatMeter::apply(StateDiagram& diagram, const std::string& run) const {
    diagram.heated = true;
    diagram.notes.push_back(fmt::format("a run of {}: {} of this machine, {}", sim::printable(run),
                                        sim::metrics::plural(now_.size(), "instance"),
                                        sim::metrics::readable_time(last_)));
    std::map<std::uint8_t, Heat> states = states_;
    for (const auto& [instance, stay] : now_) {
        add(states[stay.state].time, stay.since, last_);
    }
    Ps whole = 0;
    for (const auto& [code, heat] : states) {
        add(whole, 0, heat.time);
    }
    for (auto& [code, heat] : states) {
        heat.ppm = sim::metrics::share_ppm(heat.time, whole);
        if (DrawnState* state = diagram.state(code)) {
            state->heat = heat;
        }
    }
    std::uint64_t drawn = 0;
    std::uint64_t all = foreign_;
    for (DrawnArc& each : diagram.arcs) {
        const auto found = arcs_.find(each.arc);
        if (found != arcs_.end()) {
            each.heat = found->second;
            each.heat.ppm = sim::metrics::share_ppm(each.heat.time, whole);
            drawn += each.heat.count;
        }
    }
    for (const auto& [arc, heat] : arcs_) {
        all += heat.count;
    }
    if (all != drawn) {
        diagram.notes.push_back(
            fmt::format("{} of {} arcs taken are not in this diagram", all - drawn, all));
    }
}

}  // namespace lmsim::viz
