#include "viz/sequence/chart/maker.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include "model/host/vmm/engine.hpp"
#include "model/spec/codes.hpp"
#include "model/wire/migration.hpp"
#include "sim/metrics/display.hpp"

namespace lmsim::viz::seq {

using host::vmm::Call;
using host::vmm::to_string;
using sim::trace::no_device;
using sim::trace::not_reached;
using Kind = ChartItem::Kind;
using Role = Lifeline::Role;

namespace {

template <class... Calls>
bool is_one_of(std::string_view name, Calls... calls) {
    return ((name == to_string(calls)) || ...);
}

/// Into the channel, towards the other VMM.
bool sends(std::string_view name) {
    return is_one_of(name, Call::SendMessage, Call::RamSendSlice, Call::SendDeviceBlock,
                     Call::SaveNonIterable, Call::CloseChannel);
}

bool moves_bytes(std::string_view name) {
    return sends(name) || is_one_of(name, Call::ReadDeviceBlock, Call::WriteDeviceBlock,
                                    Call::LoadRam, Call::LoadNonIterable);
}

bool starts_with(std::string_view text, std::string_view with) {
    return text.substr(0, with.size()) == with;
}

/// Reports of a VMM that say how far the migration is, and not what it reckons with.
bool is_checkpoint(std::string_view state) {
    return starts_with(state, "src-") || starts_with(state, "dst-") || state == "setup-ends" ||
           state == "first-error" || state == "outcome" || state == "finished";
}

std::string named(std::string_view name, unsigned code) {
    return name == "unknown opcode" ? fmt::format("opcode {:02X}h", code) : std::string(name);
}

std::string admin_name(const sim::trace::CommandRecord& record) {
    std::string name = named(spec::admin_opcode_name(record.opcode), record.opcode);
    const unsigned low = record.cdw10 & 0xffU;
    if (record.opcode == spec::opcode::AdminIdentify) {
        return fmt::format("{} CNS {:02X}h", name, low);
    }
    if (record.opcode == spec::opcode::AdminMigrationSend) {
        switch (static_cast<wire::SendOperation>(low)) {
            case wire::SendOperation::Suspend: return name + ": Suspend";
            case wire::SendOperation::Resume: return name + ": Resume";
            case wire::SendOperation::SetControllerState: return name + ": Set Controller State";
            case wire::SendOperation::Reserved: break;
        }
    }
    return name;
}

std::string status_text(std::uint16_t status) {
    // The code is below the bits of retry, more and do not retry.
    const auto code = static_cast<std::uint16_t>(status & 0x7ffU);
    const std::string_view name = spec::status_name(code);
    return name == "unknown status" ? fmt::format("status {:03X}h", code) : std::string(name);
}

std::string error_text(std::int32_t error) {
    if (error == 0) {
        return "success";
    }
    const char* name = error > 0 ? ::strerrorname_np(error) : nullptr;
    return name != nullptr ? std::string(name) : fmt::format("error {}", error);
}

Ps first_time(const sim::trace::CommandRecord& record) {
    for (const Ps at : {record.submit, record.fetch, record.post, record.complete}) {
        if (at != not_reached) {
            return at;
        }
    }
    return 0;
}

}  // namespace

ChartMaker::ChartMaker(ChartOptions options) : options_(options) {}

bool ChartMaker::within(Ps begin, Ps end) const {
    return (!options_.from || end >= *options_.from) && (!options_.to || begin <= *options_.to);
}

std::size_t ChartMaker::line(Side side, Role role, Device vf) {
    return lines_.emplace(Lifeline{side, role, vf}, lines_.size()).first->second;
}

std::size_t ChartMaker::function(Side side, Device vf) {
    return vf == no_device ? line(side, Role::Pf) : line(side, Role::Vf, vf);
}

void ChartMaker::add(ChartItem item) {
    if (chart_.items.size() + calls_.size() >= options_.limit) {
        ++chart_.left_out;
        return;
    }
    chart_.items.push_back(std::move(item));
}

void ChartMaker::remark(Ps at, Side side, Device vf, std::string text, bool failed) {
    if (!shows(vf) || !within(at, at)) {
        return;
    }
    end_io();
    ChartItem item;
    item.at = item.end = at;
    item.to = item.from = function(side, vf);
    item.label = std::move(text);
    item.failed = failed;
    item.order = item.end_order = ++order_;
    add(std::move(item));
}

void ChartMaker::state(const sim::trace::StateRecord& record) {
    last_ = std::max(last_, record.at);
    tell(record.at, story_.take(record));
    if (record.side == Side::Network || !within(record.at, record.at) || !shows(record.vf)) {
        return;
    }
    if (record.machine == "vmm") {
        if (is_checkpoint(record.state)) {
            end_io();
            ChartItem item;
            item.at = item.end = record.at;
            item.to = item.from = line(record.side, Role::Vmm);
            item.label = record.state;
            item.first_vf = item.last_vf = record.vf;
            item.order = item.end_order = ++order_;
            add(std::move(item));
        }
        return;
    }
    // What the driver and the VMM are at is told by their calls and commands.
    const bool inner = sim::trace::of_vmm(record) || record.machine == "driver" ||
                       record.queue != sim::trace::no_queue;
    if (!inner && record.from != record.state) {
        remark(record.at, record.side, record.vf,
               fmt::format("{}: {}", record.machine, record.state));
    }
}

void ChartMaker::count_io(Side side, Device vf, Ps at, const IoCount& io) {
    if (!shows(vf) || !within(at, at)) {
        return;
    }
    ChartItem& block = io_[side];
    const std::size_t place = function(side, vf);
    if (block.io.none()) {
        block.kind = Kind::Io;
        block.at = at;
        block.from = block.to = place;
        block.order = block.end_order = ++order_;
        block.end = at;
    }
    block.end = std::max(block.end, at);
    block.at = std::min(block.at, at);
    block.io.add(io);
}

void ChartMaker::guest_command(const sim::trace::CommandRecord& record) {
    if (record.complete == not_reached) {
        return;
    }
    const bool read = record.opcode == spec::opcode::NvmRead;
    const bool write = record.opcode == spec::opcode::NvmWrite;
    IoCount io;
    io.reads = read ? 1 : 0;
    io.writes = write ? 1 : 0;
    io.others = read || write ? 0 : 1;
    io.bytes = record.length;
    io.failed = record.status != 0 ? 1 : 0;
    count_io(record.side, record.vf, record.complete, io);
    if (!shows(record.vf) || !within(record.complete, record.complete)) {
        return;
    }
    line(Side::Source, Role::Guest);
    if (record.side == Side::Source) {
        line(Side::Source, Role::Media);
    }
    if (++guest_commands_ > options_.single_io) {
        singles_.clear();
        return;
    }
    ChartItem item;
    item.kind = Kind::Exchange;
    item.at = first_time(record);
    item.end = record.complete;
    item.from = line(Side::Source, Role::Guest);
    item.to = function(record.side, record.vf);
    item.label =
        fmt::format("{} LBA {}, {}", named(spec::nvm_opcode_name(record.opcode), record.opcode),
                    record.slba, sim::metrics::readable_bytes(record.length));
    item.answer = status_text(record.status);
    item.failed = record.status != 0;
    item.order = item.end_order = ++order_;
    singles_.push_back(std::move(item));
}

void ChartMaker::admin_command(const sim::trace::CommandRecord& record) {
    const Ps at = first_time(record);
    // A command of the guest's own admin queue is about its function.
    const Device about = record.vf != no_device ? record.vf : record.for_vf;
    const Ps end =
        record.complete == not_reached ? std::numeric_limits<Ps>::max() : record.complete;
    if (!shows(about) || !within(at, end) || record.side == Side::Network) {
        return;
    }
    end_io();
    ChartItem item;
    item.kind = Kind::Exchange;
    item.at = at;
    item.end = record.complete;
    item.from =
        record.vf != no_device ? line(Side::Source, Role::Guest) : line(record.side, Role::Driver);
    item.to = function(record.side, record.vf);
    item.first_vf = item.last_vf = record.vf != no_device ? no_device : record.for_vf;
    item.label = admin_name(record);
    item.answer = record.complete == not_reached ? "" : status_text(record.status);
    item.failed = record.status != 0;
    item.order = item.end_order = ++order_;
    add(std::move(item));
}

void ChartMaker::command(const sim::trace::CommandRecord& record) {
    last_ = std::max(last_, std::max(first_time(record), record.complete));
    if (record.qid == 0) {
        admin_command(record);
    } else {
        guest_command(record);
    }
}

void ChartMaker::phase(const sim::trace::PhaseRecord& record) {
    last_ = std::max(last_, record.at);
    tell(record.at, story_.take(record));
    if (!shows(record.vf) || record.side == Side::Network) {
        return;
    }
    if (!record.begin) {
        end_call(record);
        return;
    }
    if (!within(record.at, std::numeric_limits<Ps>::max())) {
        return;
    }
    end_io();
    ChartItem item;
    item.at = record.at;
    item.first_vf = item.last_vf = record.vf;
    item.label = std::string(record.name);
    if (!record.detail.empty()) {
        item.label += fmt::format(" {}", record.detail);
    }
    item.order = item.end_order = ++order_;
    const CallKey key{record.side, record.vf, std::string(record.name), std::string(record.detail)};
    if (calls_.size() >= options_.limit) {
        ++chart_.left_out;
        return;
    }
    calls_.insert_or_assign(key, std::move(item));
}

void ChartMaker::end_call(const sim::trace::PhaseRecord& record) {
    const auto found = calls_.find(
        CallKey{record.side, record.vf, std::string(record.name), std::string(record.detail)});
    if (found == calls_.end()) {
        return;
    }
    ChartItem item = std::move(found->second);
    calls_.erase(found);
    if (!within(item.at, record.at)) {
        return;
    }
    end_io();
    item.end = std::max(record.at, item.at);
    item.end_order = ++order_;
    item.failed = record.error != 0;
    item.answer = error_text(record.error);
    item.bytes = moves_bytes(record.name) ? record.amount : 0;
    const bool sending = sends(record.name);
    item.kind = sending ? Kind::Sending : Kind::Exchange;
    if (sending && record.error == 0) {
        item.answer.clear();
    }
    item.from = line(record.side, Role::Vmm);
    if (sending) {
        const Side other = record.side == Side::Source ? Side::Destination : Side::Source;
        item.to = line(other, Role::Vmm);
    } else if (record.vf != no_device) {
        item.to = line(record.side, Role::Driver);
    } else if (is_one_of(record.name, Call::PauseVcpus, Call::ResumeVcpus)) {
        item.to = line(Side::Source, Role::Guest);
    } else {
        item.to = item.from;
    }
    add(std::move(item));
}

void ChartMaker::tell(Ps at, sim::trace::Storyline::Change change) {
    if (change.phase) {
        if (!chart_.phases.empty() && chart_.phases.back().end == not_reached) {
            chart_.phases.back().end = at;
            chart_.phases.back().last_order = order_;
        }
        if (!story_.phase().empty()) {
            chart_.phases.push_back({std::string(story_.phase()), at, not_reached, order_ + 1});
        }
    }
    if (change.guest) {
        if (!chart_.downtimes.empty() && chart_.downtimes.back().end == not_reached) {
            chart_.downtimes.back().end = at;
            chart_.downtimes.back().last_order = order_ + 1;  // the call that ends it
        }
        if (story_.guest() == "stopped" && chart_.downtimes.size() < options_.limit) {
            chart_.downtimes.push_back({"", at, not_reached, order_ + 1});
        }
    }
}

void ChartMaker::round(const sim::trace::RoundRecord& record) {
    last_ = std::max(last_, record.at);
    if (!within(record.at, record.at)) {
        return;
    }
    end_io();
    ChartItem item;
    item.at = item.end = record.at;
    item.from = item.to = line(Side::Source, Role::Vmm);
    item.label = fmt::format("round {}: {} dirty", record.round,
                             sim::metrics::readable_bytes(record.dirty_bytes));
    item.order = item.end_order = ++order_;
    add(std::move(item));
}

void ChartMaker::log(const sim::trace::LogRecord& record) {
    last_ = std::max(last_, record.at);
    if (record.side == Side::Network) {
        return;
    }
    if (record.what == "range") {
        IoCount io;
        io.changes = 1;
        count_io(record.side, record.vf, record.at, io);
        return;
    }
    remark(record.at, record.side, record.vf,
           record.place.empty() ? fmt::format("log: {}", record.what)
                                : fmt::format("log: {}, {}", record.what, record.place),
           record.what == "lost");
}

void ChartMaker::interrupt_lost(Ps at, Side side, Device vf) {
    last_ = std::max(last_, at);
    if (side != Side::Network) {
        remark(at, side, vf, "interrupt lost", true);
    }
}

void ChartMaker::note(Ps at, std::string_view text) {
    last_ = std::max(last_, at);
    if (!within(at, at)) {
        return;
    }
    end_io();
    ChartItem item;
    item.at = item.end = at;
    item.from = item.to = line(Side::Source, Role::Vmm);
    item.label = std::string(text);
    item.order = item.end_order = ++order_;
    add(std::move(item));
}

void ChartMaker::end_io() {
    for (auto& entry : io_) {
        if (!entry.second.io.none()) {
            add(entry.second);
            entry.second.io = {};
        }
    }
}

void ChartMaker::clip(std::vector<ChartSpan>& spans) const {
    std::vector<ChartSpan> kept;
    for (ChartSpan& span : spans) {
        if (span.end == not_reached) {
            span.end = std::max(last_, span.begin);
        }
        if (span.end >= chart_.from && span.begin <= chart_.to) {
            kept.push_back(span);
        }
    }
    spans = std::move(kept);
}

/// Lifelines get the numbers of their places.
void ChartMaker::put_in_order() {
    std::vector<std::size_t> place(lines_.size());
    for (const auto& entry : lines_) {
        place[entry.second] = chart_.lifelines.size();
        chart_.lifelines.push_back(entry.first);
    }
    const auto media = lines_.find(Lifeline{Side::Source, Role::Media, no_device});
    for (ChartItem& item : chart_.items) {
        item.from = place[item.from];
        item.to = place[item.to];
        if (item.kind != Kind::Io) {
            continue;
        }
        // It reaches over the functions and the media.
        const Side side = chart_.lifelines[item.from].side;
        for (std::size_t at = 0; at < chart_.lifelines.size(); ++at) {
            const Lifeline& other = chart_.lifelines[at];
            if (other.side == side && other.role == Role::Vf) {
                item.from = std::min(item.from, at);
                item.to = std::max(item.to, at);
            }
        }
        if (item.io.reads + item.io.writes + item.io.others > 0 && side == Side::Source &&
            media != lines_.end()) {
            item.to = place[media->second];
        }
    }
    std::stable_sort(chart_.items.begin(), chart_.items.end(),
                     [](const ChartItem& a, const ChartItem& b) {
                         return std::tie(a.at, a.order) < std::tie(b.at, b.order);
                     });
}

SequenceChart ChartMaker::chart() {
    end_io();
    const bool window = options_.from || options_.to || options_.vf;
    if (window && guest_commands_ > 0 && guest_commands_ <= options_.single_io) {
        auto& items = chart_.items;
        items.erase(std::remove_if(items.begin(), items.end(),
                                   [](const ChartItem& item) {
                                       return item.kind == Kind::Io && item.io.changes == 0;
                                   }),
                    items.end());
        for (ChartItem& item : items) {
            if (item.kind == Kind::Io) {  // its commands stand elsewhere
                const std::uint64_t changes = item.io.changes;
                item.io = {};
                item.io.changes = changes;
            }
        }
        for (ChartItem& item : singles_) {
            add(std::move(item));
        }
    }
    for (auto& entry : calls_) {
        ChartItem& item = entry.second;
        item.kind = Kind::Exchange;
        item.from = line(std::get<Side>(entry.first), Role::Vmm);
        item.to = item.first_vf == no_device ? item.from
                                             : line(std::get<Side>(entry.first), Role::Driver);
        chart_.items.push_back(std::move(item));
    }
    calls_.clear();
    chart_.from = options_.from.value_or(0);
    chart_.to = std::max(chart_.from, options_.to ? std::min(*options_.to, last_) : last_);
    put_in_order();
    clip(chart_.phases);
    clip(chart_.downtimes);
    return std::move(chart_);
}

}  // namespace lmsim::viz::seq
