#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "sim/metrics/display.hpp"
#include "viz/sequence/chart.hpp"
#include "viz/sequence/escape.hpp"

namespace lmsim::viz {

using sim::Ps;
using sim::metrics::readable_time;

namespace {

// All lengths are in pixels of a page that is as wide as an A4 sheet on its side at 12 px text.
constexpr int axis_x = 126;
constexpr int phase_x = 18;
constexpr int margin = 34;
constexpr int head_y = 96;  // of the lifelines' boxes
constexpr int box_height = 26;

/// From a lifeline to the next one, by the left one: between a driver and its PF the texts are
/// long.
constexpr int widths[who_count] = {150, 208, 80, 88, 88, 88, 80, 208, 150, 0};

/// About as wide as Helvetica at 12 px.
int text_width(std::string_view text) {
    int tenths = 0;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if ((byte & 0xC0U) == 0x80) continue;  // of a letter that is counted
        const bool narrow =
            std::string_view(" .,:;'|!()[]ijlftr/").find(c) != std::string_view::npos;
        const bool wide = (c >= 'A' && c <= 'Z') || c == 'm' || c == 'w' || byte >= 0x80;
        tenths += narrow ? 38 : wide ? 90 : 68;
    }
    return tenths / 10;
}

/// The text, or as much of it as fits; the whole is then in the title of its element.
std::string cut(const std::string& text, int width) {
    if (text_width(text) <= width) {
        return text;
    }
    std::size_t at = text.size();
    while (at > 0 && text_width(std::string_view(text).substr(0, at)) + 12 > width) {
        do {
            --at;
        } while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80);
    }
    return text.substr(0, at) + "...";
}

int height_of(const ChartRow& row) {
    switch (row.kind) {
        case ChartRow::Kind::Arrow: return 25;
        case ChartRow::Kind::RoundTrip: return 30;
        case ChartRow::Kind::Note: return 26;
        case ChartRow::Kind::Idle: return row.gap ? 40 : 30;
        case ChartRow::Kind::Fold: return 28;
        default: return 8;
    }
}

class ChartDrawing {
  public:
    explicit ChartDrawing(const Chart& chart) : chart_(chart) {
        int x = axis_x + 62;
        x_.fill(0);
        for (std::size_t i = 0; i < chart.lifelines.size(); ++i) {
            const auto who = static_cast<std::size_t>(chart.lifelines[i].who);
            x_[who] = x;
            if (i + 1 == chart.lifelines.size()) {
                break;
            }
            const auto next = static_cast<std::size_t>(chart.lifelines[i + 1].who);
            x += *std::max_element(widths + who, widths + next);
        }
        right_ = x + 62;
        width_ = right_ + margin;
        stack();
    }

    std::string text() {
        open();
        sides();
        downtime();
        lifelines();
        phases();
        axis();
        folds();
        for (std::size_t i = 0; i < chart_.rows.size(); ++i) row(i);
        foot();
        out_ += "</svg>\n";
        return std::move(out_);
    }

  private:
    template <class... Args>
    void put(fmt::format_string<Args...> text, Args&&... args) {
        fmt::format_to(std::back_inserter(out_), text, std::forward<Args>(args)...);
    }

    void stack();
    int bottom(std::size_t row) const { return y_[row] + height_of(chart_.rows[row]); }
    int x(Who who) const { return x_[static_cast<std::size_t>(who)]; }
    bool is_there(Who who) const { return x(who) != 0; }

    void open();
    void sides();
    void side(Who first, Who last, const char* name, const char* style);
    void downtime();
    void lifelines();
    void phases();
    void axis();
    void folds();
    void foot();
    void row(std::size_t index);
    void arrow(const ChartRow& row, int y);
    void line(int from, int to, int y, const char* style, bool lost);
    void label(const ChartRow& row, const std::string& text, int from, int to, int y);
    void note(const ChartRow& row, int y);
    void idle(const ChartRow& row, int y);

