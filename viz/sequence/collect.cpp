#include "viz/sequence/collect.hpp"

#include <algorithm>
#include <tuple>

#include "model/spec/codes.hpp"
#include "model/wire/cqe.hpp"
#include "sim/trace/storyline.hpp"
#include "viz/sequence/words.hpp"

namespace lmsim::viz {

using sim::Ps;
using sim::trace::Device;
using sim::trace::no_device;
using sim::trace::not_reached;
using sim::trace::Side;

namespace {

std::size_t index_of(Side side) { return is_source(side) ? 0 : 1; }

/// Checkpoints that another step says better, or that only tell of the VMM's own sums.
bool is_dull(std::string_view checkpoint) {
    constexpr std::string_view dull[] = {"device-state", "dirty-sync", "pending-estimate", "window",
                                         "expected-downtime"};
    return std::find(std::begin(dull), std::end(dull), checkpoint) != std::end(dull);
}

/// Bytes of a line that tells of states one after the other.
constexpr std::size_t longest_walk = 80;

}  // namespace

Collector::Collector(const Choice& choice) : choice_(choice) {
    names_.id("");  // 0 is no text
}

Step* Collector::add(StepKind kind, Side side, Device vf, Ps at) {
    ++told_;
    if (!choice_.takes(vf)) {
        return nullptr;
    }
    Step step;
    step.kind = kind;
    step.side = side;
    step.vf = vf;
    step.at = at;
    steps_.push_back(step);
    return &steps_.back();
}

void Collector::put(Ps at, Edge edge, std::uint32_t step) {
    if (choice_.holds(at)) {
        places_.push_back({at, told_, {step, edge}});
    }
}

void Collector::state(const sim::trace::StateRecord& record) {
    const bool checkpoint = record.machine == "vmm";
    // What the other machines of VMMs and flows do is seen by their calls and commands.
    const bool inner = !checkpoint && (sim::trace::of_vmm(record) || record.machine == "driver");
    if (inner || !choice_.holds(record.at) || (checkpoint && is_dull(record.state)) ||
        (!checkpoint && record.from == record.state)) {
        return;
    }
    Step* step =
        add(checkpoint ? StepKind::Progress : StepKind::State, record.side, record.vf, record.at);
    if (step == nullptr) {
        return;
    }
    step->name = names_.id(record.machine);
    step->detail = names_.id(record.state);
    step->amount = 1;
    put(record.at, Edge::Both, static_cast<std::uint32_t>(steps_.size() - 1));
}

void Collector::command(const sim::trace::CommandRecord& record) {
    if (record.vf != no_device && record.qid != 0) {
        io(record);
        return;
    }
    const bool begins = record.submit != not_reached && choice_.holds(record.submit);
    const bool ends = record.complete != not_reached && choice_.holds(record.complete);
    const Device vf = record.vf == no_device ? record.for_vf : record.vf;
    Step* step = begins || ends ? add(StepKind::Command, record.side, vf, record.submit) : nullptr;
    if (step == nullptr) {
        return;
    }
    step->begun = record.submit != not_reached;
    step->end = record.complete;
    step->opcode = record.opcode;
    step->cdw10 = record.cdw10;
    step->cdw11 = record.cdw11;
    step->status = record.status;
    const auto index = static_cast<std::uint32_t>(steps_.size() - 1);
    if (begins) put(record.submit, Edge::Begin, index);
    if (ends) put(record.complete, Edge::End, index);
}

/// Of the guest: as a step of its own if there are few, or if it failed.
void Collector::io(const sim::trace::CommandRecord& record) {
    const Ps last = record.complete != not_reached ? record.complete : record.submit;
    if (last == not_reached || !choice_.takes(record.vf) || !choice_.holds(last)) {
        return;
    }
    const bool failed = record.status != 0 || record.complete == not_reached;
    failed_ios_ += failed ? 1 : 0;
    if (++ios_ > most_ios && !(failed && failed_ios_ <= most_failed)) {
        return;
    }
    Step* step = add(StepKind::Io, record.side, record.vf, record.submit);
    step->begun = record.submit != not_reached;
    step->end = record.complete;
    step->opcode = record.opcode;
    step->qid = record.qid;
    step->status = record.status;
    step->amount = record.length;
    const auto index = static_cast<std::uint32_t>(steps_.size() - 1);
    if (step->begun) put(record.submit, Edge::Begin, index);
    if (step->end != not_reached) put(record.complete, Edge::End, index);
}

void Collector::phase(const sim::trace::PhaseRecord& record) {
    auto& open = open_call_[index_of(record.side)];
    if (record.begin) {
        open.reset();
        if (Step* step = add(StepKind::Call, record.side, record.vf, record.at)) {
            step->name = names_.id(record.name);
            step->detail = names_.id(record.detail);
            open = static_cast<std::uint32_t>(steps_.size() - 1);
            put(record.at, Edge::Begin, *open);
        }
        return;
    }
    ++told_;
    if (!open || names_.text(steps_[*open].name) != record.name) {
        return;
    }
    Step& step = steps_[*open];
    step.end = record.at;
    step.error = record.error;
    step.amount = record.amount;
    // What goes over the channel and what a VMM does alone has no answer.
    if (answers(step, names_)) {
        put(record.at, Edge::End, *open);
    }
    open.reset();
}

void Collector::round(const sim::trace::RoundRecord& record) {
    if (!choice_.holds(record.at)) {
        return;
    }
    if (Step* step = add(StepKind::Round, Side::Source, no_device, record.at)) {
        step->amount = record.round;
        step->extra = record.dirty_bytes;
        put(record.at, Edge::Both, static_cast<std::uint32_t>(steps_.size() - 1));
    }
}

void Collector::log(const sim::trace::LogRecord& record) {
    if (!choice_.holds(record.at)) {
        return;
    }
    if (Step* step = add(StepKind::Log, record.side, record.vf, record.at)) {
        step->name = names_.id(record.what);
        step->detail = names_.id(record.place);
        step->amount = record.slba;
        step->extra = record.blocks;
        step->cdw10 = record.nsid;
        step->cdw11 = record.deallocated ? 1 : 0;
        put(record.at, Edge::Both, static_cast<std::uint32_t>(steps_.size() - 1));
    }
}

void Collector::interrupt_lost(Ps at, Side side, Device vf) {
    if (choice_.holds(at) && add(StepKind::LostInterrupt, side, vf, at) != nullptr) {
        put(at, Edge::Both, static_cast<std::uint32_t>(steps_.size() - 1));
    }
}

void Collector::note(Ps at, std::string_view text) {
    if (choice_.holds(at)) {
        add(StepKind::Note, Side::Source, no_device, at)->name = names_.id(text);
        put(at, Edge::Both, static_cast<std::uint32_t>(steps_.size() - 1));
    }
}

std::vector<Entry> Collector::entries() {
    if (!has_each_io()) {
        const auto counted = [this](const Place& place) {
            const Step& step = steps_[place.entry.step];
            return step.kind == StepKind::Io && step.status == 0 && step.end != not_reached;
        };
        places_.erase(std::remove_if(places_.begin(), places_.end(), counted), places_.end());
    }
    std::sort(places_.begin(), places_.end(), [](const Place& a, const Place& b) {
        return std::tie(a.at, a.told, a.entry.edge, a.entry.step) <
               std::tie(b.at, b.told, b.entry.edge, b.entry.step);
    });
    join_states();
    join_edges();
    join_ranges();
    std::vector<Entry> entries;
    entries.reserve(places_.size());
    for (const Place& place : places_) entries.push_back(place.entry);
    return entries;
}

/// States that one machine passes through at one time are one line: "STOP > RESUMING"; so are equal
/// states of several machines of a VF.
void Collector::join_states() {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < places_.size(); ++i) {
        Step& step = steps_[places_[i].entry.step];
        if (kept > 0 && step.kind == StepKind::State && places_[i].at == places_[kept - 1].at) {
            Step& before = steps_[places_[kept - 1].entry.step];
            const bool alike = before.kind == StepKind::State && before.vf == step.vf &&
                               before.side == step.side && before.name == step.name;
            if (alike && before.detail == step.detail) {
                before.amount += step.amount;
                continue;
            }
            if (alike && before.amount == 1 && names_.text(before.detail).size() < longest_walk) {
                const std::string_view state = names_.text(step.detail);
                before.detail = names_.id(
                    std::string(names_.text(before.detail)).append(" \xE2\x86\x92 ").append(state));
                continue;
            }
        }
        places_[kept++] = places_[i];
    }
    places_.resize(kept);
}

