#pragma once

#include <string>
#include <vector>

namespace lmsim::viz {

/// Who told whom what, without a time: a run of the explorer. Texts are raw.
struct UntimedChart {
    struct Row {
        std::string from;
        std::string to;  // empty: a note on `from`
        std::string text;
        bool bad = false;  // here something fell that must hold
    };
    std::string title;
    std::string description;  // in a sentence, for those who do not see it
    std::vector<Row> rows;
    std::size_t cycle = 0;  // rows from here on repeat for ever; none if there are no such rows
};

/// The chart in Mermaid: rows are numbered, lifelines stand in the order in which they appear.
std::string untimed_mermaid(const UntimedChart& chart);

}  // namespace lmsim::viz
