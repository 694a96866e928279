#include "sim/trace/pftrace.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "model/assert.hpp"
#include "model/spec/codes.hpp"

namespace lmsim::sim::trace {
namespace {

using Event = PftracePackets::Event;
using Type = PftracePackets::Type;
using Key = PftracePackets::Key;
using Category = PftracePackets::Category;
using Unit = PftracePackets::Unit;

// Interned names: an opcode of an I/O queue plus 1, of an admin queue plus 257, and these.
constexpr std::uint64_t name_in_controller = 513;
constexpr std::uint64_t name_completion = 514;
constexpr std::uint64_t last_name = 514;

// Ranks: what stands above what within its parent.
constexpr std::int32_t rank_vmm = 0;
constexpr std::int32_t rank_driver = 1;
constexpr std::int32_t rank_links = 2;
constexpr std::int32_t rank_pf = 100;  // plus the function
constexpr std::int32_t rank_states = 0;
constexpr std::int32_t rank_notes = 1'000;
constexpr std::int32_t rank_queues = 2'000;  // plus twice the queue, and one for its completions

std::size_t index(Side side) { return static_cast<std::size_t>(side); }
std::size_t function_index(Device vf) {
    LMSIM_ASSERT(vf >= no_device && vf < 65'535);
    return static_cast<std::size_t>(vf + 1);
}

template <class Value>
Value& at(std::vector<Value>& list, std::size_t index) {
    if (__builtin_expect(list.size() <= index, 0)) {
        list.resize(index + 1);
    }
    return list[index];
}

}  // namespace

PftraceWriter::PftraceWriter(OutputFile file, DeviceNames names)
    : packets_(std::move(file)), device_names_(std::move(names)), named_(last_name + 1) {
    packets_.intern(name_in_controller, "in controller");
    packets_.intern(name_completion, "CQE");
    migration_ = packets_.track("migration", 0, 0);
    phases_ = packets_.track("phase", migration_, 0);
    rounds_ = packets_.track("rounds of pre-copy", migration_, 1);
    dirty_ = packets_.counter("dirty memory", migration_, 2, Unit::Bytes);
    sent_ = packets_.counter("sent", migration_, 3, Unit::Bytes);
    vm_ = packets_.process("virtual machine", 1);
    vcpus_ = packets_.track("vCPUs", vm_, 0);
    for (const Side side : {Side::Source, Side::Destination, Side::Network}) {
        host(side);
    }
    Event(packets_, 0, Type::SliceBegin, vcpus_, story_.guest().size())
        .category(Category::Migration)
        .name(story_.guest());
}

PftraceWriter::~PftraceWriter() { close(); }

PftraceWriter::Host& PftraceWriter::host(Side side) {
    Host& host = hosts_[index(side)];
    if (host.track == 0) {
        host.track = packets_.process(metrics::name(side), static_cast<int>(index(side)) + 2);
        if (side != Side::Network) {
            host.vmm = packets_.track("VMM", host.track, rank_vmm);
            host.driver = packets_.track("driver", host.track, rank_driver);
        }
    }
    return host;
}

PftraceWriter::Function& PftraceWriter::function(Side side, Device vf) {
    Host& of = host(side);
    const std::size_t number = function_index(vf);
    Function& function = at(of.functions, number);
    if (__builtin_expect(function.track == 0, 0)) {
        const std::string name = number == 0 ? "PF" : device_names_.name(vf);
        function.track =
            packets_.track(name, of.track, rank_pf + static_cast<std::int32_t>(number));
    }
    return function;
}

PftraceWriter::Queue& PftraceWriter::queue(Side side, Device vf, std::uint16_t qid) {
    return at(function(side, vf).queues, qid);
}

/// The lane that became free last before `begin`: taken in the order of their ends, commands so
/// need no more lanes than overlap at any one time.
PftraceWriter::Track PftraceWriter::lane(const CommandRecord& record, Ps begin, Ps end) {
    Queue& of = queue(record.side, record.vf, record.qid);
    std::vector<Lane>& lanes = of.lanes;
    auto after = std::upper_bound(lanes.begin(), lanes.end(), begin,
                                  [](Ps time, const Lane& lane) { return time < lane.free_at; });
    Lane taken;
    if (after == lanes.begin()) {
        const bool admin = record.vf == no_device && record.qid == 0;
        const Track parent = admin && record.side != Side::Network
                                 ? host(record.side).driver
                                 : function(record.side, record.vf).track;
        // Lanes of one name in one parent are shown as one track.
        const std::string name = admin ? "PF admin queue" : fmt::format("queue {}", record.qid);
        taken.track = packets_.track(name, parent, rank_queues + 2 * record.qid);
        if (of.completions == 0) {
            of.completions =
                packets_.track(name + " completions", parent, rank_queues + 2 * record.qid + 1);
        }
    } else {
        taken = *--after;
        lanes.erase(after);
    }
    taken.free_at = end;
    auto place = lanes.end();
    while (place != lanes.begin() && (place - 1)->free_at > end) {
        --place;
    }
    lanes.insert(place, taken);
    return taken.track;
}

std::uint64_t PftraceWriter::name_of(const CommandRecord& record) {
    const bool admin = record.qid == 0;
    const std::uint64_t id = record.opcode + std::uint64_t{1} + (admin ? 256 : 0);
    if (__builtin_expect(!named_[id], 0)) {
        named_[id] = true;
        const bool known = admin ? spec::admin_opcode_name(record.opcode) != "unknown opcode"
                                 : spec::nvm_opcode_name(record.opcode) != "unknown opcode";
        const std::string_view name =
            admin ? spec::admin_opcode_name(record.opcode) : spec::nvm_opcode_name(record.opcode);
        packets_.intern(id,
                        known ? std::string(name) : fmt::format("opcode {:02X}h", record.opcode));
    }
    return id;
}

void PftraceWriter::begin_command(const CommandRecord& record, Track track, Ps begin,
                                  std::uint64_t flow) {
    const std::uint64_t name = name_of(record);
    Event event(packets_, begin, Type::SliceBegin, track);
    event.category(record.qid == 0 ? Category::Admin : Category::Io).name(name).flow(flow);
    event.note(Key::Cid, record.cid).note(Key::Opcode, record.opcode);
    if (record.qid == 0) {
        event.note(Key::Cdw10, record.cdw10).note(Key::Cdw11, record.cdw11);
        if (record.for_vf != no_device) {
            event.note_signed(Key::ForVf, record.for_vf);
        }
    } else {
        event.note(Key::Slba, record.slba).note(Key::Bytes, record.length);
    }
    if (record.submit != not_reached) {
        event.note(Key::SubmitPs, static_cast<std::uint64_t>(record.submit));
    }
    if (record.complete != not_reached) {
        event.note(Key::Status, record.status)
            .note(Key::CompletePs, static_cast<std::uint64_t>(record.complete));
    } else {
        event.note_text(Key::Ended, "no");
    }
}

/// What the controller does with it, within the command's slice.
void PftraceWriter::in_controller(const CommandRecord& record, Track track, Ps begin, Ps end) {
    const Ps fetch = std::clamp(perfetto_time(record.fetch), begin, end);
    Event(packets_, fetch, Type::SliceBegin, track)
        .name(name_in_controller)
        .note(Key::FetchPs, static_cast<std::uint64_t>(record.fetch));
    if (record.post != not_reached) {
        const Ps post = std::clamp(perfetto_time(record.post), fetch, end);
        Event(packets_, post, Type::SliceEnd, track)
            .note(Key::PostPs, static_cast<std::uint64_t>(record.post));
    }
}

void PftraceWriter::command(const CommandRecord& record) {
    const bool open = record.complete == not_reached;
    const Ps first = record.submit != not_reached  ? record.submit
                     : record.fetch != not_reached ? record.fetch
                     : record.post != not_reached  ? record.post
                                                   : std::max<Ps>(record.complete, 0);
    const Ps begin = perfetto_time(first);
    // A command that takes less than the unit is shown all the same.
    const Ps end = open ? ps_never : std::max(perfetto_time(record.complete), begin + 1);
    const std::uint64_t flow = ++flows_;
    const Track track = lane(record, begin, end);
    begin_command(record, track, begin, flow);
    if (record.fetch != not_reached) {
        in_controller(record, track, begin, end);
    }
    if (open) {
        reach(std::max(first, std::max(record.fetch, record.post)));
        return;
    }
    Event(packets_, end, Type::SliceEnd, track);
    Event(packets_, end, Type::Instant, queue(record.side, record.vf, record.qid).completions)
        .name(name_completion)
        .end_flow(flow);
    Depth& left = depth(record.side, record.vf, record.qid);
    if (left.now > 0) {
        packets_.count(record.complete, left.counter, --left.now);
    }
    reach(record.complete);
}

/// How many commands of a queue are on their way. Those of the guest belong to it, wherever it is.
PftraceWriter::Depth& PftraceWriter::depth(Side side, Device vf, std::uint16_t qid) {
    const bool admin = vf == no_device;
    auto& functions = depths_[admin ? index(side) : 0];
    Depth& depth = at(at(functions, function_index(vf)), qid);
    if (__builtin_expect(depth.counter == 0, 0)) {
        const std::string name = admin ? fmt::format("PF queue {} depth", qid)
                                       : fmt::format("VF {} queue {} depth", vf, qid);
        const Track parent = admin ? function(side, vf).track : vm_;
        depth.counter = packets_.counter(name, parent, 1 + 64 * (vf + 1) + qid, Unit::Count);
        packets_.count(0, depth.counter, 0);
    }
    return depth;
}

void PftraceWriter::submitted(Ps at, Side side, Device vf, std::uint16_t qid) {
    Depth& more = depth(side, vf, qid);
    packets_.count(at, more.counter, ++more.now);
    reach(at);
}

PftraceWriter::Machine& PftraceWriter::machine(const StateRecord& record) {
    Machine& machine =
        machines_[{record.side, record.vf, record.queue, std::string(record.machine)}];
    if (machine.track != 0) {
        return machine;
    }
    const Track parent =
        of_vmm(record) ? host(record.side).vmm : function(record.side, record.vf).track;
    std::string name(record.machine);
    if (record.queue != no_queue) {
        name += fmt::format(" {}", record.queue);
    }
    machine.track = packets_.track(name, parent, rank_states);
    if (!record.from.empty() && record.from != record.state) {
        machine.state = record.from;
        const std::string text = utf8_text(record.from);
        Event(packets_, 0, Type::SliceBegin, machine.track, text.size())
            .category(Category::State)
            .name(text);
    }
    return machine;
}

void PftraceWriter::state(const StateRecord& record) {
    reach(record.at);
    tell(record.at, story_.take(record));
    const Ps at = perfetto_time(record.at);
    const std::string text = utf8_text(record.state);
    if (record.rule.empty() && record.side != Side::Network && record.machine == "vmm") {
        Event event(packets_, at, Type::Instant, host(record.side).vmm, text.size());
        event.category(Category::Call).name(text);
        event.note(Key::Ps, static_cast<std::uint64_t>(record.at));
        if (record.vf != no_device) {
            event.note_signed(Key::Vf, record.vf);
        }
        return;
    }
    Machine& of = machine(record);
    if (of.state == record.state) {
        return;
    }
    if (!of.state.empty()) {
        Event(packets_, at, Type::SliceEnd, of.track);
    }
    of.state = record.state;
    const std::string event = utf8_text(record.event);
    const std::string rule = utf8_text(record.rule);
    Event slice(packets_, at, Type::SliceBegin, of.track, text.size() + event.size() + rule.size());
    slice.category(Category::State).name(text);
    slice.note(Key::Ps, static_cast<std::uint64_t>(record.at));
    if (!rule.empty()) {
        slice.note_text(Key::Event, event).note_text(Key::Rule, rule);
    }
}

void PftraceWriter::phase(const PhaseRecord& record) {
    reach(record.at);
    tell(record.at, story_.take(record));
    const Ps at = perfetto_time(record.at);
    Host& of = host(record.side);
    if (of.vmm == 0) {
        of.vmm = packets_.track("VMM", of.track, rank_vmm);
    }
    if (!record.begin) {
        Event(packets_, at, Type::SliceEnd, of.vmm)
            .note_signed(Key::Errno, record.error)
            .note(Key::Amount, record.amount);
        return;
    }
    const std::string name = utf8_text(record.name);
    const std::string detail = utf8_text(record.detail);
    Event event(packets_, at, Type::SliceBegin, of.vmm, name.size() + detail.size());
    event.category(Category::Call).name(name);
    if (!detail.empty()) {
        event.note_text(Key::Detail, detail);
    }
    event.note(Key::Ps, static_cast<std::uint64_t>(record.at));
    if (record.vf != no_device) {
        event.note_signed(Key::Vf, record.vf);
    }
}

void PftraceWriter::tell(Ps at, Storyline::Change change) {
    const Ps ns = perfetto_time(at);
    if (change.guest) {
        Event(packets_, ns, Type::SliceEnd, vcpus_);
        Event(packets_, ns, Type::SliceBegin, vcpus_, story_.guest().size())
            .category(Category::Migration)
            .name(story_.guest())
            .note(Key::Ps, static_cast<std::uint64_t>(at));
    }
    if (!change.phase) {
        return;
    }
    if (phase_open_) {
        Event(packets_, ns, Type::SliceEnd, phases_);
    }
    phase_open_ = !story_.phase().empty();
    if (phase_open_) {
        Event(packets_, ns, Type::SliceBegin, phases_, story_.phase().size())
            .category(Category::Migration)
            .name(story_.phase())
            .note(Key::Ps, static_cast<std::uint64_t>(at));
    } else if (round_open_) {
        round_open_ = false;
        Event(packets_, ns, Type::SliceEnd, rounds_);
    }
}

void PftraceWriter::round(const RoundRecord& record) {
    reach(record.at);
    const Ps at = perfetto_time(record.at);
    if (round_open_) {
        Event(packets_, at, Type::SliceEnd, rounds_);
    }
    round_open_ = true;
    const std::string name = fmt::format("round {}", record.round);
    Event(packets_, at, Type::SliceBegin, rounds_, name.size())
        .category(Category::Migration)
        .name(name)
        .note(Key::Ps, static_cast<std::uint64_t>(record.at));
    packets_.count(record.at, dirty_, static_cast<std::int64_t>(record.dirty_bytes));
    packets_.count(record.at, sent_, static_cast<std::int64_t>(record.sent_bytes));
}

void PftraceWriter::link(const LinkRecord& record) {
    reach(record.at);
    const std::pair<Side, std::string> key(record.side, record.link);
    auto found = links_.find(key);
    if (found == links_.end()) {
        const std::string name = "link " + key.second;
        const Track counter =
            packets_.counter(name, host(record.side).track, rank_links, Unit::Percent);
        found = links_.emplace(key, counter).first;
    }
    const double share = record.span > 0 ? 100.0 * static_cast<double>(record.busy) /
                                               static_cast<double>(record.span)
                                         : 0.0;
    packets_.measure(record.at - record.span, found->second, share);
}

/// A track of instants.
PftraceWriter::Track PftraceWriter::notes(Side side, Device vf, std::string_view name) {
    Function& of = function(side, vf);
    auto found = of.notes.find(name);
    if (found == of.notes.end()) {
        const Track track = packets_.track(name, of.track, rank_notes);
        found = of.notes.emplace(name, track).first;
    }
    return found->second;
}

void PftraceWriter::log(const LogRecord& record) {
    reach(record.at);
    const Track track = notes(record.side, record.vf, "user data log");
    const std::string what = utf8_text(record.what);
    const std::string place = utf8_text(record.place);
    Event event(packets_, perfetto_time(record.at), Type::Instant, track,
                what.size() + place.size());
    event.category(Category::Log).name(what);
    event.note(Key::Ps, static_cast<std::uint64_t>(record.at));
    if (!place.empty()) {
        event.note_text(Key::Place, place);
    }
    if (record.nsid != 0) {
        event.note(Key::Nsid, record.nsid)
            .note(Key::Slba, record.slba)
            .note(Key::Blocks, record.blocks)
            .note(Key::Deallocated, record.deallocated ? 1 : 0);
    }
}

void PftraceWriter::interrupt_lost(Ps at, Side side, Device vf) {
    reach(at);
    const Track track = notes(side, vf, "interrupts lost");
    Event(packets_, perfetto_time(at), Type::Instant, track, 16)
        .category(Category::Note)
        .name("interrupt lost")
        .note(Key::Ps, static_cast<std::uint64_t>(at));
}

void PftraceWriter::note(Ps at, std::string_view text) {
    reach(at);
    const std::string name = utf8_text(text);
    Event(packets_, perfetto_time(at), Type::Instant, phases_, name.size())
        .category(Category::Note)
        .name(name)
        .note(Key::Ps, static_cast<std::uint64_t>(at));
}

void PftraceWriter::close() {
    if (closed_) {
        return;
    }
    closed_ = true;
    const Ps at = perfetto_time(last_);
    Event(packets_, at, Type::SliceEnd, vcpus_);
    for (const auto& item : machines_) {
        if (!item.second.state.empty()) {
            Event(packets_, at, Type::SliceEnd, item.second.track);
        }
    }
    packets_.close();
}

}  // namespace lmsim::sim::trace
