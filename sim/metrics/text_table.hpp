#pragma once

#include <string>
#include <vector>

namespace lmsim::sim::metrics {

/// A small table that is printed for a terminal or as Markdown. Cells are taken as they are.
struct TextTable {
    enum class Align { Left, Right };

    /// A column's title, and to which side its cells go.
    struct Column {
        std::string title;  // all empty: no line of titles on the terminal
        Align align = Align::Left;
    };
    std::vector<Column> columns;
    std::vector<std::vector<std::string>> rows;  // as many cells as columns

    /// Lines that end in '\n', each indented by two blanks and without blanks at its end.
    std::string terminal() const;
    std::string markdown() const;
};
constexpr auto right = TextTable::Align::Right;

}  // namespace lmsim::sim::metrics
