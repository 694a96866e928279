#pragma once

#include <vector>

#include "viz/sequence/chart/chart.hpp"

namespace lmsim::viz::seq {

/// Where a chart's parts stand, in units of which a line of text is 11 high.
struct ChartLayout {
    struct Gap {  // nothing happens here, and the axis is broken
        int y = 0;
        Ps length = 0;
    };
    struct Page {  // lifelines reach from top to bottom, their boxes stand beyond
        int begin = 0;
        int top = 0;
        int bottom = 0;
    };
    int width = 0;
    int height = 0;
    bool landscape = false;
    int axis = 0;        // x
    std::vector<int> x;  // of the lifelines
    std::vector<int> y;  // of the rows
    std::vector<Gap> gaps;
    std::vector<Page> pages;  // of A4
    unsigned decimals = 6;    // of the times, in ms

    static constexpr int box_height = 24;
    static constexpr int half_row = 11;
    static constexpr int gap_height = 26;
    static constexpr int letter = 6;  // a wide one

    /// The part of a page that a stretch of time takes. False: none.
    bool stretch(const std::vector<ChartRow>& rows, const ChartSpan& span, const Page& page,
                 int& top, int& bottom) const;
};

/// Before each row, the time in which so much less happens than elsewhere that it is not drawn to
/// scale; 0 where it is.
std::vector<Ps> breaks(const std::vector<ChartRow>& rows);

ChartLayout layout(const SequenceChart& chart, const std::vector<ChartRow>& rows);

}  // namespace lmsim::viz::seq
