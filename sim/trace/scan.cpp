#include "sim/trace/scan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <limits>

#include "model/check/describe.hpp"
#include "sim/core/schemas.hpp"
#include "sim/core/text.hpp"

namespace lmsim::sim::trace {
namespace {

// clang-format off
constexpr std::string_view key_names[] = {
    "t", "kind", "side", "vf", "machine", "state", "from", "event", "rule", "queue",
    "qid", "cid", "opcode", "slba", "length", "status", "submit", "fetch", "post", "complete",
    "cdw10", "cdw11", "for_vf", "name", "edge", "error", "amount", "detail",
    "round", "dirty_bytes", "sent_bytes", "what", "esa", "nsid", "blocks", "deallocated",
    "link", "span", "busy", "flags", "value", "value2",
    "text", "schema", "version", "scenario", "seed", "time_base", "unit", "vms"};
// clang-format on

constexpr std::size_t key_count = std::size(key_names);
constexpr std::uint8_t no_key = 0xff;

constexpr std::size_t slots = 256;

constexpr std::size_t slot_of(std::string_view name) {
    const auto first = static_cast<unsigned char>(name.front());
    const auto last = static_cast<unsigned char>(name.back());
    return (first * 5U + last * 3U + name.size() * 37U) % slots;
}

/// A table of all keys by slot_of(), with the next free slot where two meet.
struct KeyTable {
    std::array<std::uint8_t, slots> keys{};
};

constexpr KeyTable make_table() {
    KeyTable table;
    for (std::size_t i = 0; i < slots; ++i) table.keys[i] = no_key;
    for (std::size_t key = 0; key < key_count; ++key) {
        std::size_t slot = slot_of(key_names[key]);
        while (table.keys[slot] != no_key) slot = (slot + 1) % slots;
        table.keys[slot] = static_cast<std::uint8_t>(key);
    }
    return table;
}

constexpr KeyTable key_table = make_table();

std::uint8_t find_key(std::string_view name) {
    if (name.empty()) {
        return no_key;
    }
    for (std::size_t slot = slot_of(name); key_table.keys[slot] != no_key;
         slot = (slot + 1) % slots) {
        if (key_names[key_table.keys[slot]] == name) {
            return key_table.keys[slot];
        }
    }
    return no_key;
}

}  // namespace

/// In the order of key_names.
// clang-format off
enum class TraceScanner::Key : std::uint8_t {
    T, Kind, Side, Vf, Machine, State, From, Event, Rule, Queue,
    Qid, Cid, Opcode, Slba, Length, Status, Submit, Fetch, Post, Complete,
    Cdw10, Cdw11, ForVf, Name, Edge, Error, Amount, Detail,
    Round, DirtyBytes, SentBytes, What, Esa, Nsid, Blocks, Deallocated,
    Link, Span, Busy, Flags, Value, Value2, Text, Schema, Version, Scenario, Seed, TimeBase, Unit,
    Vms
};
// clang-format on

bool TraceScanner::line(std::string_view text) {
    ++lines_;
    return object(text) && (lines_ == 1 ? read_header() : tell());
}

/// All members of the line into values_.
bool TraceScanner::object(std::string_view text) {
    static_assert(key_count <= most_keys);
    begin_ = text.data();
    seen_ = 0;
    json_.start(text);
    std::string_view name;
    FlatJson::Value value;
    while (json_.next(name, value)) {
        const std::uint8_t key = find_key(name);
        if (key == no_key) {
            continue;
        }
        const std::uint64_t bit = std::uint64_t{1} << key;
        if ((seen_ & bit) != 0) {
            return json_.wrong(value.at, fmt::format("a second \"{}\"; expected one", name));
        }
        seen_ |= bit;
        values_[key] = value;
    }
    return what().empty();
}

bool TraceScanner::tell() {
    std::string_view kind;
    Ps at = 0;
    if (!text(Key::Kind, kind) || !time(Key::T, at)) {
        return false;
    }
    last_ = std::max(last_, at);
    bool well = true;
    ++records_;
    if (kind == "command") {
        well = tell_command();
    } else if (kind == "state") {
        well = tell_state();
    } else if (kind == "phase") {
        well = tell_phase();
    } else if (kind == "link") {
        well = tell_link();
    } else if (kind == "log") {
        well = tell_log();
    } else if (kind == "round") {
        well = tell_round();
    } else if (kind == "seen") {
        well = tell_seen();
    } else if (kind == "interrupt_lost") {
        well = tell_lost();
    } else if (kind == "note") {
        well = tell_note();
    } else {
        --records_;
    }
    return well;
}

bool TraceScanner::tell_state() {
    StateRecord record;
    if (!place(record.at, record.side, record.vf) || !text(Key::Machine, record.machine) ||
        !text(Key::State, record.state) || !maybe_text(Key::From, record.from) ||
        !maybe_text(Key::Event, record.event) || !maybe_text(Key::Rule, record.rule) ||
        !maybe_count(Key::Queue, record.queue)) {
        return false;
    }
    sink_.state(record);
    return true;
}

bool TraceScanner::tell_command() {
    CommandRecord record;
    Ps last = 0;
    const bool well = place(last, record.side, record.vf) && count(Key::Qid, record.qid) &&
                      count(Key::Cid, record.cid) && count(Key::Opcode, record.opcode) &&
                      count(Key::Slba, record.slba) && count(Key::Length, record.length) &&
                      count(Key::Status, record.status) && maybe_time(Key::Submit, record.submit) &&
                      maybe_time(Key::Fetch, record.fetch) && maybe_time(Key::Post, record.post) &&
                      maybe_time(Key::Complete, record.complete) &&
                      maybe_count(Key::Cdw10, record.cdw10) &&
                      maybe_count(Key::Cdw11, record.cdw11) &&
                      (!has(Key::ForVf) || device(Key::ForVf, record.for_vf));
    if (well) {
        sink_.command(record);
    }
    return well;
}

bool TraceScanner::tell_phase() {
    PhaseRecord record;
    std::string_view edge;
    if (!place(record.at, record.side, record.vf) || !text(Key::Name, record.name) ||
        !text(Key::Edge, edge) || !maybe_text(Key::Detail, record.detail)) {
        return false;
    }
    if (edge != "begin" && edge != "end") {
        return unlike(Key::Edge, "\"begin\" or \"end\"");
    }
    record.begin = edge == "begin";
    if (has(Key::Error)) {
        const FlatJson::Value& error = of(Key::Error);
        const std::uint64_t most = error.negative ? std::uint64_t{1} << 31U : INT32_MAX;
        if (error.type != FlatJson::Type::Integer || error.number > most) {
            return unlike(Key::Error, "an integer of 32 bits");
        }
        const auto number = static_cast<std::int64_t>(error.number);
        record.error = static_cast<std::int32_t>(error.negative ? -number : number);
    }
    if (!maybe_count(Key::Amount, record.amount)) {
        return false;
    }
    sink_.phase(record);
    return true;
}

bool TraceScanner::tell_log() {
    LogRecord record;
    std::uint8_t deallocated = 0;
    if (!place(record.at, record.side, record.vf) || !text(Key::What, record.what) ||
        !maybe_text(Key::Esa, record.place) || !maybe_count(Key::Nsid, record.nsid) ||
        !maybe_count(Key::Slba, record.slba) || !maybe_count(Key::Blocks, record.blocks) ||
        !maybe_count(Key::Deallocated, deallocated)) {
        return false;
    }
    record.deallocated = deallocated != 0;
    sink_.log(record);
    return true;
}

bool TraceScanner::tell_round() {
    RoundRecord record;
    if (!time(Key::T, record.at) || !count(Key::Round, record.round) ||
        !count(Key::DirtyBytes, record.dirty_bytes) || !count(Key::SentBytes, record.sent_bytes)) {
        return false;
    }
    sink_.round(record);
    return true;
}

bool TraceScanner::tell_link() {
    LinkRecord record;
    if (!time(Key::T, record.at) || !side(record.side) || !text(Key::Link, record.link) ||
        !time(Key::Span, record.span) || !time(Key::Busy, record.busy)) {
        return false;
    }
    sink_.link(record);
    return true;
}

bool TraceScanner::tell_seen() {
    SeenRecord record;
    check::Observation& seen = record.seen;
    Side where = Side::Source;
    Device vf = no_device;
    std::string_view what;
    if (!place(record.at, where, vf) || !text(Key::What, what) ||
        !maybe_count(Key::Queue, seen.queue) || !maybe_count(Key::Cid, seen.cid) ||
        !maybe_count(Key::Flags, seen.flags) || !maybe_count(Key::Value, seen.value) ||
        !maybe_count(Key::Value2, seen.value2)) {
        return false;
    }
    if (where == Side::Network) {
        return unlike(Key::Side, "\"source\" or \"destination\"");
    }
    if (!check::find_what(what, seen.what)) {
        std::vector<std::string> names;
        for (std::size_t i = 0; i < check::what_count; ++i) {
            names.emplace_back(check::name(static_cast<check::What>(i)));
        }
        const std::string near = nearest(what, names);
        return json_.wrong(of(Key::What).at,
                           fmt::format("nothing is observed as {}; expected {}", in_quotes(what),
                                       near.empty() ? "a name of docs/check.md" : in_quotes(near)));
    }
    seen.host = where == Side::Source ? check::source : check::destination;
    seen.vf = vf == no_device ? check::no_vf : static_cast<std::uint16_t>(vf);
    const std::string_view expected = check::expected_of(seen);
    if (!expected.empty()) {
        return json_.wrong(of(Key::What).at,
                           fmt::format("{} is not observed so; expected {}", what, expected));
    }
    sink_.seen(record);
    return true;
}

bool TraceScanner::tell_lost() {
    Ps at = 0;
    Side where = Side::Source;
    Device vf = no_device;
    if (!place(at, where, vf)) {
        return false;
    }
    sink_.interrupt_lost(at, where, vf);
    return true;
}

bool TraceScanner::tell_note() {
    Ps at = 0;
    std::string_view words;
    if (!time(Key::T, at) || !text(Key::Text, words)) {
        return false;
    }
    sink_.note(at, words);
    return true;
}

bool TraceScanner::read_header() {
    if (!has(Key::Schema)) {
        return json_.wrong(begin_, fmt::format("no \"schema\"; expected the header of a trace, "
                                               "{{\"schema\":\"{}\",...",
                                               schema::Trace));
    }
    std::string_view schema;
    if (!text(Key::Schema, schema)) {
        return false;
    }
    if (schema != schema::Trace) {
        return json_.wrong(of(Key::Schema).at, other_schema(schema, schema::Trace));
    }
    return count(Key::Seed, header_.seed) && maybe_count(Key::Vms, header_.vms) && header_texts();
}

bool TraceScanner::header_texts() {
    std::string_view version;
    std::string_view scenario;
    std::string_view base;
    std::string_view unit;
    if (!text(Key::Version, version) || !text(Key::Scenario, scenario) ||
        !text(Key::TimeBase, base) || !text(Key::Unit, unit)) {
        return false;
    }
    if (base != "simulated" && base != "wall") {
        return unlike(Key::TimeBase, "\"simulated\" or \"wall\"");
    }
    if (unit != "ps") {
        return unlike(Key::Unit, "\"ps\"");
    }
    header_.version = version;
    header_.scenario = scenario;
    header_.time_base = base == "wall" ? "wall" : "simulated";
    return true;
}

// --- Members ------------------------------------------------------------------------------------

bool TraceScanner::has(Key key) const { return (seen_ >> static_cast<unsigned>(key) & 1U) != 0; }

const FlatJson::Value& TraceScanner::of(Key key) const {
    return values_[static_cast<std::size_t>(key)];
}

bool TraceScanner::need(Key key) {
    return has(key) ||
           json_.wrong(begin_, fmt::format("no \"{}\"; expected one in a line of this kind",
                                           key_names[static_cast<std::size_t>(key)]));
}

bool TraceScanner::unlike(Key key, std::string_view expected) {
    return json_.wrong(of(key).at, fmt::format("\"{}\" is something else; expected {}",
                                               key_names[static_cast<std::size_t>(key)], expected));
}

template <class T>
bool TraceScanner::count(Key key, T& into) {
    if (!need(key)) {
        return false;
    }
    constexpr std::uint64_t max = std::numeric_limits<T>::max();
    const FlatJson::Value& value = of(key);
    if (value.type != FlatJson::Type::Integer || value.negative || value.number > max) {
        return unlike(key, fmt::format("an integer from 0 to {}", max));
    }
    into = static_cast<T>(value.number);
    return true;
}

template <class T>
bool TraceScanner::maybe_count(Key key, T& into) {
    return !has(key) || count(key, into);
}

bool TraceScanner::time(Key key, Ps& into) { return count(key, into); }

bool TraceScanner::maybe_time(Key key, Ps& into) {
    if (need(key) && of(key).type == FlatJson::Type::Null) {
        into = not_reached;
        return true;
    }
    return has(key) && time(key, into);
}

bool TraceScanner::device(Key key, Device& into) {
    if (need(key) && of(key).type == FlatJson::Type::Null) {
        into = no_device;
        return true;
    }
    std::uint16_t index = 0;
    if (!has(key) || !count(key, index)) {
        return false;
    }
    into = index;
    return true;
}

bool TraceScanner::text(Key key, std::string_view& into) {
    if (!need(key)) {
        return false;
    }
    if (of(key).type != FlatJson::Type::Text) {
        return unlike(key, "a text");
    }
    into = of(key).text;
    return true;
}

bool TraceScanner::maybe_text(Key key, std::string_view& into) {
    return !has(key) || text(key, into);
}

bool TraceScanner::side(Side& into) {
    std::string_view name;
    if (!text(Key::Side, name)) {
        return false;
    }
    const auto& names = metrics::side_names;
    const auto* found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) {
        return unlike(Key::Side, "\"source\", \"destination\" or \"network\"");
    }
    into = static_cast<Side>(found - names.begin());
    return true;
}

/// What most lines begin with.
bool TraceScanner::place(Ps& at, Side& into, Device& vf) {
    return time(Key::T, at) && side(into) && device(Key::Vf, vf);
}

}  // namespace lmsim::sim::trace
