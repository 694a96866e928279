#include "viz/sequence/chart.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "sim/metrics/display.hpp"
#include "viz/sequence/collect.hpp"
#include "viz/sequence/escape.hpp"
#include "viz/sequence/fold.hpp"
#include "viz/sequence/words.hpp"

namespace lmsim::viz {

using sim::Ps;
using sim::metrics::readable_time;
using sim::trace::Device;

namespace {

/// A time of which nothing is drawn is left out if it is at least this part of what is shown.
constexpr Ps parts_of_window = 100;

Ps at_of(const Entry& entry, const std::vector<Step>& steps) {
    const Step& step = steps[entry.step];
    return entry.edge == Edge::End ? step.end : step.at;
}

/// Puts steps between the others for the times in which nothing happens, and where the guest stops
/// or runs again: there the guest's I/O since the last one is told.
class IdleTimes {
  public:
    IdleTimes(Collector& collector, const Window& window)
        : collector_(collector),
          least_((window.to - window.from) / parts_of_window),
          last_(window.from),
          told_(window.from) {}

    std::vector<Entry> between(const std::vector<Entry>& entries, const Window& window) {
        for (const Entry& entry : entries) {
            const Ps at = at_of(entry, collector_.steps());
            gap(at);
            const bool turns = turns_guest(entry);
            if (turns && entry.edge != Edge::End) {
                tell(at, at, false);
            }
            result_.push_back(entry);
            last_ = std::max(last_, ends(entry));
            if (turns && entry.edge != Edge::Begin) {
                tell(last_, last_, false);
            }
        }
        gap(window.to);
        tell(window.to, window.to, false);
        return std::move(result_);
    }

    /// What the guest did in each; those that tell nothing go away.
    void take(const std::vector<IoSum>& sums, std::vector<Entry>& entries) const {
        std::vector<Step>& steps = collector_.steps();
        std::vector<Entry> kept;
        std::size_t next = 0;
        for (const Entry& entry : entries) {
            Step& step = steps[entry.step];
            if (step.kind == StepKind::Idle) {
                const IoSum sum = next < sums.size() ? sums[next] : IoSum{};
                ++next;
                if (sum.all() > 0) {
                    step.amount = next;
                    step.side =
                        sum.side[1] ? sim::trace::Side::Destination : sim::trace::Side::Source;
                    step.qid = sum.side[0] && sum.side[1] ? 1 : 0;  // on both sides
                } else if (!step.begun) {
                    continue;
                }
            }
            kept.push_back(entry);
        }
        entries = std::move(kept);
    }

    const std::vector<Ps>& ends_of_times() const { return ends_; }

  private:
    Ps ends(const Entry& entry) const {
        const Step& step = collector_.steps()[entry.step];
        const Ps at = at_of(entry, collector_.steps());
        return entry.edge == Edge::Both ? std::max(at, step.end) : at;
    }
    bool turns_guest(const Entry& entry) {
        const Step& step = collector_.steps()[entry.step];
        return step.kind == StepKind::Call &&
               viz::ends_of(step, collector_.names()).to == Who::Guest;
    }
    void gap(Ps until) {
        if (until > last_ && until - last_ >= least_) {
            tell(last_, until, true);
            last_ = until;
        }
    }
    void tell(Ps from, Ps to, bool is_gap) {
        Step step;
        step.kind = StepKind::Idle;
        step.at = from;
        step.end = to;
        step.begun = is_gap;
        step.extra = static_cast<std::uint64_t>(to - told_);
        told_ = to;
        result_.push_back({static_cast<std::uint32_t>(collector_.steps().size()), Edge::Both});
        collector_.steps().push_back(step);
        ends_.push_back(to);
    }

