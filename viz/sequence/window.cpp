#include "viz/sequence/window.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/core/text.hpp"
#include "sim/core/units.hpp"
#include "sim/metrics/display.hpp"

namespace lmsim::viz {

using sim::Ps;
using sim::trace::Device;

void Survey::reach(Ps at, Device vf) {
    reach(at);
    if (vf < 0) {
        return;
    }
    const auto index = static_cast<std::size_t>(vf);
    if (vfs_.size() <= index) {
        vfs_.resize(index + 1);
    }
    vfs_[index] = true;
}

/// The story has come to another phase.
void Survey::turn(Ps at) {
    if (open_) {
        phases_.back().end = at;
    }
    open_ = !story_.phase().empty();
    if (open_) {
        phases_.push_back({std::string(story_.phase()), at, at});
    }
}

void Survey::state(const sim::trace::StateRecord& record) {
    reach(record.at, record.vf);
    if (story_.take(record).phase) {
        turn(record.at);
    }
}

void Survey::phase(const sim::trace::PhaseRecord& record) {
    reach(record.at, record.vf);
    if (story_.take(record).phase) {
        turn(record.at);
    }
}

void Survey::command(const sim::trace::CommandRecord& record) {
    reach(std::max(std::max(record.submit, record.fetch), std::max(record.post, record.complete)),
          record.vf);
}

void Survey::log(const sim::trace::LogRecord& record) { reach(record.at, record.vf); }

void Survey::interrupt_lost(Ps at, sim::trace::Side, Device vf) { reach(at, vf); }

std::vector<Device> Survey::vfs() const {
    std::vector<Device> list;
    for (std::size_t i = 0; i < vfs_.size(); ++i) {
        if (vfs_[i]) {
            list.push_back(static_cast<Device>(i));
        }
    }
    return list;
}

std::vector<Span> Survey::spans(const sim::trace::RunInfo& run) const {
    std::vector<Span> spans;
    if (!phases_.empty()) {
        spans.push_back({"boot", 0, phases_.front().begin});
        spans.insert(spans.end(), phases_.begin(), phases_.end());
        if (open_) {
            spans.back().end = end_;
        }
        spans.push_back({"migration", phases_.front().begin, spans.back().end});
    }
    if (run.downtime > 0) {
        const Ps room = sim::ps_never - run.downtime_begin;
        const Ps end = run.downtime_begin + std::min(run.downtime, room);
        spans.push_back({"downtime", run.downtime_begin, run.downtime_ended ? end : end_});
    }
    spans.push_back({"run", 0, end_});
    return spans;
}

namespace {

const Span* find(const std::vector<Span>& spans, std::string_view name) {
    for (const Span& span : spans) {
        if (span.name == name) {
            return &span;
        }
    }
    return nullptr;
}

/// Of --from or --to: a time, or a name.
sim::Result<Ps> parse_end(const char* option, std::string_view text, bool begin,
                          const std::vector<Span>& spans) {
    constexpr std::string_view number = "0123456789+-.";
    if (!text.empty() && number.find(text.front()) != std::string_view::npos) {
        const auto time = sim::parse<sim::Time>(text);
        if (!time) {
            return sim::Failure{fmt::format("{}: {}", option, time.error())};
        }
        return time.value().ps;
    }
    if (const Span* span = find(spans, text)) {
        return begin ? span->begin : span->end;
    }
    std::vector<std::string> names;
    for (const Span& span : spans) names.push_back(span.name);
    const std::string near = sim::nearest(text, names);
    return sim::Failure{fmt::format(
        "{}: {} is no time such as \"350ms\" and no part of this run{}; its parts are {}", option,
        sim::in_quotes(text), near.empty() ? "" : ", did you mean " + near + "?",
        sim::joined(names))};
}

}  // namespace

sim::Result<Window> parse_window(std::string_view from, std::string_view to,
                                 const std::vector<Span>& spans) {
    const std::string_view whole = find(spans, "migration") != nullptr ? "migration" : "run";
    const auto begin = parse_end("--from", from.empty() ? whole : from, true, spans);
    if (!begin) {
        return sim::Failure{begin.error()};
    }
    const auto end = parse_end("--to", to.empty() ? whole : to, false, spans);
    if (!end) {
        return sim::Failure{end.error()};
    }
    Window window{begin.value(), end.value()};
    const Ps last = find(spans, "run")->end;
    using sim::metrics::readable_time;
    if (window.from > last) {
        return sim::Failure{fmt::format("--from: {} is behind the end of the run, {}",
                                        readable_time(window.from), readable_time(last))};
    }
    // Each alone goes with the migration, unless that lies on the other side.
    if (window.from > window.to && to.empty()) {
        window.to = last;
    }
    if (window.from > window.to && from.empty()) {
        window.from = 0;
    }
    if (window.from > window.to) {
        return sim::Failure{fmt::format("--from: {} is behind --to, {}; expected an earlier time",
                                        readable_time(window.from), readable_time(window.to))};
    }
    window.to = std::min(window.to, last);
    return window;
}

}  // namespace lmsim::viz
