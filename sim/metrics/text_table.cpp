#include "sim/metrics/text_table.hpp"

#include <algorithm>

#include "model/assert.hpp"

namespace lmsim::sim::metrics {
namespace {

/// Characters, not bytes: names may hold UTF-8.
std::size_t columns_of(const std::string& text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
    }));
}

std::vector<std::string> titles(const TextTable& table) {
    std::vector<std::string> row;
    for (const TextTable::Column& column : table.columns) row.push_back(column.title);
    return row;
}

std::string line(const TextTable& table, const std::vector<std::size_t>& widths,
                 const std::vector<std::string>& cells) {
    LMSIM_ASSERT(cells.size() == table.columns.size());
    std::string out;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        const std::string blanks(widths[i] - columns_of(cells[i]), ' ');
        const bool right = table.columns[i].align == TextTable::Align::Right;
        out += "  " + (right ? blanks + cells[i] : cells[i] + blanks);
    }
    out.erase(out.find_last_not_of(' ') + 1);
    return out + "\n";
}

}  // namespace

std::string TextTable::terminal() const {
    const std::vector<std::string> head = titles(*this);
    std::vector<std::size_t> widths;
    for (std::size_t i = 0; i < columns.size(); ++i) {
        std::size_t width = columns_of(head[i]);
        for (const auto& row : rows) width = std::max(width, columns_of(row[i]));
        widths.push_back(width);
    }
    std::string out;
    const auto titled = [](const std::string& title) { return !title.empty(); };
    if (std::any_of(head.begin(), head.end(), titled)) out += line(*this, widths, head);
    for (const auto& row : rows) out += line(*this, widths, row);
    return out;
}

std::string TextTable::markdown() const {
    const auto joined = [](const std::vector<std::string>& cells) {
        std::string out = "|";
        for (const std::string& cell : cells) out += cell.empty() ? " |" : " " + cell + " |";
        return out + "\n";
    };
    std::string out = joined(titles(*this)) + "|";
    for (const Column& column : columns) out += column.align == Align::Right ? "---:|" : "---|";
    out += "\n";
    for (const auto& row : rows) out += joined(row);
    return out;
}

}  // namespace lmsim::sim::metrics
