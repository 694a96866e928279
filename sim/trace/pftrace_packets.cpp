#include "sim/trace/pftrace_packets.hpp"

#include <algorithm>
#include <utility>

#include "model/assert.hpp"
#include "sim/core/text.hpp"

namespace lmsim::sim::trace {
namespace {

/// More than any packet has besides its texts: frames, and at most 20 notes of 2 numbers.
constexpr std::size_t packet_bytes = 768;
constexpr std::uint64_t sequence = 1;

/// In the order of their enumerations.
constexpr std::string_view categories[] = {"io",        "admin", "state", "call",
                                           "migration", "log",   "note"};
constexpr std::string_view keys[] = {"submit_ps", "fetch_ps", "post_ps", "complete_ps", "cid",
                                     "opcode",    "slba",     "bytes",   "status",      "cdw10",
                                     "cdw11",     "for_vf",   "ps",      "vf",          "detail",
                                     "errno",     "amount",   "event",   "requirement", "place",
                                     "nsid",      "blocks",   "dealloc", "text",        "ended"};

void entry(ProtoWriter& to, std::uint32_t field, std::uint64_t id, std::string_view name) {
    char* const begin = to.begin<4>(field);
    to.number(perfetto::interned::iid, id);
    to.text(perfetto::interned::name, name);
    to.end<4>(begin);
}

}  // namespace

std::string utf8_text(std::string_view text, std::size_t limit) {
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t length = utf8_length(text, at);
        const std::string_view piece = length == 0 ? "\xEF\xBF\xBD" : text.substr(at, length);
        if (out.size() + piece.size() > limit) {
            break;
        }
        out += piece;
        at += std::max<std::size_t>(1, length);
    }
    return out;
}

/// A packet at the end of the buffer.
class PftracePackets::Packet {
  public:
    Packet(PftracePackets& packets, std::size_t text_bytes)
        : packets_(packets), to(packets.room(packet_bytes + text_bytes)) {
        from_ = to.at();
        begin_ = to.begin<4>(perfetto::trace_packet);
        to.number(perfetto::packet::trusted_packet_sequence_id, sequence);
    }
    ~Packet() {
        to.end<4>(begin_);
        packets_.used_ += static_cast<std::size_t>(to.at() - from_);
    }
    Packet(const Packet&) = delete;
    Packet& operator=(const Packet&) = delete;

  private:
    PftracePackets& packets_;

  public:
    ProtoWriter to;

  private:
    char* from_;
    char* begin_;
};

PftracePackets::PftracePackets(OutputFile file)
    : file_(std::move(file)), buffer_(new char[buffer_bytes]) {
    static_assert(std::size(categories) == static_cast<std::size_t>(Category::Note));
    static_assert(std::size(keys) == static_cast<std::size_t>(Key::Ended));
    Packet packet(*this, 1024);
    packet.to.number(perfetto::packet::sequence_flags, perfetto::packet::incremental_state_cleared);
    char* const begin = packet.to.begin<4>(perfetto::packet::interned_data);
    for (std::size_t i = 0; i < std::size(categories); ++i) {
        entry(packet.to, perfetto::interned::event_categories, i + 1, categories[i]);
    }
    for (std::size_t i = 0; i < std::size(keys); ++i) {
        entry(packet.to, perfetto::interned::debug_annotation_names, i + 1, keys[i]);
    }
    packet.to.end<4>(begin);
}

void PftracePackets::intern(std::uint64_t id, std::string_view name) {
    const std::string text = utf8_text(name);
    Packet packet(*this, text.size());
    packet.to.number(perfetto::packet::sequence_flags, perfetto::packet::needs_incremental_state);
    char* const begin = packet.to.begin<4>(perfetto::packet::interned_data);
    entry(packet.to, perfetto::interned::event_names, id, text);
    packet.to.end<4>(begin);
}

