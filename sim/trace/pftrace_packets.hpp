#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "sim/trace/output_file.hpp"
#include "sim/trace/pftrace_fields.hpp"
#include "sim/trace/protobuf.hpp"
#include "sim/trace/sink.hpp"

namespace lmsim::sim::trace {

/// The text as UTF-8: bytes that are none become U+FFFD. At most `limit` bytes of it.
std::string utf8_text(std::string_view text, std::size_t limit = 1024);

/// Perfetto's unit is a nanosecond: the one that has begun.
constexpr Ps perfetto_time(Ps at) { return at / 1000; }

/// The packets of a Perfetto trace, one after the other into a file, through one buffer.
class PftracePackets {
  public:
    using Track = std::uint64_t;  // its UUID; 0 is none
    using Type = perfetto::event::Type;
    enum class Unit : std::uint8_t { Count, Bytes, Percent };
    enum class Category : std::uint8_t { Io = 1, Admin, State, Call, Migration, Log, Note };
    /// What is noted beside an event, by its interned name.
    enum class Key : std::uint8_t {
        SubmitPs = 1,
        FetchPs,
        PostPs,
        CompletePs,
        Cid,
        Opcode,
        Slba,
        Bytes,
        Status,
        Cdw10,
        Cdw11,
        ForVf,
        Ps,
        Vf,
        Detail,
        Errno,
        Amount,
        Event,
        Rule,
        Place,
        Nsid,
        Blocks,
        Deallocated,
        Text,
        Ended,
    };

    explicit PftracePackets(OutputFile file);

    /// A track that others may lie in, at its place among those of `parent` (0: none).
    Track track(std::string_view name, Track parent, std::int32_t rank);
    Track process(std::string_view name, std::int32_t pid);
    Track counter(std::string_view name, Track parent, std::int32_t rank, Unit unit);
    /// A name of events to come; `id` not 0, each once.
    void intern(std::uint64_t id, std::string_view name);

    class Event;
    void count(Ps at, Track counter, std::int64_t value);
    void measure(Ps at, Track counter, double value);

    void close();
    const std::string& error() const { return file_.error(); }

  private:
    class Packet;
    char* room(std::size_t bytes);
    void flush();
    void describe(Track uuid, std::string_view name, Track parent, std::int32_t rank,
                  std::int32_t pid, const Unit* unit);

    OutputFile file_;
    std::unique_ptr<char[]> buffer_;
    std::size_t used_ = 0;
    Track last_track_ = 0;
};

/// One TrackEvent at `ns` (see perfetto_time()); it is written when it goes. `text_bytes`: of all
/// texts that are put into it.
class PftracePackets::Event {
  public:
    Event(PftracePackets& packets, Ps ns, Type type, Track track, std::size_t text_bytes = 0);
    ~Event();
    Event(const Event&) = delete;
    Event& operator=(const Event&) = delete;

    Event& category(Category category) {
        to_.number(perfetto::event::category_iids, static_cast<std::uint64_t>(category));
        return *this;
    }
    Event& name(std::uint64_t id) {
        to_.number(perfetto::event::name_iid, id);
        return *this;
    }
    Event& name(std::string_view utf8) {
        to_.text(perfetto::event::name, utf8);
        return *this;
    }
    Event& flow(std::uint64_t id) {
        to_.fixed64(perfetto::event::flow_ids, id);
        return *this;
    }
    Event& end_flow(std::uint64_t id) {
        to_.fixed64(perfetto::event::terminating_flow_ids, id);
        return *this;
    }
    Event& value(std::int64_t count) {
        to_.number(perfetto::event::counter_value, static_cast<std::uint64_t>(count));
        return *this;
    }
    Event& value(double measure) {
        to_.real(perfetto::event::double_counter_value, measure);
        return *this;
    }
    Event& note(Key key, std::uint64_t value) {
        return note(key, perfetto::annotation::uint_value, value);
    }
    Event& note_signed(Key key, std::int64_t value) {
        return note(key, perfetto::annotation::int_value, static_cast<std::uint64_t>(value));
    }
    Event& note_text(Key key, std::string_view utf8);

  private:
    Event& note(Key key, std::uint32_t field, std::uint64_t value) {
        char* const begin = to_.begin<1>(perfetto::event::debug_annotations);
        to_.number(perfetto::annotation::name_iid, static_cast<std::uint64_t>(key));
        to_.number(field, value);
        to_.end<1>(begin);
        return *this;
    }

    PftracePackets& packets_;
    ProtoWriter to_;
    char* from_;
    char* packet_;
    char* event_;
};

}  // namespace lmsim::sim::trace
