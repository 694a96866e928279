#include <fmt/format.h>

#include <algorithm>

#include "sim/metrics/display.hpp"
#include "viz/diagram/escape.hpp"
#include "viz/sequence/chart/layout.hpp"
#include "viz/sequence/chart/svg.hpp"

namespace lmsim::viz::seq {

namespace {

/// What a format writes for the parts of a chart.
class Script {
  public:
    virtual ~Script() = default;
    virtual void begin(const SequenceChart& chart) = 0;
    virtual void participant(const Lifeline& line, std::size_t number) = 0;
    virtual void host(Side side) = 0;
    virtual void arrow(std::size_t from, std::size_t to, bool answer, bool failed,
                       const std::string& text) = 0;
    virtual void note(std::size_t first, std::size_t last, const std::string& text) = 0;
    virtual void loop(const std::string& text) = 0;
    virtual void downtime(const std::string& text) = 0;
    virtual void end() = 0;
    virtual void across(const std::string& text, bool phase) = 0;
    virtual void finish() {}

    std::string out;
};

class Mermaid : public Script {
  public:
    void begin(const SequenceChart& chart) override {
        last_ = chart.lifelines.empty() ? 0 : chart.lifelines.size() - 1;
        out += fmt::format("---\ntitle: \"{}\"\n---\nsequenceDiagram\n", yaml_text(chart.title));
        for (const std::string& remark : chart.remarks) {
            out += fmt::format("    %% {}\n", mermaid_text(remark));
        }
    }
    void participant(const Lifeline& line, std::size_t number) override {
        out += fmt::format("    participant L{} as {}\n", number, mermaid_text(line.full_name()));
    }
    void host(Side side) override {
        out += fmt::format("    box {}\n", mermaid_text(sim::metrics::name(side)));
    }
    void arrow(std::size_t from, std::size_t to, bool answer, bool failed,
               const std::string& text) override {
        const char* head = failed ? "x" : ">>";
        out += fmt::format("    L{}{}{}L{}: {}\n", from, answer ? "--" : "-", head, to,
                           mermaid_text(text));
    }
    void note(std::size_t first, std::size_t last, const std::string& text) override {
        const std::string over =
            first == last ? fmt::format("L{}", first) : fmt::format("L{},L{}", first, last);
        out += fmt::format("    Note over {}: {}\n", over, mermaid_text(text));
    }
    void loop(const std::string& text) override {
        out += fmt::format("    loop {}\n", mermaid_text(text));
    }
    void downtime(const std::string& text) override {
        out += "    rect rgb(246, 220, 220)\n";
        note(0, last_, text);
    }
    void end() override { out += "    end\n"; }
    void across(const std::string& text, bool phase) override {
        note(0, last_, phase ? "phase " + text : text);
    }

  private:
    std::size_t last_ = 0;
};

class Plantuml : public Script {
  public:
    void begin(const SequenceChart& chart) override {
        out += fmt::format("@startuml\nhide footbox\ntitle {}\n", plantuml_text(chart.title));
        for (const std::string& remark : chart.remarks) {
            out += fmt::format("' {}\n", plantuml_text(remark));
        }
    }
    void participant(const Lifeline& line, std::size_t number) override {
        out += fmt::format("participant \"{}\" as L{}\n", plantuml_text(line.full_name()), number);
    }
    void host(Side side) override {
        in_box_ = true;
        out += fmt::format("box \"{}\"\n", plantuml_text(sim::metrics::name(side)));
    }
    void arrow(std::size_t from, std::size_t to, bool answer, bool failed,
               const std::string& text) override {
        const char* color = failed ? "[#B00020]" : "";
        out += fmt::format("L{} {} L{} : {}\n", from,
                           answer ? fmt::format("-{}->", color) : fmt::format("-{}>", color), to,
                           plantuml_text(text));
    }
    void note(std::size_t first, std::size_t last, const std::string& text) override {
        const std::string over =
            first == last ? fmt::format("L{}", first) : fmt::format("L{}, L{}", first, last);
        out += fmt::format("note over {} : {}\n", over, plantuml_text(text));
    }
    void loop(const std::string& text) override {
        out += fmt::format("loop {}\n", plantuml_text(text));
    }
    void downtime(const std::string& text) override {
        out += fmt::format("group #F6DCDC {}\n", plantuml_text(text));
    }
    void end() override {
        out += in_box_ ? "end box\n" : "end\n";
        in_box_ = false;
    }
    void across(const std::string& text, bool phase) override {
        out += fmt::format(phase ? "== {} ==\n" : "...{}...\n", plantuml_text(text));
    }
    void finish() override { out += "@enduml\n"; }

