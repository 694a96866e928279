#include "viz/sequence/chart/svg.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "sim/metrics/display.hpp"
#include "viz/sequence/chart/layout.hpp"

namespace lmsim::viz::seq {

std::string xml_text(std::string_view text) {
    std::string out;
    for (const char c : sim::metrics::terminal_text(text)) {
        switch (c) {
            case '&': out += "&amp;"; break;
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '"': out += "&quot;"; break;
            case '\'': out += "&#39;"; break;
            default: out += c;
        }
    }
    return out;
}

namespace {

constexpr std::size_t most_letters = 72;
constexpr int loop_indent = 8;

constexpr const char* style =
    "text{font:11px Helvetica,Arial,sans-serif;fill:#111;paint-order:stroke;stroke:#fff;"
    "stroke-width:3px;stroke-linejoin:round}"
    ".h{font-size:16px;font-weight:bold}.r,.t,.g{fill:#444}.t{font-size:10px}"
    ".b{fill:#fff;stroke:#222}.l{stroke:#999;stroke-dasharray:2 3}.a{stroke:#222;fill:none}"
    ".w{stroke:#222;fill:none;stroke-dasharray:5 3}.f{stroke:#b00020}.ft{fill:#b00020}"
    ".n{fill:#fff6d6;stroke:#a88b2a}.i{fill:#e4edf8;stroke:#5b7ca8}"
    ".d{fill:#f6dcdc}.o{fill:none;stroke:#555;stroke-dasharray:7 3}.p{stroke:#444;fill:none}";

class Painter {
  public:
    explicit Painter(const SequenceChart& chart)
        : chart_(chart), rows_(rows(chart)), at_(layout(chart, rows_)) {}

    std::string paint() {
        head();
        for (const ChartLayout::Page& page : at_.pages) {
            shades(page);
        }
        for (const ChartLayout::Page& page : at_.pages) {
            lifelines(page);
            phases(page);
        }
        axis();
        loops();
        for (std::size_t row = 0; row < rows_.size(); ++row) {
            draw(row);
        }
        return out_ + "</svg>\n";
    }

  private:
    template <class... Args>
    void put(fmt::format_string<Args...> text, Args&&... args) {
        fmt::format_to(std::back_inserter(out_), text, std::forward<Args>(args)...);
        out_ += '\n';
    }
    void text(int x, int y, const char* anchor, const char* of_class, const std::string& words) {
        put("<text x=\"{}\" y=\"{}\" text-anchor=\"{}\" class=\"{}\">{}</text>", x, y, anchor,
            of_class, xml_text(words));
    }
    void line(int x1, int y1, int x2, int y2, const char* of_class, const char* more = "") {
        put("<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\" class=\"{}\"{}/>", x1, y1, x2, y2,
            of_class, more);
    }
    void box(int x, int y, int width, int height, const char* of_class, int round = 0) {
        put("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"{}\" class=\"{}\"/>", x, y,
            width, height, round, of_class);
    }

    /// Text that stands upright, as much of it as there is room for.
    void along(int x, int turn, int top, int bottom, const std::string& words) {
        const int letters = std::max(4, (bottom - top) / 5);
        put("<text transform=\"translate({} {}) rotate({})\" text-anchor=\"middle\">{}</text>", x,
            (top + bottom) / 2, turn,
            xml_text(shortened(words, static_cast<std::size_t>(letters))));
    }

    void head() {
        const int page_mm = at_.landscape ? 277 : 190;
        out_ += "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
        put("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}mm\" height=\"{}mm\" "
            "viewBox=\"0 0 {} {}\" role=\"img\">",
            page_mm, (std::int64_t{at_.height} * page_mm + at_.width - 1) / at_.width, at_.width,
            at_.height);
        std::string all;
        for (const std::string& remark : chart_.remarks) {
            all += (all.empty() ? "" : "; ") + remark;
        }
        put("<title>{}</title>", xml_text(chart_.title));
        put("<desc>{}</desc>", xml_text(all));
        put("<style>{}</style>", style);
        put("<defs><marker id=\"c\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"8\" "
            "markerHeight=\"8\" orient=\"auto\"><path d=\"M0 0L8 4L0 8z\"/></marker>"
            "<marker id=\"r\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"8\" "
            "markerHeight=\"8\" orient=\"auto\"><path d=\"M0 0L8 4L0 8\" fill=\"none\" "
            "stroke=\"#222\"/></marker></defs>");
        put("<rect width=\"{}\" height=\"{}\" fill=\"#fff\"/>", at_.width, at_.height);
        text(12, 24, "start", "h", shortened(chart_.title, 90));
        int y = 40;
        for (const std::string& remark : chart_.remarks) {
            text(12, y, "start", "r", shortened(remark, 140));
            y += 15;
        }
    }

    void shades(const ChartLayout::Page& page) {
        for (const ChartSpan& span : chart_.downtimes) {
            int top = 0;
            int bottom = 0;
            if (at_.stretch(rows_, span, page, top, bottom)) {
                put("<g><title>{}</title>", downtime_text(span));
                box(at_.axis, top, at_.width - at_.axis - 20, bottom - top, "d");
                out_ += "</g>\n";
                along(at_.width - 16, 90, top, bottom, downtime_text(span));
            }
        }
    }

