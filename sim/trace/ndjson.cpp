#include "sim/trace/ndjson.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "sim/core/schemas.hpp"
#include "sim/metrics/display.hpp"

namespace lmsim::sim::trace {
namespace {

/// More than any line has besides its texts: at most 17 numbers of 20 digits and their keys.
constexpr std::size_t line_bytes = 768;
/// A byte of text becomes six at most: \u001B.
constexpr std::size_t escape_factor = 6;

}  // namespace

/// One line at the end of the buffer, which has room for it. The keys are written as they stand in
/// the file, with the comma before them.
class NdjsonWriter::Line {
  public:
    explicit Line(NdjsonWriter& writer, std::size_t text_bytes = 0)
        : writer_(writer), begin_(writer.room(line_bytes + escape_factor * text_bytes)) {
        at_ = begin_;
    }
    ~Line() {
        raw("}\n");
        writer_.used_ += static_cast<std::size_t>(at_ - begin_);
        ++writer_.records_;
    }
    Line(const Line&) = delete;
    Line& operator=(const Line&) = delete;

    template <std::size_t N>
    Line& raw(const char (&text)[N]) {
        std::memcpy(at_, text, N - 1);
        at_ += N - 1;
        return *this;
    }
    template <class T>
    Line& number(T value) {
        const fmt::format_int digits(value);
        std::memcpy(at_, digits.data(), digits.size());
        at_ += digits.size();
        return *this;
    }
    template <std::size_t N, class T>
    Line& field(const char (&key)[N], T value) {
        return raw(key).number(value);
    }
    template <std::size_t N>
    Line& time(const char (&key)[N], Ps value) {
        return value == not_reached ? raw(key).raw("null") : raw(key).number(value);
    }
    Line& side(Side side) {
        const std::string_view text = metrics::name(side);
        raw(",\"side\":\"");
        std::memcpy(at_, text.data(), text.size());
        at_ += text.size();
        return raw("\"");
    }
    Line& vf(Device vf) { return vf == no_device ? raw(",\"vf\":null") : field(",\"vf\":", vf); }
    template <std::size_t N>
    Line& text(const char (&key)[N], std::string_view value) {
        raw(key).raw("\"");
        const auto foreign = [](char c) { return static_cast<unsigned char>(c) >= 0x80; };
        if (std::any_of(value.begin(), value.end(), foreign)) {
            append(metrics::terminal_text(value));  // what is not UTF-8 would not be JSON
        } else {
            append(value);
        }
        return raw("\"");
    }

  private:
    void append(std::string_view value) {
        for (const char c : value) {
            if (c == '"' || c == '\\') {
                *at_++ = '\\';
                *at_++ = c;
            } else if (static_cast<unsigned char>(c) < 0x20) {
                at_ = fmt::format_to(at_, "\\u{:04X}", static_cast<unsigned>(c));
            } else {
                *at_++ = c;
            }
        }
    }