void PftracePackets::describe(Track uuid, std::string_view name, Track parent, std::int32_t rank,
                              std::int32_t pid, const Unit* unit) {
    namespace field = perfetto::track;
    const std::string text = utf8_text(name);
    Packet packet(*this, 2 * text.size());
    ProtoWriter& to = packet.to;
    char* const begin = to.begin<4>(perfetto::packet::track_descriptor);
    to.number(field::uuid, uuid);
    to.text(field::name, text);
    if (parent != 0) {
        to.number(field::parent_uuid, parent);
    }
    if (pid != 0) {
        char* const process = to.begin<4>(field::process);
        to.number(field::pid, static_cast<std::uint64_t>(pid));
        to.text(field::process_name, text);
        to.end<4>(process);
    }
    to.number(field::child_ordering, field::ordered_explicitly);
    to.number(field::sibling_order_rank, static_cast<std::uint64_t>(std::int64_t{rank}));
    if (unit != nullptr) {
        char* const counter = to.begin<4>(field::counter);
        if (*unit == Unit::Percent) {
            to.text(field::unit_name, "%");
        } else {
            to.number(field::unit,
                      *unit == Unit::Bytes ? field::unit_size_bytes : field::unit_count);
        }
        to.end<4>(counter);
    }
    to.end<4>(begin);
}

PftracePackets::Track PftracePackets::track(std::string_view name, Track parent,
                                            std::int32_t rank) {
    describe(++last_track_, name, parent, rank, 0, nullptr);
    return last_track_;
}

PftracePackets::Track PftracePackets::process(std::string_view name, std::int32_t pid) {
    describe(++last_track_, name, 0, pid, pid, nullptr);
    return last_track_;
}

PftracePackets::Track PftracePackets::counter(std::string_view name, Track parent,
                                              std::int32_t rank, Unit unit) {
    describe(++last_track_, name, parent, rank, 0, &unit);
    return last_track_;
}

PftracePackets::Event::Event(PftracePackets& packets, Ps ns, Type type, Track track,
                             std::size_t text_bytes)
    : packets_(packets), to_(packets.room(packet_bytes + text_bytes)), from_(to_.at()) {
    packet_ = to_.begin<2>(perfetto::trace_packet);
    to_.number(perfetto::packet::timestamp, static_cast<std::uint64_t>(ns));
    to_.number(perfetto::packet::trusted_packet_sequence_id, sequence);
    to_.number(perfetto::packet::sequence_flags, perfetto::packet::needs_incremental_state);
    event_ = to_.begin<2>(perfetto::packet::track_event);
    to_.number(perfetto::event::type, static_cast<std::uint64_t>(type));
    to_.number(perfetto::event::track_uuid, track);
}

PftracePackets::Event::~Event() {
    to_.end<2>(event_);
    to_.end<2>(packet_);
    packets_.used_ += static_cast<std::size_t>(to_.at() - from_);
}

PftracePackets::Event& PftracePackets::Event::note_text(Key key, std::string_view utf8) {
    char* const begin = to_.begin<2>(perfetto::event::debug_annotations);
    to_.number(perfetto::annotation::name_iid, static_cast<std::uint64_t>(key));
    to_.text(perfetto::annotation::string_value, utf8);
    to_.end<2>(begin);
    return *this;
}

void PftracePackets::count(Ps at, Track counter, std::int64_t value) {
    Event(*this, perfetto_time(at), Type::Counter, counter).value(value);
}

void PftracePackets::measure(Ps at, Track counter, double value) {
    Event(*this, perfetto_time(at), Type::Counter, counter).value(value);
}

void PftracePackets::close() {
    flush();
    file_.close();
}

char* PftracePackets::room(std::size_t bytes) {
    LMSIM_ASSERT(bytes <= buffer_bytes);
    if (buffer_bytes - used_ < bytes) {
        flush();
    }
    return buffer_.get() + used_;
}

void PftracePackets::flush() {
    file_.write({buffer_.get(), used_});
    used_ = 0;
}

}  // namespace lmsim::sim::trace
