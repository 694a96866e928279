#include "viz/sequence/chart/layout.hpp"

#include <algorithm>
#include <iterator>

namespace lmsim::viz::seq {

namespace {

constexpr int margin = 12;
constexpr int phases_width = 34;
constexpr int times_width = 96;
constexpr int least_distance = 74;
constexpr int most_distance = 176;
constexpr int shade_text = 14;
constexpr int least_width = 720;
constexpr int widest_portrait = 1'000;
constexpr int title_height = 44;
constexpr int remark_height = 15;
constexpr int loop_head = 20;
constexpr int loop_foot = 8;
constexpr int most_stretch = 4;  // of a row, by time alone; beyond the axis is broken

int text_width(const std::string& text) {
    return static_cast<int>(std::min<std::size_t>(text.size(), 200)) * ChartLayout::letter;
}

/// Neighbours stand apart as what is said between them needs.
std::vector<int> columns(const SequenceChart& chart, const std::vector<ChartRow>& rows, int left) {
    const std::size_t count = chart.lifelines.size();
    std::vector<int> distance(count, least_distance);
    for (const ChartRow& row : rows) {
        const ChartItem& item = chart.items[row.item];
        const std::size_t low = std::min(item.from, item.to);
        const int needed = std::min(text_width(row.text(chart)) + 24, most_distance);
        if (item.from != item.to && std::max(item.from, item.to) == low + 1) {
            distance[low] = std::max(distance[low], needed);
        }
    }
    std::vector<int> x;
    int first = least_distance;  // what stands over the first one
    for (const ChartRow& row : rows) {
        const ChartItem& item = chart.items[row.item];
        if (item.from == 0 && item.to == 0) {
            first = std::max(first, std::min(text_width(row.text(chart)), most_distance));
        }
    }
    int at = left + first / 2 + 16;
    for (std::size_t line = 0; line < count; ++line) {
        x.push_back(at);
        const bool other_host =
            line + 1 < count && chart.lifelines[line + 1].side != chart.lifelines[line].side;
        at += distance[line] + (other_host ? 24 : 0);
    }
    return x;
}

/// Times between rows, those of none left out, in order of their lengths.
std::vector<Ps> pauses(const std::vector<Ps>& steps) {
    std::vector<Ps> out;
    std::copy_if(steps.begin(), steps.end(), std::back_inserter(out),
                 [](Ps step) { return step > 0; });
    std::sort(out.begin(), out.end());
    return out;
}

/// What half a row stands for. So three of four pauses are drawn to scale.
Ps scale(const std::vector<Ps>& sorted) {
    return sorted.empty() ? 1 : std::max<Ps>(sorted[sorted.size() * 3 / 4], 1);
}

/// Time that passes before each row.
std::vector<Ps> steps(const std::vector<ChartRow>& rows) {
    std::vector<Ps> out;
    Ps last = rows.empty() ? 0 : rows.front().at;
    for (const ChartRow& row : rows) {
        out.push_back(std::max<Ps>(row.at - last, 0));
        last = std::max(last, row.at);
    }
    return out;
}

class Stacker {
  public:
    Stacker(const SequenceChart& chart, const std::vector<ChartRow>& rows, ChartLayout& out)
        : chart_(chart), rows_(rows), out_(out) {
        steps_ = steps(rows);
        breaks_ = breaks(rows);
        const std::vector<Ps> all = pauses(steps_);
        scale_ = scale(all);
        out_.decimals = !all.empty() && all.front() >= 1'000'000 ? 3 : 6;
        page_height_ = out.landscape ? out.width * 190 / 277 : out.width * 277 / 190;
    }

    void stack() {
        const int heading = title_height + remark_height * static_cast<int>(chart_.remarks.size());
        open_page(0, heading);
        for (std::size_t row = 0; row < rows_.size(); ++row) {
            put(row);
        }
        close_page();
        const ChartLayout::Page& page = out_.pages.back();
        // A chart of one page ends where it ends.
        out_.height = out_.pages.size() == 1 ? page.bottom + ChartLayout::box_height + margin
                                             : page.begin + page_height_;
    }

  private:
    void put(std::size_t row) {
        const std::size_t loop = rows_[row].loop;
        const bool opens = loop != ChartRow::no_loop && (row == 0 || rows_[row - 1].loop != loop);
        const bool closes =
            loop != ChartRow::no_loop && (row + 1 == rows_.size() || rows_[row + 1].loop != loop);
        const bool breaks = breaks_[row] > 0;
        const int more = breaks ? ChartLayout::gap_height : to_scale(steps_[row]);
        const int height = more + 2 * ChartLayout::half_row + (opens ? loop_head : 0);
        if (y_ + height + loop_foot > limit_ && row > 0) {
            close_page();
            open_page(out_.pages.back().begin + page_height_, margin);
        }
        if (breaks) {
            out_.gaps.push_back({y_ + ChartLayout::gap_height / 2, breaks_[row]});
        }
        y_ += height;
        out_.y.push_back(y_ - ChartLayout::half_row);
        y_ += closes ? loop_foot : 0;
    }
    /// Of what is shorter than `most_stretch` times the scale.
    int to_scale(Ps step) const {
        const Ps part = std::max<Ps>(scale_ / ChartLayout::half_row, 1);
        return static_cast<int>(std::min<Ps>(step / part, most_stretch * ChartLayout::half_row));
    }
    void open_page(int begin, int heading) {
        ChartLayout::Page page;
        page.begin = begin;
        page.top = begin + heading + ChartLayout::box_height;
        out_.pages.push_back(page);
        y_ = page.top + 8;
        limit_ = begin + page_height_ - ChartLayout::box_height - margin;
    }
    void close_page() { out_.pages.back().bottom = y_ + 8; }

    const SequenceChart& chart_;
    const std::vector<ChartRow>& rows_;
    ChartLayout& out_;
    std::vector<Ps> steps_;
    std::vector<Ps> breaks_;
    Ps scale_ = 1;
    int page_height_ = 0;
    int y_ = 0;
    int limit_ = 0;
};

}  // namespace

std::vector<Ps> breaks(const std::vector<ChartRow>& rows) {
    std::vector<Ps> out = steps(rows);
    const Ps unit = scale(pauses(out));
    for (Ps& step : out) {
        step = step / unit >= most_stretch ? step : 0;
    }
    return out;
}

ChartLayout layout(const SequenceChart& chart, const std::vector<ChartRow>& rows) {
    ChartLayout out;
    out.axis = margin + phases_width + times_width;
    out.x = columns(chart, rows, out.axis);
    const int last = out.x.empty() ? out.axis : out.x.back();
    out.width = std::max(least_width, last + least_distance + margin + shade_text);
    out.landscape = out.width > widest_portrait;
    Stacker(chart, rows, out).stack();
    return out;
}

bool ChartLayout::stretch(const std::vector<ChartRow>& rows, const ChartSpan& span,
                          const Page& page, int& top, int& bottom) const {
    bool any = false;
    const auto first = std::lower_bound(y.begin(), y.end(), page.top);
    for (auto at = first; at != y.end() && *at <= page.bottom; ++at) {
        const ChartRow& row = rows[static_cast<std::size_t>(at - y.begin())];
        if (!row.before(span) && !row.after(span)) {
            top = any ? top : *at - half_row;
            bottom = *at + half_row;
            any = true;
        }
    }
    return any;
}

}  // namespace lmsim::viz::seq