    Collector& collector_;
    Ps least_;
    Ps last_;  // what is drawn so far reaches to here
    Ps told_;  // the guest's I/O is told up to here
    std::vector<Entry> result_;
    std::vector<Ps> ends_;
};

/// Makes rows of items.
class RowMaker {
  public:
    RowMaker(Chart& chart, const std::vector<Entry>& entries, const std::vector<Step>& steps,
             const std::vector<IoSum>& sums, const Names& names, const SequenceRequest& request,
             const sim::trace::DeviceNames& devices)
        : chart_(chart),
          entries_(entries),
          steps_(steps),
          sums_(sums),
          names_(names),
          dialects_(request.dialect),
          devices_(devices),
          most_(request.most_rows) {}

    void make(const std::vector<Item>& items, unsigned depth = 0) {
        for (const Item& item : items) {
            if (depth == 0 && chart_.rows.size() >= most_) {
                chart_.left_out += 1;
                continue;
            }
            item.is_line() ? line(item, depth) : block(item, depth);
        }
    }

  private:
    /// The guest's own driver knows the standard alone.
    const spec::Rules& dialect(const Step& step) const {
        return step.kind == StepKind::Io ? standard_ : dialects_[is_source(step.side) ? 0 : 1];
    }

    static std::string times_words(const Item& item) {
        const Times times = times_of(item.spans);
        return times.max == 0
                   ? fmt::format("x{}", item.times)
                   : fmt::format("x{}, {} / {} / {}", item.times, readable_time(times.min),
                                 readable_time(times.median), readable_time(times.max));
    }

    void block(const Item& item, unsigned depth) {
        ChartRow row;
        row.kind = ChartRow::Kind::Fold;
        row.at = item.at;
        row.until = item.end;
        row.depth = depth;
        row.text = times_words(item);
        chart_.rows.push_back(row);
        make(item.body, depth + 1);
        row.kind = ChartRow::Kind::FoldEnd;
        row.text.clear();
        chart_.rows.push_back(row);
    }

    /// All steps that an item stands for as one: their VFs, and sums.
    Step together(const Item& item, std::vector<Device>& vfs, bool& alike) const {
        Step sum = steps_[entries_[item.entry].step];
        alike = true;
        const auto count = [&vfs](Device vf) {
            if (vf != sim::trace::no_device && (vfs.empty() || vfs.back() != vf)) {
                vfs.push_back(vf);
            }
        };
        count(sum.vf);
        for (const std::uint32_t index : item.more) {
            const Step& step = steps_[entries_[index].step];
            count(step.vf);
            alike = alike && step.cdw10 == sum.cdw10 && step.cdw11 == sum.cdw11 &&
                    (step.kind != StepKind::Log || step.amount == sum.amount);
            if (step.kind == StepKind::Call || step.kind == StepKind::Io) {
                sum.amount += step.amount;
            }
            sum.extra += step.kind == StepKind::Log ? step.extra : 0;
        }
        std::sort(vfs.begin(), vfs.end());
        vfs.erase(std::unique(vfs.begin(), vfs.end()), vfs.end());
        return sum;
    }

    void line(const Item& item, unsigned depth) {
        std::vector<Device> vfs;
        bool alike = true;
        const Step step = together(item, vfs, alike);
        if (step.kind == StepKind::Idle) {
            idle(item, step, depth);
            return;
        }
        const Edge edge = entries_[item.entry].edge;
        const bool answered = answers(step, names_);
        const Ends ends = ends_of(step, names_);
        std::string text = words(step, names_, dialect(step));
        if (!alike) {
            text = step.kind == StepKind::Log ? text.substr(0, text.find(", NSID")) +
                                                    fmt::format(", {} blocks", grouped(step.extra))
                                              : text.substr(0, text.find(", C"));
        }
        ChartRow row;
        row.depth = depth;
        row.at = item.at;
        row.until = item.end;
        row.from = ends.from;
        row.to = ends.to;
        row.bad = is_bad(step) && edge != Edge::Begin;
        row.lost = step.kind == StepKind::LostInterrupt;
        row.text = vf_words(vfs, devices_) + text;
        const bool arrow = ends.from != ends.to && step.kind != StepKind::Note;
        row.kind = arrow ? ChartRow::Kind::Arrow : ChartRow::Kind::Note;
        if (answered && edge == Edge::Both) {
            row.kind = ChartRow::Kind::RoundTrip;
            row.answer = answer_words(step, names_, dialect(step)) + took(item, step);
        } else if (edge == Edge::End) {
            std::swap(row.from, row.to);
            row.back = true;
            row.text = vf_words(vfs, devices_) + text.substr(0, text.find(": ")) + ": " +
                       answer_words(step, names_, dialect(step)) + took(item, step);
        } else {
            row.text += tail(item, step, edge);
            row.lost = row.lost || (answered && step.end == sim::trace::not_reached);
        }
        row.text = one_way(row.text);
        chart_.rows.push_back(std::move(row));
    }