    void lifelines(const ChartLayout::Page& page) {
        for (std::size_t line_at = 0; line_at < chart_.lifelines.size(); ++line_at) {
            const Lifeline& of = chart_.lifelines[line_at];
            const int x = at_.x[line_at];
            line(x, page.top, x, page.bottom, "l");
            const bool alone = of.role == Lifeline::Role::Guest || of.role == Lifeline::Role::Media;
            for (const int y : {page.top - ChartLayout::box_height, page.bottom}) {
                box(x - 34, y, 68, ChartLayout::box_height, "b", 3);
                text(x, y + (alone ? 16 : 11), "middle", "", of.name());
                if (!alone) {
                    text(x, y + 21, "middle", "t", std::string(sim::metrics::name(of.side)));
                }
            }
        }
    }

    /// Brackets at the left.
    void phases(const ChartLayout::Page& page) {
        for (const ChartSpan& span : chart_.phases) {
            int top = 0;
            int bottom = 0;
            if (!at_.stretch(rows_, span, page, top, bottom)) {
                continue;
            }
            put("<path d=\"M40 {}H32V{}H40\" class=\"p\"/>", top + 1, bottom - 1);
            along(26, -90, top, bottom, span.label);
        }
    }

    /// Times, and zig-zags where the axis is broken.
    void axis() {
        auto gap = at_.gaps.begin();
        for (const ChartLayout::Page& page : at_.pages) {
            int from = page.top;
            for (; gap != at_.gaps.end() && gap->y < page.bottom; ++gap) {
                line(at_.axis, from, at_.axis, gap->y - 6, "p");
                from = gap->y + 6;
                put("<path d=\"M{} {}l-5 2l10 4l-10 4l5 2\" class=\"p\"/>", at_.axis, gap->y - 6);
                text(at_.axis - 8, gap->y + 4, "end", "t",
                     sim::metrics::readable_time(gap->length));
            }
            line(at_.axis, from, at_.axis, page.bottom, "p");
        }
        Ps last = sim::trace::not_reached;
        for (std::size_t row = 0; row < rows_.size(); ++row) {
            const bool inside = row > 0 && rows_[row].loop != ChartRow::no_loop &&
                                rows_[row].loop == rows_[row - 1].loop;
            if (rows_[row].at != last && !inside) {
                line(at_.axis - 3, at_.y[row], at_.axis + 3, at_.y[row], "p");
                text(at_.axis - 8, at_.y[row] + 4, "end", "t",
                     axis_time(rows_[row].at, at_.decimals));
                last = rows_[row].at;
            }
        }
    }

    /// A frame on each page that its rows are on.
    void loops() {
        for (std::size_t row = 0; row < rows_.size();) {
            const std::size_t loop = rows_[row].loop;
            if (loop == ChartRow::no_loop) {
                ++row;
                continue;
            }
            std::size_t end = row;
            while (end < rows_.size() && rows_[end].loop == loop &&
                   page_of(at_.y[end]) == page_of(at_.y[row])) {
                ++end;
            }
            const int top = at_.y[row] - ChartLayout::half_row - 18;
            const int bottom = at_.y[end - 1] + ChartLayout::half_row + 3;
            box(at_.axis + loop_indent, top, at_.width - at_.axis - 20 - 2 * loop_indent,
                bottom - top, "o", 4);
            text(at_.axis + loop_indent + 6, top + 13, "start", "g", chart_.loops[loop].text());
            row = end;
        }
    }
    std::size_t page_of(int y) const {
        const auto next =
            std::upper_bound(at_.pages.begin(), at_.pages.end(), y,
                             [](int at, const ChartLayout::Page& page) { return at < page.begin; });
        return static_cast<std::size_t>(next - at_.pages.begin());
    }

    /// Within the picture.
    int fit(int x, int width) const {
        return std::clamp(x, at_.axis + 6 + width / 2,
                          std::max(at_.axis + 6 + width / 2, at_.width - 24 - width / 2));
    }

    void draw(std::size_t row) {
        const ChartItem& item = chart_.items[rows_[row].item];
        const std::string whole = rows_[row].text(chart_);
        const std::string words = shortened(whole, most_letters);
        put("<g><title>{} {}</title>", axis_time(rows_[row].at, 6), xml_text(whole));
        const bool answer = rows_[row].part == ChartRow::Part::Answer;
        if (item.from == item.to || item.kind == ChartItem::Kind::Io) {
            block(row, item, words);
        } else {
            const int y = at_.y[row] + 6;
            const int from = at_.x[answer ? item.to : item.from];
            const int to = at_.x[answer ? item.from : item.to];
            const bool failed = item.failed && (answer || item.kind != ChartItem::Kind::Exchange);
            put("<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\" class=\"{}{}\" "
                "marker-end=\"url(#{})\"/>",
                from, y, to, y, answer ? "w" : "a", failed ? " f" : "", answer ? "r" : "c");
            const int width = static_cast<int>(words.size()) * 5;
            text(fit((from + to) / 2, width), y - 4, "middle", failed ? "ft" : "", words);
        }
        out_ += "</g>\n";
    }

    void block(std::size_t row, const ChartItem& item, const std::string& words) {
        const int width = static_cast<int>(words.size()) * ChartLayout::letter + 12;
        const int low = at_.x[std::min(item.from, item.to)];
        const int high = at_.x[std::max(item.from, item.to)];
        const bool io = item.kind == ChartItem::Kind::Io;
        const int full = io ? std::max(width, high - low + 24) : width;
        const int middle = fit((low + high) / 2, full);
        box(middle - full / 2, at_.y[row] - 8, full, 17, io ? "i" : "n", io ? 0 : 7);
        text(middle, at_.y[row] + 4, "middle", item.failed ? "ft" : "", words);
    }

    const SequenceChart& chart_;
    std::vector<ChartRow> rows_;
    ChartLayout at_;
    std::string out_;
};

}  // namespace

std::string svg(const SequenceChart& chart) { return Painter(chart).paint(); }

}  // namespace lmsim::viz::seq
