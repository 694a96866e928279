#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "sim/metrics/display.hpp"
#include "viz/diagram/escape.hpp"
#include "viz/sequence/chart.hpp"
#include "viz/sequence/escape.hpp"

namespace lmsim::viz {

using sim::metrics::readable_time;

namespace {

bool of_source(Who who) { return who <= Who::SourceVf; }
bool of_destination(Who who) { return who >= Who::DestinationVf; }

/// What both text formats do: a line for each row, blocks around folds and the downtime.
class TextChart {
  public:
    explicit TextChart(const Chart& chart) : chart_(chart) {
        if (chart.downtime) {
            downtime_ = rows_within(chart, *chart.downtime, false);
        }
        for (const Span& phase : chart.phases) {
            const RowRange range = rows_within(chart, phase, phase.end == chart.phases.back().end);
            if (!range.empty()) {
                phases_.emplace_back(range.first, &phase.name);
            }
        }
    }
    virtual ~TextChart() = default;
    TextChart(const TextChart&) = delete;
    TextChart& operator=(const TextChart&) = delete;

    std::string text() {
        head();
        participants();
        for (std::size_t i = 0; i < chart_.rows.size(); ++i) {
            if (!downtime_.empty() && i == downtime_.first) {
                shade(chart_.downtime->name);
                ++indent_;
            }
            for (const auto& [row, name] : phases_) {
                if (row == i) phase(*name);
            }
            row(chart_.rows[i]);
            if (!downtime_.empty() && i + 1 == downtime_.last) {
                --indent_;
                end();
            }
        }
        if (chart_.left_out > 0) {
            over(chart_.lifelines.front().who, chart_.lifelines.back().who,
                 fmt::format("{} more lines follow", chart_.left_out));
        }
        tail();
        return std::move(out_);
    }

  protected:
    virtual void head() = 0;
    virtual void tail() {}
    virtual void box(const char* name, const char* color) = 0;
    virtual void box_end() = 0;
    virtual void participant(const Lifeline& lifeline) = 0;
    virtual void shade(const std::string& name) = 0;
    virtual void phase(const std::string& name) = 0;
    virtual void loop(const std::string& text) = 0;
    virtual void end() { line("end"); }
    virtual void message(const ChartRow& row, Who from, Who to, bool back,
                         const std::string& text) = 0;
    virtual void over(Who from, Who to, const std::string& text) = 0;
    virtual void idle(const std::string& text) = 0;

    void line(const std::string& text) {
        out_.append(4 * static_cast<std::size_t>(indent_), ' ').append(text).append("\n");
    }
    std::string at(const ChartRow& row) const { return chart_time(chart_, row.at) + "  "; }

    const Chart& chart_;
    int indent_ = 0;
    std::string out_;

  private:
    void participants() {
        bool source = false;
        bool destination = false;
        for (const Lifeline& lifeline : chart_.lifelines) {
            if (of_source(lifeline.who) && !source) box("source", "#F3F7FC");
            if (!of_source(lifeline.who) && source) box_end();
            source = of_source(lifeline.who);
            if (of_destination(lifeline.who) && !destination) box("destination", "#F3FAF5");
            destination = of_destination(lifeline.who);
            participant(lifeline);
        }
        if (source || destination) box_end();
    }

    void row(const ChartRow& row) {
        switch (row.kind) {
            case ChartRow::Kind::Arrow:
                message(row, row.from, row.to, row.back, at(row) + row.text);
                break;
            case ChartRow::Kind::RoundTrip:
                message(row, row.from, row.to, false, at(row) + row.text);
                message(row, row.to, row.from, true, row.answer);
                break;
            case ChartRow::Kind::Note: over(row.from, row.to, at(row) + row.text); break;
            case ChartRow::Kind::Idle:
                if (row.gap) idle(readable_time(row.until - row.at));
                if (!row.text.empty()) over(row.from, row.to, row.text);
                break;
            case ChartRow::Kind::Fold:
                loop(row.text);
                ++indent_;
                break;
            case ChartRow::Kind::FoldEnd:
                --indent_;
                end();
                break;
        }
    }