    NdjsonWriter& writer_;
    char* begin_;
    char* at_;
};

NdjsonWriter::NdjsonWriter(OutputFile file, const TraceHeader& header)
    : file_(std::move(file)), buffer_(new char[buffer_bytes]), capacity_(buffer_bytes) {
    {
        Line line(*this, header.version.size() + header.scenario.size());
        line.text("{\"schema\":", schema::Trace)
            .text(",\"version\":", header.version)
            .text(",\"scenario\":", header.scenario)
            .field(",\"seed\":", header.seed)
            .text(",\"time_base\":", header.time_base)
            .raw(",\"unit\":\"ps\"");
        if (header.vms > 1) {
            line.field(",\"vms\":", header.vms);
        }
    }
    records_ = 0;  // the header is none
}

NdjsonWriter::~NdjsonWriter() { close(); }

void NdjsonWriter::state(const StateRecord& record) {
    Line line(*this, record.machine.size() + record.state.size() + record.from.size() +
                         record.event.size() + record.rule.size());
    line.field("{\"t\":", record.at)
        .raw(",\"kind\":\"state\"")
        .side(record.side)
        .vf(record.vf)
        .text(",\"machine\":", record.machine)
        .text(",\"state\":", record.state);
    if (record.queue != no_queue) {
        line.field(",\"queue\":", record.queue);
    }
    if (!record.rule.empty()) {
        line.text(",\"from\":", record.from)
            .text(",\"event\":", record.event)
            .text(",\"rule\":", record.rule);
    }
}

void NdjsonWriter::command(const CommandRecord& record) {
    const Ps last =
        std::max(std::max(record.submit, record.fetch), std::max(record.post, record.complete));
    Line line(*this);
    line.field("{\"t\":", last)
        .raw(",\"kind\":\"command\"")
        .side(record.side)
        .vf(record.vf)
        .field(",\"qid\":", record.qid)
        .field(",\"cid\":", record.cid)
        .field(",\"opcode\":", record.opcode)
        .field(",\"slba\":", record.slba)
        .field(",\"length\":", record.length)
        .field(",\"status\":", record.status)
        .time(",\"submit\":", record.submit)
        .time(",\"fetch\":", record.fetch)
        .time(",\"post\":", record.post)
        .time(",\"complete\":", record.complete);
    if (record.qid == 0) {
        line.field(",\"cdw10\":", record.cdw10).field(",\"cdw11\":", record.cdw11);
    }
    if (record.for_vf != no_device) {
        line.field(",\"for_vf\":", record.for_vf);
    }
}

void NdjsonWriter::phase(const PhaseRecord& record) {
    Line line(*this, record.name.size() + record.detail.size());
    line.field("{\"t\":", record.at).raw(",\"kind\":\"phase\"").side(record.side).vf(record.vf);
    line.text(",\"name\":", record.name);
    if (record.begin) {
        line.raw(",\"edge\":\"begin\"");
    } else {
        line.raw(",\"edge\":\"end\"")
            .field(",\"error\":", record.error)
            .field(",\"amount\":", record.amount);
    }
    if (!record.detail.empty()) {
        line.text(",\"detail\":", record.detail);
    }
}

void NdjsonWriter::round(const RoundRecord& record) {
    Line(*this)
        .field("{\"t\":", record.at)
        .raw(",\"kind\":\"round\"")
        .field(",\"round\":", record.round)
        .field(",\"dirty_bytes\":", record.dirty_bytes)
        .field(",\"sent_bytes\":", record.sent_bytes);
}

void NdjsonWriter::log(const LogRecord& record) {
    Line line(*this, record.what.size() + record.place.size());
    line.field("{\"t\":", record.at)
        .raw(",\"kind\":\"log\"")
        .side(record.side)
        .vf(record.vf)
        .text(",\"what\":", record.what);
    if (!record.place.empty()) {
        line.text(",\"esa\":", record.place);
    }
    if (record.nsid != 0) {
        line.field(",\"nsid\":", record.nsid)
            .field(",\"slba\":", record.slba)
            .field(",\"blocks\":", record.blocks)
            .field(",\"deallocated\":", record.deallocated ? 1 : 0);
    }
}

void NdjsonWriter::link(const LinkRecord& record) {
    Line(*this, record.link.size())
        .field("{\"t\":", record.at)
        .raw(",\"kind\":\"link\"")
        .side(record.side)
        .text(",\"link\":", record.link)
        .field(",\"span\":", record.span)
        .field(",\"busy\":", record.busy);
}

void NdjsonWriter::seen(const SeenRecord& record) {
    const check::Observation& seen = record.seen;
    const std::string_view what = check::name(seen.what);
    Line line(*this, what.size());
    line.field("{\"t\":", record.at)
        .raw(",\"kind\":\"seen\"")
        .side(seen.host == check::source ? Side::Source : Side::Destination)
        .vf(seen.vf == check::no_vf ? no_device : Device{seen.vf})
        .text(",\"what\":", what);
    const auto maybe = [&line](const auto& key, std::uint64_t value) {
        if (value != 0) {
            line.field(key, value);
        }
    };
    maybe(",\"queue\":", seen.queue);
    maybe(",\"cid\":", seen.cid);
    maybe(",\"flags\":", seen.flags);
    maybe(",\"value\":", seen.value);
    maybe(",\"value2\":", seen.value2);
}

void NdjsonWriter::interrupt_lost(Ps at, Side side, Device vf) {
    Line(*this).field("{\"t\":", at).raw(",\"kind\":\"interrupt_lost\"").side(side).vf(vf);
}

void NdjsonWriter::note(Ps at, std::string_view text) {
    Line(*this, text.size())
        .field("{\"t\":", at)
        .raw(",\"kind\":\"note\"")
        .text(",\"text\":", text);
}

void NdjsonWriter::close() {
    flush();
    file_.close();
}

char* NdjsonWriter::room(std::size_t bytes) {
    if (capacity_ - used_ < bytes) {
        flush();
        if (capacity_ < bytes) {
            buffer_.reset(new char[bytes]);
            capacity_ = bytes;
        }
    }
    return buffer_.get() + used_;
}

void NdjsonWriter::flush() {
    file_.write({buffer_.get(), used_});
    used_ = 0;
}

}  // namespace lmsim::sim::trace
