#include "viz/sequence/chart/chart.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/metrics/display.hpp"

namespace lmsim::viz::seq {

using sim::metrics::plural;
using sim::metrics::readable_bytes;
using sim::metrics::readable_time;

std::string Lifeline::name() const {
    switch (role) {
        case Role::Vmm: return "VMM";
        case Role::Driver: return "driver";
        case Role::Pf: return "PF";
        case Role::Vf: return fmt::format("VF {}", vf);
        case Role::Guest: return "guest";
        case Role::Media: return "media";
    }
    return "";
}

std::string Lifeline::full_name() const {
    const bool alone = role == Role::Guest || role == Role::Media;
    return alone ? name() : fmt::format("{} {}", sim::metrics::name(side), name());
}

void IoCount::add(const IoCount& more) {
    reads += more.reads;
    writes += more.writes;
    others += more.others;
    bytes += more.bytes;
    failed += more.failed;
    changes += more.changes;
}

namespace {

void append(std::string& text, const std::string& more) {
    text += (text.empty() ? "" : ", ") + more;
}

std::string io_text(const IoCount& io) {
    std::string text;
    const auto part = [&](std::uint64_t count, const char* noun) {
        if (count > 0) {
            append(text, plural(count, noun));
        }
    };
    part(io.reads, "read");
    part(io.writes, "write");
    part(io.others, "other command");
    if (io.bytes > 0) {
        append(text, readable_bytes(io.bytes));
    }
    if (io.failed > 0) {
        append(text, fmt::format("{} failed", io.failed));
    }
    if (io.changes > 0) {
        append(text, fmt::format("{} logged", plural(io.changes, "change")));
    }
    return text;
}

std::string spread(Ps shortest, Ps median, Ps longest) {
    return shortest == longest ? readable_time(median)
                               : fmt::format("min {}, median {}, max {}", readable_time(shortest),
                                             readable_time(median), readable_time(longest));
}

}  // namespace

std::string ChartItem::call_text() const {
    if (kind == Kind::Io) {
        const bool guest = io.reads + io.writes + io.others > 0;
        return (guest ? "guest I/O: " : "") + io_text(io);
    }
    std::string text = label;
    if (first_vf != sim::trace::no_device) {
        append(text, first_vf == last_vf ? fmt::format("VF {}", first_vf)
                                         : fmt::format("VF {} to {}", first_vf, last_vf));
    }
    return text;
}

std::string ChartItem::answer_text() const {
    std::string text = end == sim::trace::not_reached ? "no answer" : answer;
    if (bytes > 0) {
        append(text, readable_bytes(bytes));
    }
    if (times > 1) {
        append(text, spread(shortest, median, longest));
    }
    return text;
}

std::string ChartLoop::text() const {
    return fmt::format("x {} in {}, each {}", times, readable_time(std::max<Ps>(end - begin, 0)),
                       spread(shortest, median, longest));
}

std::string ChartRow::text(const SequenceChart& chart) const {
    const ChartItem& of = chart.items[item];
    if (part == Part::Answer) {
        return of.answer_text();
    }
    std::string text = of.call_text();
    const bool exchange = of.kind == ChartItem::Kind::Exchange;
    if (part == Part::Whole && (exchange || of.kind == ChartItem::Kind::Sending)) {
        const std::string answer = of.answer_text();
        if (!answer.empty()) {
            append(text, answer);
        }
    }
    const bool takes_time = part == Part::Whole && of.kind != ChartItem::Kind::Note;
    if (takes_time && of.times == 1 && of.duration() > 0) {
        append(text, readable_time(of.duration()));
    }
    return text;
}

namespace {

void place(const SequenceChart& chart, std::size_t item, std::vector<ChartRow>& placed) {
    const ChartItem& of = chart.items[item];
    const auto inside = [&](Ps at) { return at >= chart.from && at <= chart.to; };
    const auto put = [&](Ps at, ChartRow::Part part, std::uint64_t order) {
        placed.push_back({at, part, item, ChartRow::no_loop, order});
    };
    if (of.kind != ChartItem::Kind::Exchange || of.from == of.to) {
        // What began before the window is shown at its begin.
        put(std::clamp(of.at, chart.from, chart.to), ChartRow::Part::Whole, of.order);
        return;
    }
    if (inside(of.at)) {
        put(of.at, ChartRow::Part::Call, of.order);
    }
    if (of.end == sim::trace::not_reached && inside(of.at)) {
        put(chart.to, ChartRow::Part::Answer, of.end_order);
    } else if (inside(of.end)) {
        put(of.end, ChartRow::Part::Answer, of.end_order);
    }
}

}  // namespace

std::vector<ChartRow> rows(const SequenceChart& chart) {
    std::vector<ChartRow> placed;
    for (std::size_t item = 0; item < chart.items.size(); ++item) {
        place(chart, item, placed);
    }
    std::stable_sort(placed.begin(), placed.end(), [](const ChartRow& a, const ChartRow& b) {
        return std::tie(a.at, a.order) < std::tie(b.at, b.order);
    });
    std::vector<std::size_t> loop_of(chart.items.size(), ChartRow::no_loop);
    std::vector<std::vector<ChartRow>> of_loop(chart.loops.size());
    for (std::size_t loop = 0; loop < chart.loops.size(); ++loop) {
        const ChartLoop& of = chart.loops[loop];
        std::fill_n(loop_of.begin() + static_cast<std::ptrdiff_t>(of.first), of.items, loop);
    }
    for (ChartRow& one : placed) {
        one.loop = loop_of[one.item];
        if (one.loop != ChartRow::no_loop) {
            of_loop[one.loop].push_back(one);
        }
    }
    std::vector<ChartRow> out;
    out.reserve(placed.size());
    for (const ChartRow& one : placed) {
        if (one.loop == ChartRow::no_loop) {
            out.push_back(one);
            continue;
        }
        std::vector<ChartRow>& together = of_loop[one.loop];
        out.insert(out.end(), together.begin(), together.end());
        together.clear();
    }
    return out;
}

std::string axis_time(Ps at, unsigned decimals) {
    const Ps ns = at / 1'000;
    const std::string digits = fmt::format("{:06}", ns % 1'000'000);
    return fmt::format("{}.{} ms", ns / 1'000'000, digits.substr(0, decimals));
}

std::string shortened(const std::string& text, std::size_t letters) {
    std::size_t seen = 0;
    std::size_t cut = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if ((static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U) {
            continue;
        }
        if (seen + 3 == letters) {
            cut = at;
        }
        if (seen++ == letters) {
            return text.substr(0, cut) + "...";
        }
    }
    return text;
}

std::string downtime_text(const ChartSpan& span) {
    return "the guest stands still for " + readable_time(std::max<Ps>(span.end - span.begin, 0));
}

}  // namespace lmsim::viz::seq