/// A begin with its end right behind it is one line.
void Collector::join_edges() {
    std::size_t kept = 0;
    for (const Place& place : places_) {
        if (kept > 0 && place.entry.edge == Edge::End) {
            Entry& before = places_[kept - 1].entry;
            if (before.edge == Edge::Begin && before.step == place.entry.step) {
                before.edge = Edge::Both;
                continue;
            }
        }
        places_[kept++] = place;
    }
    places_.resize(kept);
}

bool Collector::joins(const Step& line, const Step& range) const {
    return line.vf == range.vf && line.side == range.side && line.name == range.name &&
           line.detail == range.detail && line.cdw10 == range.cdw10 && line.cdw11 == range.cdw11;
}

/// The ranges that the log of one VF has are one line, until something else happens.
void Collector::join_ranges() {
    std::vector<std::uint32_t> lines;  // those that are not ended, one for each VF and kind
    std::size_t kept = 0;
    for (const Place& place : places_) {
        const Step& step = steps_[place.entry.step];
        // 0 blocks are the whole namespace: a matter of its own.
        const bool range = step.kind == StepKind::Log && step.cdw10 != 0 && step.extra != 0;
        if (!range) {
            lines.clear();
            places_[kept++] = place;
            continue;
        }
        const auto line = std::find_if(lines.begin(), lines.end(), [&](std::uint32_t index) {
            return joins(steps_[index], step);
        });
        if (line != lines.end()) {
            ++steps_[*line].times;
            steps_[*line].extra += step.extra;
            continue;
        }
        lines.push_back(place.entry.step);
        places_[kept++] = place;
    }
    places_.resize(kept);
}

void IoCounter::command(const sim::trace::CommandRecord& record) {
    if (record.vf == no_device || record.qid == 0 || record.complete == not_reached ||
        !choice_.takes(record.vf) || !choice_.holds(record.complete)) {
        return;
    }
    const auto at = std::lower_bound(ends_.begin(), ends_.end(), record.complete);
    if (at == ends_.end()) {
        return;
    }
    IoSum& sum = sums_[static_cast<std::size_t>(at - ends_.begin())];
    switch (record.opcode) {
        case spec::opcode::NvmRead: ++sum.reads; break;
        case spec::opcode::NvmWrite: ++sum.writes; break;
        default: ++sum.others;
    }
    sum.failed += record.status != 0 ? 1 : 0;
    sum.side[index_of(record.side)] = true;
}

}  // namespace lmsim::viz