    /// Of what is drawn by one arrow or note: how much and how long.
    std::string tail(const Item& item, const Step& step, Edge edge) const {
        if (answers(step, names_)) {
            const bool lost = step.end == sim::trace::not_reached;
            return (lost ? ": " + answer_words(step, names_, dialect(step)) : "") +
                   (item.times > 1 ? fmt::format(" x{}", item.times) : "");
        }
        const std::string how_much = answer_words(step, names_, dialect(step));
        std::string text = how_much.empty() ? "" : (step.error != 0 ? ": " : ", ") + how_much;
        if (edge != Edge::Begin || step.end <= step.at) {
            return text + (item.times > 1 ? fmt::format(" x{}", item.times) : "");
        }
        return text + took(item, step);
    }

    /// How long what is answered took; of several, the shortest, the median and the longest.
    std::string took(const Item& item, const Step& step) const {
        if (!step.begun) {
            return "";
        }
        std::vector<Ps> spans{step.end - step.at};
        for (const std::uint32_t index : item.more) {
            const Step& other = steps_[entries_[index].step];
            if (other.begun) spans.push_back(other.end - other.at);
        }
        const std::string count = item.times > 1 ? fmt::format(" x{}", item.times) : "";
        if (spans.size() == 1) {
            return fmt::format(", {}{}", readable_time(std::max<Ps>(spans[0], 0)), count);
        }
        for (Ps& span : spans) span = std::max<Ps>(span, 0);
        const Times times = times_of(spans);
        return fmt::format("{}, {} / {} / {}", count, readable_time(times.min),
                           readable_time(times.median), readable_time(times.max));
    }

    void idle(const Item& item, const Step& step, unsigned depth) {
        ChartRow row;
        row.kind = ChartRow::Kind::Idle;
        row.depth = depth;
        row.at = item.at;
        row.until = item.end;
        row.gap = step.begun;
        row.from = step.qid != 0 || is_source(step.side) ? Who::SourceVf : Who::Guest;
        row.to = step.qid != 0 || !is_source(step.side) ? Who::DestinationVf : Who::Media;
        IoSum sum = step.amount == 0 ? IoSum{} : sums_[step.amount - 1];
        std::uint64_t time = step.extra;
        std::vector<Ps> gaps{step.end - step.at};
        for (const std::uint32_t index : item.more) {
            const Step& other = steps_[entries_[index].step];
            sum.add(other.amount == 0 ? IoSum{} : sums_[other.amount - 1]);
            time += other.extra;
            gaps.push_back(other.end - other.at);
        }
        row.until = row.at + times_of(gaps).median;
        if (sum.all() > 0) {
            row.text = fmt::format("guest I/O: {} in {}", io_words(sum),
                                   readable_time(static_cast<Ps>(time)));
        }
        chart_.rows.push_back(std::move(row));
    }