    const Chart& chart_;
    std::array<int, who_count> x_{};
    std::vector<int> y_;              // tops of the rows
    std::vector<int> heads_{head_y};  // tops of the lifelines' boxes, on each page
    int right_ = 0;
    int width_ = 0;
    int bottom_ = 0;
    int height_ = 0;
    std::string last_time_;
    std::string out_;
};

/// Rows one below the other. What is more than an A4 sheet on its side goes on on the next, under
/// the lifelines' boxes again.
void ChartDrawing::stack() {
    constexpr int foot = 12 + box_height + 30;
    const int page = width_ * 190 / 277;
    int y = head_y + box_height + 12;
    int pages = 1;
    for (std::size_t i = 0; i < chart_.rows.size(); ++i) {
        int height = height_of(chart_.rows[i]);
        if (chart_.rows[i].kind == ChartRow::Kind::Fold && i + 1 < chart_.rows.size()) {
            height += height_of(chart_.rows[i + 1]);  // not alone at the end of a page
        }
        const int below = i + 1 == chart_.rows.size() ? foot : 10;
        if (y + height + below > pages * page) {
            heads_.push_back(pages * page + 10);
            y = heads_.back() + box_height + 12;
            ++pages;
        }
        y_.push_back(y);
        y += height_of(chart_.rows[i]);
    }
    bottom_ = y + 12;
    height_ = y + foot;
}

