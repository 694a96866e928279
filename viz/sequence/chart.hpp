#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "model/spec/rules.hpp"
#include "sim/core/result.hpp"
#include "sim/trace/reader.hpp"
#include "viz/sequence/step.hpp"
#include "viz/sequence/window.hpp"

namespace lmsim::viz {

/// What a chart is wanted of.
struct SequenceRequest {
    std::string from;  // as the user says it: a time, a name, or empty
    std::string to;
    std::optional<std::uint32_t> vf;
    bool fold = false;
    std::size_t most_rows = 400;
    /// What the drivers speak, on the source and on the destination: commands are named by it.
    std::array<spec::Rules, 2> dialect{spec::Rules::ratified(), spec::Rules::ratified()};
};

struct Lifeline {
    Who who = Who::SourceVmm;
    std::string name;
};

/// A line of the chart, from top to bottom. Texts are raw: each format escapes them.
struct ChartRow {
    enum class Kind : std::uint8_t {
        Arrow,      // from one to another
        RoundTrip,  // there and back: `answer`
        Note,       // on the lifelines between from and to
        Idle,       // nothing happens until `until`; `text`: the guest's I/O, if any
        Fold,       // a repetition begins; its rows follow
        FoldEnd,
    };
    Kind kind = Kind::Note;
    sim::Ps at = 0;
    sim::Ps until = 0;
    Who from = Who::SourceVmm;
    Who to = Who::SourceVmm;
    std::string text;
    std::string answer;
    bool back = false;   // an answer: the arrow is dashed
    bool lost = false;   // it does not arrive
    bool bad = false;    // an error
    bool gap = true;     // of Idle: time was left out
    unsigned depth = 0;  // folds around it
};

/// A sequence chart: the same for all formats.
struct Chart {
    std::string title;
    std::string subtitle;
    std::string description;  // in a sentence, for those who do not see it
    std::vector<Lifeline> lifelines;
    std::vector<ChartRow> rows;
    std::vector<Span> phases;      // of the migration, within what is shown
    std::optional<Span> downtime;  // its name says how long it was
    Window window;
    std::uint64_t left_out = 0;  // lines behind the last row
};

/// Reads the run's trace and lays it out. Refused: a wrong trace or a request that does not fit it.
sim::Result<Chart> sequence_chart(const sim::trace::RunInfo& run, const SequenceRequest& request);

/// The same for who has read the whole trace before: `survey` was told of it.
sim::Result<Chart> sequence_chart(const sim::trace::RunInfo& run, const SequenceRequest& request,
                                  const Survey& survey);

/// Rows [first, last) that lie within a span, those at its very end only if told so or if they
/// answer. Rows of folds go with the fold's begin.
struct RowRange {
    std::size_t first = 0;
    std::size_t last = 0;
    bool empty() const { return first >= last; }
};
RowRange rows_within(const Chart& chart, const Span& span, bool with_end);

/// "766.335 ms", in a unit that suits what is shown.
std::string chart_time(const Chart& chart, sim::Ps at);

/// What a lifeline is called in Mermaid and PlantUML: "src_vmm".
std::string_view who_id(Who who);

/// The chart as text of each format: the same bytes for the same chart.
std::string sequence_svg(const Chart& chart);
std::string sequence_mermaid(const Chart& chart);
std::string sequence_plantuml(const Chart& chart);

}  // namespace lmsim::viz