  private:
    bool in_box_ = false;
};

class Writer {
  public:
    Writer(const SequenceChart& chart, Script& script) : chart_(chart), script_(script) {}

    void write() {
        script_.begin(chart_);
        participants();
        const std::vector<ChartRow> all = rows(chart_);
        const std::vector<Ps> broken = breaks(all);
        for (std::size_t row = 0; row < all.size(); ++row) {
            const std::size_t loop = all[row].loop;
            const bool joins = row > 0 && loop != ChartRow::no_loop && all[row - 1].loop == loop;
            if (!joins) {
                between(all[row], broken[row]);
                if (loop != ChartRow::no_loop) {
                    script_.loop(chart_.loops[loop].text());
                }
            }
            line(all[row]);
            const bool last = row + 1 == all.size() || all[row + 1].loop != loop;
            if (loop != ChartRow::no_loop && last) {
                script_.end();
            }
        }
        if (still_) {
            script_.end();
        }
        script_.finish();
    }

  private:
    void participants() {
        for (std::size_t number = 0; number < chart_.lifelines.size(); ++number) {
            const Side side = chart_.lifelines[number].side;
            const bool first = number == 0 || chart_.lifelines[number - 1].side != side;
            if (first) {
                script_.host(side);
            }
            script_.participant(chart_.lifelines[number], number);
            if (number + 1 == chart_.lifelines.size() ||
                chart_.lifelines[number + 1].side != side) {
                script_.end();
            }
        }
    }

    /// What begins and ends before a row outside of loops.
    void between(const ChartRow& row, Ps pause) {
        if (still_ && row.after(chart_.downtimes[downtime_])) {
            script_.end();
            still_ = false;
            ++downtime_;
        }
        if (pause > 0) {
            script_.across(sim::metrics::readable_time(pause), false);
        }
        for (; phase_ < chart_.phases.size() && !row.before(chart_.phases[phase_]); ++phase_) {
            script_.across(chart_.phases[phase_].label, true);
        }
        while (!still_ && downtime_ < chart_.downtimes.size() &&
               !row.before(chart_.downtimes[downtime_])) {
            still_ = !row.after(chart_.downtimes[downtime_]);
            if (still_) {
                script_.downtime(downtime_text(chart_.downtimes[downtime_]));
            } else {
                ++downtime_;
            }
        }
    }

    void line(const ChartRow& row) {
        const ChartItem& item = chart_.items[row.item];
        const std::string text = axis_time(row.at, 6) + " " + row.text(chart_);
        const bool answer = row.part == ChartRow::Part::Answer;
        const bool exchange = item.kind == ChartItem::Kind::Exchange;
        if (!exchange && item.kind != ChartItem::Kind::Sending) {
            script_.note(std::min(item.from, item.to), std::max(item.from, item.to), text);
            return;
        }
        const bool failed = item.failed && row.part != ChartRow::Part::Call;
        script_.arrow(answer ? item.to : item.from, answer ? item.from : item.to, answer, failed,
                      text);
    }

    const SequenceChart& chart_;
    Script& script_;
    std::size_t phase_ = 0;
    std::size_t downtime_ = 0;
    bool still_ = false;
};

std::string written(const SequenceChart& chart, Script&& script) {
    Writer(chart, script).write();
    return script.out;
}

}  // namespace

std::string mermaid(const SequenceChart& chart) { return written(chart, Mermaid()); }

std::string plantuml(const SequenceChart& chart) { return written(chart, Plantuml()); }

}  // namespace lmsim::viz::seq