    RowRange downtime_;
    std::vector<std::pair<std::size_t, const std::string*>> phases_;
};

class Mermaid final : public TextChart {
  public:
    using TextChart::TextChart;

  private:
    void head() override {
        line("---");
        line(fmt::format("title: \"{}\"", yaml_text(chart_.title)));
        line("---");
        line("sequenceDiagram");
        indent_ = 1;
        line("accDescr: " + mermaid_message(chart_.description));
    }
    void box(const char* name, const char* color) override {
        const auto channel = [color](int i) {
            return std::stoi(std::string(color + 1 + 2 * i, 2), nullptr, 16);
        };
        line(fmt::format("box rgb({}, {}, {}) {}", channel(0), channel(1), channel(2), name));
    }
    void box_end() override { line("end"); }
    void participant(const Lifeline& lifeline) override {
        line(fmt::format("participant {} as {}", who_id(lifeline.who),
                         mermaid_message(lifeline.name)));
    }
    void shade(const std::string& name) override {
        line("rect rgb(249, 220, 217)");
        over(chart_.lifelines.front().who, chart_.lifelines.back().who, name);
    }
    void phase(const std::string& name) override {
        over(chart_.lifelines.front().who, chart_.lifelines.back().who, "phase: " + name);
    }
    void loop(const std::string& text) override { line("loop " + mermaid_message(text)); }
    void message(const ChartRow& row, Who from, Who to, bool back,
                 const std::string& text) override {
        const char* arrow = row.lost ? "-x" : back ? "-->>" : "->>";
        line(fmt::format("{}{}{}: {}", who_id(from), arrow, who_id(to), mermaid_message(text)));
    }
    void over(Who from, Who to, const std::string& text) override {
        line(from == to ? fmt::format("Note over {}: {}", who_id(from), mermaid_message(text))
                        : fmt::format("Note over {},{}: {}", who_id(from), who_id(to),
                                      mermaid_message(text)));
    }
    void idle(const std::string& text) override {
        over(chart_.lifelines.front().who, chart_.lifelines.back().who, text + " left out");
    }
};

class PlantUml final : public TextChart {
  public:
    using TextChart::TextChart;

  private:
    void head() override {
        line("@startuml");
        line("title " + plantuml_text(chart_.title));
        line("header " + plantuml_text(chart_.subtitle));
    }
    void tail() override { line("@enduml"); }
    void box(const char* name, const char* color) override {
        line(fmt::format("box \"{}\" {}", name, color));
    }
    void box_end() override { line("end box"); }
    void participant(const Lifeline& lifeline) override {
        line(fmt::format("participant \"{}\" as {}", plantuml_text(lifeline.name),
                         who_id(lifeline.who)));
    }
    void shade(const std::string& name) override {
        line("group#F9DCD9 #FDF1F0 " + plantuml_text(name));
    }
    void phase(const std::string& name) override {
        line(fmt::format("== {} ==", plantuml_text(name)));
    }
    void loop(const std::string& text) override { line("loop " + plantuml_text(text)); }
    void message(const ChartRow& row, Who from, Who to, bool back,
                 const std::string& text) override {
        const char* arrow = row.lost ? "->x" : back ? "-->" : "->";
        line(fmt::format("{} {} {} : {}", who_id(from), arrow, who_id(to), plantuml_text(text)));
    }
    void over(Who from, Who to, const std::string& text) override {
        line(from == to ? fmt::format("note over {} : {}", who_id(from), plantuml_text(text))
                        : fmt::format("note over {}, {} : {}", who_id(from), who_id(to),
                                      plantuml_text(text)));
    }
    void idle(const std::string& text) override {
        line(fmt::format("...{} left out...", plantuml_text(text)));
    }
};

}  // namespace

std::string sequence_mermaid(const Chart& chart) { return Mermaid(chart).text(); }

std::string sequence_plantuml(const Chart& chart) { return PlantUml(chart).text(); }

}  // namespace lmsim::viz