    Chart& chart_;
    const std::vector<Entry>& entries_;
    const std::vector<Step>& steps_;
    const std::vector<IoSum>& sums_;
    const Names& names_;
    const spec::Rules standard_ = spec::Rules::ratified();
    const std::array<spec::Rules, 2>& dialects_;
    const sim::trace::DeviceNames& devices_;
    std::size_t most_;
};

std::string vf_lifeline(const std::vector<Device>& vfs, const sim::trace::DeviceNames& devices) {
    return vfs.empty() ? "VF" : devices.names(vfs);
}

/// Those that a row touches.
void add_lifelines(Chart& chart, const std::vector<Device>& vfs,
                   const sim::trace::DeviceNames& devices) {
    bool used[who_count] = {};
    for (const ChartRow& row : chart.rows) {
        const bool wide = row.kind == ChartRow::Kind::Note && row.from != row.to;
        if (row.kind == ChartRow::Kind::Idle && !row.text.empty()) {
            for (auto i = static_cast<std::size_t>(row.from); i <= static_cast<std::size_t>(row.to);
                 ++i) {
                used[i] = true;
            }
        } else if (row.kind <= ChartRow::Kind::Note && !wide) {
            used[static_cast<std::size_t>(row.from)] = true;
            used[static_cast<std::size_t>(row.to)] = true;
        }
    }
    used[0] = true;
    used[who_count - 1] = true;
    const std::string vf = vf_lifeline(vfs, devices);
    const std::string names[who_count] = {"VMM",   "driver", "PF", vf,       "guest",
                                          "media", vf,       "PF", "driver", "VMM"};
    for (std::size_t i = 0; i < who_count; ++i) {
        if (used[i]) {
            chart.lifelines.push_back({static_cast<Who>(i), names[i]});
        }
    }
}

void add_spans(Chart& chart, const std::vector<Span>& spans, const sim::trace::RunInfo& run) {
    const auto shown = [&](const Span& span) {
        return span.begin < chart.window.to && span.end > chart.window.from;
    };
    for (const Span& span : spans) {
        if (span.name == "migration" || span.name == "run" || !shown(span)) {
            continue;
        }
        if (span.name != "downtime") {
            chart.phases.push_back(span);
            continue;
        }
        chart.downtime = span;
        chart.downtime->name = run.downtime_ended ? "downtime " + readable_time(run.downtime)
                                                  : "downtime without an end";
    }
}

void add_texts(Chart& chart, const sim::trace::RunInfo& run, const SequenceRequest& request) {
    const std::string name = run.scenario.empty() ? "a scenario without a name" : run.scenario;
    chart.title = one_way(fmt::format("{}, seed {}", name, run.seed));
    chart.subtitle =
        fmt::format("{}: {}; shown: {} to {}{}", run.outcome, run.reason,
                    chart_time(chart, chart.window.from), chart_time(chart, chart.window.to),
                    request.fold ? "; x3, a / b / c: 3 times, the shortest, the "
                                   "median and the longest"
                                 : "");
    chart.description = fmt::format(
        "Sequence chart of a live migration, time runs down and is not to scale. {} "
        "{}: {}. {} rows.",
        chart.title, run.outcome, run.reason, chart.rows.size());
    chart.subtitle = one_way(chart.subtitle);
    chart.description = one_way(chart.description);
}

sim::Result<Choice> choose(const Survey& survey, const sim::trace::RunInfo& run,
                           const SequenceRequest& request) {
    Choice choice;
    choice.each_io = !request.fold;
    const auto window = parse_window(request.from, request.to, survey.spans(run));
    if (!window) {
        return sim::Failure{window.error()};
    }
    choice.window = window.value();
    if (request.vf) {
        const auto vfs = survey.vfs();
        choice.vf = static_cast<Device>(std::min<std::uint32_t>(*request.vf, INT32_MAX));
        if (std::find(vfs.begin(), vfs.end(), *choice.vf) == vfs.end()) {
            const std::string there = vf_lifeline(vfs, run.devices);
            return sim::Failure{fmt::format("--vf: this run has no VF {}; it has {}", *request.vf,
                                            vfs.empty() ? "none" : there)};
        }
    }
    return choice;
}

}  // namespace

sim::Result<Chart> sequence_chart(const sim::trace::RunInfo& run, const SequenceRequest& request) {
    Survey survey;
    const auto surveyed = sim::trace::read_trace(run.trace(), survey);
    if (!surveyed) {
        return sim::Failure{surveyed.error()};
    }
    return sequence_chart(run, request, survey);
}

sim::Result<Chart> sequence_chart(const sim::trace::RunInfo& run, const SequenceRequest& request,
                                  const Survey& survey) {
    const auto choice = choose(survey, run, request);
    if (!choice) {
        return sim::Failure{choice.error()};
    }
    Chart chart;
    chart.window = choice.value().window;
    Collector collector(choice.value());
    if (const auto read = sim::trace::read_trace(run.trace(), collector); !read) {
        return sim::Failure{read.error()};
    }
    IdleTimes idle(collector, chart.window);
    std::vector<Entry> entries = idle.between(collector.entries(), chart.window);
    IoCounter counter(choice.value(), idle.ends_of_times());
    if (!collector.has_each_io()) {
        if (const auto read = sim::trace::read_trace(run.trace(), counter); !read) {
            return sim::Failure{read.error()};
        }
    }
    idle.take(counter.sums(), entries);
    std::vector<Item> items = lines(entries, collector.steps(), collector.names(),
                                    request.fold ? entries.size() : request.most_rows);
    if (request.fold) {
        fold(items);
    } else {
        chart.left_out = entries.size() - items.size();
    }
    RowMaker(chart, entries, collector.steps(), counter.sums(), collector.names(), request,
             run.devices)
        .make(items);
    const auto vfs = choice.value().vf ? std::vector<Device>{*choice.value().vf} : survey.vfs();
    add_lifelines(chart, vfs, run.devices);
    add_spans(chart, survey.spans(run), run);
    add_texts(chart, run, request);
    return chart;
}

RowRange rows_within(const Chart& chart, const Span& span, bool with_end) {
    RowRange range{chart.rows.size(), 0};
    for (std::size_t i = 0; i < chart.rows.size(); ++i) {
        const ChartRow& row = chart.rows[i];
        // An answer at the very edge is one to what was asked before it.
        const bool before = row.at < span.begin || (row.at == span.begin && row.back);
        const bool behind = row.at > span.end || (row.at == span.end && !row.back && !with_end);
        if (row.depth > 0 || row.kind == ChartRow::Kind::FoldEnd || before || behind ||
            (row.kind == ChartRow::Kind::Idle && row.until > span.end)) {
            continue;
        }
        std::size_t last = i + 1;
        while (last < chart.rows.size() &&
               (chart.rows[last].depth > 0 || (row.kind == ChartRow::Kind::Fold && last > i &&
                                               chart.rows[last].kind == ChartRow::Kind::FoldEnd))) {
            ++last;
        }
        range.first = std::min(range.first, i);
        range.last = std::max(range.last, last);
    }
    return range;
}

std::string chart_time(const Chart& chart, Ps at) {
    struct Unit {
        Ps size;
        const char* name;
    };
    constexpr Unit units[] = {
        {1'000'000'000'000, "s"}, {1'000'000'000, "ms"}, {1'000'000, "us"}, {1'000, "ns"}};
    const Ps span = chart.window.to - chart.window.from;
    const Unit* unit = std::begin(units);
    while (unit + 1 != std::end(units) && span / 10 < unit->size) ++unit;
    const auto thousandths = static_cast<std::uint64_t>(at / (unit->size / 1'000));
    return fmt::format("{}.{:03} {}", grouped(thousandths / 1'000), thousandths % 1'000,
                       unit->name);
}

std::string_view who_id(Who who) {
    constexpr std::string_view ids[who_count] = {"src_vmm",    "src_driver", "src_pf", "src_vf",
                                                 "guest",      "media",      "dst_vf", "dst_pf",
                                                 "dst_driver", "dst_vmm"};
    return ids[static_cast<std::size_t>(who)];
}

}  // namespace lmsim::viz