void ChartDrawing::open() {
    put("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"277mm\" height=\"{2}mm\" "
        "viewBox=\"0 0 {0} {1}\" role=\"img\" aria-labelledby=\"t d\">\n",
        width_, height_, height_ * 277 / width_);
    put("<title id=\"t\">{}</title>\n<desc id=\"d\">{}</desc>\n", xml_text(chart_.title),
        xml_text(chart_.description));
    out_ += R"(<style>
svg {
  background: #fff;
  font: 12px "Helvetica Neue", Helvetica, Arial, "Liberation Sans", sans-serif;
}
text { fill: #1b1f24; }
.halo { stroke: #fff; stroke-width: 3.5px; stroke-linejoin: round; paint-order: stroke; }
.title { font-size: 17px; font-weight: bold; }
.small { font-size: 11px; fill: #57606a; }
.time { font-size: 11px; fill: #57606a; text-anchor: end; }
.middle { text-anchor: middle; }
.end { text-anchor: end; }
.bad { fill: #b42318; }
.life { stroke: #8c959f; stroke-width: 1; fill: none; }
.dots { stroke: #8c959f; stroke-width: 1; stroke-dasharray: 2 4; fill: none; }
.box { fill: #fff; stroke: #57606a; }
.name { font-weight: bold; text-anchor: middle; }
.call { stroke: #1f4e8c; stroke-width: 1.4; fill: none; }
.back { stroke: #57606a; stroke-width: 1.1; stroke-dasharray: 5 3; fill: none; }
.wrong { stroke: #b42318; stroke-width: 1.4; fill: none; }
.note { fill: #fff8dc; stroke: #c8b560; }
.io { fill: #e6f4ea; stroke: #7fb38f; }
.fold { fill: none; stroke: #6e4fa3; stroke-dasharray: 6 3; }
.tab { fill: #efe9f8; stroke: #6e4fa3; }
.axis { fill: none; stroke: #57606a; stroke-width: 1.2; }
.phase { fill: none; stroke: #1f4e8c; stroke-width: 1.4; }
.source { fill: #f3f7fc; }
.target { fill: #f3faf5; }
.down { fill: #f9dcd9; fill-opacity: .75; }
</style>
<defs>
<marker id="a" viewBox="0 0 10 10" refX="9.5" refY="5" markerWidth="8" markerHeight="8"
 orient="auto-start-reverse"><path d="M0,0.8 L10,5 L0,9.2 z" fill="#1f4e8c"/></marker>
<marker id="b" viewBox="0 0 10 10" refX="9.5" refY="5" markerWidth="8" markerHeight="8"
 orient="auto-start-reverse"><path d="M0,0.8 L10,5 L0,9.2"
 fill="none" stroke="#57606a" stroke-width="1.4"/></marker>
<marker id="w" viewBox="0 0 10 10" refX="9.5" refY="5" markerWidth="8" markerHeight="8"
 orient="auto-start-reverse"><path d="M0,0.8 L10,5 L0,9.2 z" fill="#b42318"/></marker>
</defs>
)";
    put("<rect width=\"{}\" height=\"{}\" fill=\"#fff\"/>\n", width_, height_);
    put("<text class=\"title\" x=\"{}\" y=\"28\">{}</text>\n", phase_x - 8,
        xml_text(cut(chart_.title, (width_ - 40) * 2 / 3)));
    put("<text class=\"small\" x=\"{}\" y=\"47\">{}</text>\n", phase_x - 8,
        xml_text(cut(chart_.subtitle, width_ - 40)));
}

/// The columns of one host.
void ChartDrawing::side(Who first, Who last, const char* name, const char* style) {
    int from = 0;
    int to = 0;
    for (const Lifeline& lifeline : chart_.lifelines) {
        if (lifeline.who >= first && lifeline.who <= last) {
            from = from == 0 ? x(lifeline.who) : from;
            to = x(lifeline.who);
        }
    }
    if (from != 0) {
        put("<rect class=\"{}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"6\"/>\n", style,
            from - 52, head_y - 28, to - from + 104, bottom_ + box_height + 8 - head_y + 28);
        put("<text class=\"small middle\" x=\"{}\" y=\"{}\">{}</text>\n", (from + to) / 2,
            head_y - 12, name);
    }
}

void ChartDrawing::sides() {
    side(Who::SourceVmm, Who::SourceVf, "source", "source");
    side(Who::DestinationVf, Who::DestinationVmm, "destination", "target");
}

void ChartDrawing::downtime() {
    if (!chart_.downtime) {
        return;
    }
    const RowRange range = rows_within(chart_, *chart_.downtime, false);
    if (range.empty()) {
        return;
    }
    const int top = y_[range.first];
    const int height = bottom(range.last - 1) - top;
    put("<rect class=\"down\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"><title>{}</title>"
        "</rect>\n",
        axis_x, top, right_ - axis_x, height, xml_text(chart_.downtime->name));
    put("<path class=\"wrong\" d=\"M{0},{1} h8 v{2} h-8\"/>\n", right_, top + 1, height - 2);
    put("<text class=\"bad middle\" transform=\"translate({},{}) rotate(90)\">{}</text>\n",
        right_ + 14, top + height / 2, xml_text(chart_.downtime->name));
}

/// A line each, dotted where time is left out, and a box with the name at the top of each page and
/// at the end.
void ChartDrawing::lifelines() {
    for (const Lifeline& lifeline : chart_.lifelines) {
        const int at = x(lifeline.who);
        int from = head_y + box_height;
        for (std::size_t i = 0; i < chart_.rows.size(); ++i) {
            if (chart_.rows[i].kind == ChartRow::Kind::Idle && chart_.rows[i].gap) {
                put("<path class=\"life\" d=\"M{},{} V{}\"/>", at, from, y_[i] + 4);
                put("<path class=\"dots\" d=\"M{},{} V{}\"/>\n", at, y_[i] + 4, bottom(i) - 4);
                from = bottom(i) - 4;
            }
        }
        put("<path class=\"life\" d=\"M{},{} V{}\"/>\n", at, from, bottom_);
        const int wide = std::max(68, std::min(text_width(lifeline.name) + 18, 88));
        std::vector<int> tops = heads_;
        tops.push_back(bottom_);
        for (const int top : tops) {
            put("<rect class=\"box\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"4\"/>"
                "<text class=\"name\" x=\"{}\" y=\"{}\">{}</text>\n",
                at - wide / 2, top, wide, box_height, at, top + 17,
                xml_text(cut(lifeline.name, 84)));
        }
    }
}

/// Brackets at the left, with the names upright if there is room.
void ChartDrawing::phases() {
    for (const Span& phase : chart_.phases) {
        const RowRange range = rows_within(chart_, phase, phase.end == chart_.phases.back().end);
        if (range.empty()) {
            continue;
        }
        const int top = y_[range.first] + 3;
        const int height = std::max(bottom(range.last - 1) - top - 3, 4);
        put("<path class=\"phase\" d=\"M{},{} h-7 v{} h7\"><title>{}</title></path>\n", phase_x + 9,
            top, height, xml_text(phase.name));
        if (height >= text_width(phase.name)) {
            put("<text class=\"middle\" transform=\"translate({},{}) rotate(-90)\">{}</text>\n",
                phase_x - 3, top + height / 2, xml_text(phase.name));
        } else {
            put("<text class=\"small halo\" x=\"{}\" y=\"{}\">{}</text>\n", phase_x + 6,
                top + height / 2 + 4, xml_text(phase.name));
        }
    }
}

/// The axis of time, broken where time is left out.
void ChartDrawing::axis() {
    std::string path = fmt::format("M{},{}", axis_x, head_y + box_height);
    for (std::size_t i = 0; i < chart_.rows.size(); ++i) {
        if (chart_.rows[i].kind == ChartRow::Kind::Idle && chart_.rows[i].gap) {
            const int top = (y_[i] + bottom(i)) / 2 - 12;
            path += fmt::format(" V{} l-6,4 l12,5 l-12,6 l12,5 l-6,4", top);
        }
    }
    put("<path class=\"axis\" d=\"{} V{}\"/>\n", path, bottom_);
}

/// Frames around repetitions.
void ChartDrawing::folds() {
    std::vector<std::size_t> open;
    for (std::size_t i = 0; i < chart_.rows.size(); ++i) {
        const ChartRow& row = chart_.rows[i];
        if (row.kind == ChartRow::Kind::Fold) {
            open.push_back(i);
        }
        if (row.kind != ChartRow::Kind::FoldEnd || open.empty()) {
            continue;
        }
        const std::size_t begin = open.back();
        open.pop_back();
        const int inset = 8 + 7 * static_cast<int>(std::min(row.depth, 4U));
        const int left = axis_x + inset;
        put("<rect class=\"fold\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"3\"/>\n", left,
            y_[begin] + 4, right_ - inset - left, y_[i] - y_[begin]);
        const std::string& text = chart_.rows[begin].text;
        put("<rect class=\"tab\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"18\" rx=\"3\"/>"
            "<text x=\"{}\" y=\"{}\">{}</text>\n",
            left, y_[begin] + 4, text_width(text) + 14, left + 7, y_[begin] + 17, xml_text(text));
    }
}

void ChartDrawing::row(std::size_t index) {
    const ChartRow& row = chart_.rows[index];
    const int y = y_[index];
    const bool end = row.kind == ChartRow::Kind::FoldEnd;
    const std::string time = chart_time(chart_, row.at);
    if (!end && row.kind != ChartRow::Kind::Idle && time != last_time_) {
        const int middle = y + (row.kind == ChartRow::Kind::Note ? 13 : 17);
        put("<path class=\"axis\" d=\"M{},{} h5\"/><text class=\"time\" x=\"{}\" "
            "y=\"{}\">{}</text>\n",
            axis_x - 5, middle, axis_x - 9, middle + 4, time);
        last_time_ = time;
    }
    switch (row.kind) {
        case ChartRow::Kind::Arrow:
        case ChartRow::Kind::RoundTrip: arrow(row, y); break;
        case ChartRow::Kind::Note: note(row, y); break;
        case ChartRow::Kind::Idle: idle(row, y); break;
        default: break;
    }
}

void ChartDrawing::line(int from, int to, int y, const char* style, bool lost) {
    const char marker = style[0] == 'c' ? 'a' : style[0];
    const int end = lost ? (from + to) / 2 : to;
    put("<path class=\"{}\" d=\"M{},{} H{}\"{}/>\n", style, from, y, end,
        lost ? "" : fmt::format(" marker-end=\"url(#{})\"", marker));
    if (lost) {
        put("<path class=\"wrong\" d=\"M{},{} l8,8 m0,-8 l-8,8\"/>\n", end - 4, y - 4);
    }
}

/// Above an arrow: in its middle if it fits, else from its end that is farther out.
void ChartDrawing::label(const ChartRow& row, const std::string& text, int from, int to, int y) {
    const int left = std::min(from, to);
    const int right = std::max(from, to);
    const std::string shown = cut(text, right_ - axis_x - 40);
    const std::string full =
        shown.size() != text.size() ? "<title>" + xml_text(text) + "</title>" : "";
    const char* color = row.bad || row.lost ? " bad" : "";
    const int wide = text_width(shown);
    if (wide <= right - left - 8) {
        put("<text class=\"halo middle{}\" x=\"{}\" y=\"{}\">{}{}</text>\n", color,
            (left + right) / 2, y, full, xml_text(shown));
    } else if (left + 6 + wide < right_ && left <= (axis_x + right_) / 2) {
        put("<text class=\"halo{}\" x=\"{}\" y=\"{}\">{}{}</text>\n", color, left + 6, y, full,
            xml_text(shown));
    } else {
        put("<text class=\"halo end{}\" x=\"{}\" y=\"{}\">{}{}</text>\n", color, right - 6, y, full,
            xml_text(shown));
    }
}

void ChartDrawing::arrow(const ChartRow& row, int y) {
    if (!is_there(row.from) || !is_there(row.to)) {
        return;
    }
    const int from = x(row.from);
    const int to = x(row.to);
    const bool round = row.kind == ChartRow::Kind::RoundTrip;
    const char* style = row.back ? "back" : "call";
    line(from, to, y + 19, row.bad && !round ? "wrong" : style, row.lost);
    if (round) {
        line(to, from, y + 25, row.bad ? "wrong" : "back", false);
    }
    const std::string text = round ? row.text + " \xE2\x86\x92 " + row.answer : row.text;
    label(row, text, from, to, y + 14);
}

void ChartDrawing::note(const ChartRow& row, int y) {
    const int from = is_there(row.from) ? x(row.from) : axis_x + 62;
    const int to = is_there(row.to) ? x(row.to) : right_ - 62;
    const std::string shown = cut(row.text, right_ - axis_x - 40);
    const int wide = std::max(text_width(shown) + 14, to - from);
    int left = (from + to) / 2 - wide / 2;
    left = std::min(left, right_ - wide - 4);
    left = std::max(left, axis_x + 8);
    put("<rect class=\"note\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"19\" rx=\"3\"/>", left, y + 4,
        wide);
    put("<text class=\"middle{}\" x=\"{}\" y=\"{}\">{}{}</text>\n", row.bad ? " bad" : "",
        left + wide / 2, y + 17,
        shown.size() != row.text.size() ? "<title>" + xml_text(row.text) + "</title>" : "",
        xml_text(shown));
}

void ChartDrawing::idle(const ChartRow& row, int y) {
    const int middle = y + height_of(row) / 2;
    if (row.gap) {
        put("<text class=\"time\" x=\"{}\" y=\"{}\">{}</text>\n", axis_x - 11, middle + 4,
            readable_time(row.until - row.at));
        last_time_.clear();
    }
    if (row.text.empty() || !is_there(row.from) || !is_there(row.to)) {
        return;
    }
    const int from = x(row.from);
    const int to = x(row.to);
    const int wide = std::max(text_width(row.text) + 16, to - from + 24);
    put("<rect class=\"io\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"22\" rx=\"3\"/>"
        "<text class=\"middle\" x=\"{}\" y=\"{}\">{}</text>\n",
        (from + to) / 2 - wide / 2, middle - 11, wide, (from + to) / 2, middle + 4,
        xml_text(row.text));
}

void ChartDrawing::foot() {
    const std::string left_out =
        chart_.left_out == 0 ? "" : fmt::format("{} more lines follow; ", chart_.left_out);
    put("<text class=\"small{}\" x=\"{}\" y=\"{}\">{}time runs down, not to scale; a zig-zag is "
        "time left out, as long as it says</text>\n",
        chart_.left_out == 0 ? "" : " bad", axis_x, height_ - 8, left_out);
}

}  // namespace

std::string sequence_svg(const Chart& chart) { return ChartDrawing(chart).text(); }

}  // namespace lmsim::viz
