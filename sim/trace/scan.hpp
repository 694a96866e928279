#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "sim/trace/flat_json.hpp"
#include "sim/trace/ndjson.hpp"
#include "sim/trace/sink.hpp"

namespace lmsim::sim::trace {

/// Reads the lines of a trace.ndjson and tells a sink what they say. Any bytes are safe. Keys and
/// kinds that it does not know are passed over: within a version of the schema some may be added.
class TraceScanner {
  public:
    explicit TraceScanner(TraceSink& sink) : sink_(sink) {}

    /// The next line, without its newline. False: it is wrong, see what().
    bool line(std::string_view text);

    /// Of the first line.
    const TraceHeader& header() const { return header_; }
    std::uint64_t lines() const { return lines_; }
    /// Lines that the sink was told of.
    std::uint64_t records() const { return records_; }
    /// The latest `t` of them all, those of a kind that it does not know included.
    Ps last() const { return last_; }
    /// What is wrong in the last line, with what was expected, and at which byte, from 1.
    const std::string& what() const { return json_.what(); }
    std::size_t column() const { return json_.column(); }

    enum class Key : std::uint8_t;

  private:
    static constexpr std::size_t most_keys = 64;

    bool object(std::string_view text);
    bool tell();
    bool tell_state();
    bool tell_command();
    bool tell_phase();
    bool tell_log();
    bool tell_round();
    bool tell_link();
    bool tell_seen();
    bool tell_lost();
    bool tell_note();
    bool read_header();
    bool header_texts();

    bool has(Key key) const;
    const FlatJson::Value& of(Key key) const;
    bool need(Key key);
    bool unlike(Key key, std::string_view expected);
    template <class T>
    bool count(Key key, T& into);
    template <class T>
    bool maybe_count(Key key, T& into);
    bool time(Key key, Ps& into);
    bool maybe_time(Key key, Ps& into);
    bool device(Key key, Device& into);
    bool text(Key key, std::string_view& into);
    bool maybe_text(Key key, std::string_view& into);
    bool side(Side& into);
    bool place(Ps& at, Side& into, Device& vf);

    TraceSink& sink_;
    FlatJson json_;
    TraceHeader header_;
    std::uint64_t lines_ = 0;
    std::uint64_t records_ = 0;
    Ps last_ = 0;
    const char* begin_ = nullptr;  // of the line
    std::uint64_t seen_ = 0;       // a bit for each key
    std::array<FlatJson::Value, most_keys> values_;
};

}  // namespace lmsim::sim::trace
