#include "tools/runs/comparison.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "sim/core/schemas.hpp"
#include "sim/metrics/display.hpp"
#include "sim/metrics/text_table.hpp"

namespace lmsim::runs {

namespace {

using sim::metrics::TextTable;
using Escape = std::string (*)(std::string_view);

/// How the numbers of one row are printed: all in the same unit, so that they can be compared.
struct Scale {
    double divisor = 1;
    int decimals = 0;
    const char* unit = "";
};

Scale scale_of(Unit unit, double most) {
    constexpr double kibi = 1024;
    switch (unit) {
        case Unit::Nanoseconds: most *= 1e3; [[fallthrough]];
        case Unit::Picoseconds: {
            const double ps = unit == Unit::Nanoseconds ? 1e3 : 1;
            if (most >= 10e12) return {1e12 / ps, 3, ", s"};
            if (most >= 1e9) return {1e9 / ps, 3, ", ms"};
            return {1e6 / ps, 3, ", us"};
        }
        case Unit::Bytes:
            if (most >= 10 * kibi * kibi * kibi) return {kibi * kibi * kibi, 2, ", GiB"};
            if (most >= 10 * kibi * kibi) return {kibi * kibi, 2, ", MiB"};
            if (most >= 10 * kibi) return {kibi, 2, ", KiB"};
            return {1, 0, ", B"};
        case Unit::Milliseconds: return {1, 0, ", ms"};
        default: return {};
    }
}

std::string number_text(const Json& value, const Scale& scale) {
    if (value.is_null()) return "-";
    if (!value.is_number()) return value.get<std::string>();
    return fmt::format("{:.{}f}", value.get<double>() / scale.divisor, scale.decimals);
}

std::string cell_text(const Cell& cell, const Scale& scale) {
    std::string text = number_text(cell.middle, scale);
    const std::string least = number_text(cell.least, scale);
    const std::string most = number_text(cell.most, scale);
    return least == most ? text : fmt::format("{} ({} to {})", text, least, most);
}

bool is_something(const Json& value) {
    return value.is_string() ? !value.get_ref<const std::string&>().empty()
                             : value.is_number() && value.get<double>() != 0;
}

/// The texts and how many runs have each, most of them first.
Json counted(const std::vector<Json>& values) {
    std::map<std::string, std::size_t> counts;
    for (const Json& value : values) {
        ++counts[value.get<std::string>()];
    }
    if (counts.size() == 1) {
        return counts.begin()->first;
    }
    std::vector<std::pair<std::string, std::size_t>> sorted(counts.begin(), counts.end());
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const auto& a, const auto& b) { return a.second > b.second; });
    std::string text;
    for (const auto& each : sorted) {
        text += fmt::format("{}{} ({})", text.empty() ? "" : ", ", each.first, each.second);
    }
    return text;
}

/// What the column is called: its scenario and what was varied in it.
std::string title_of(const Comparison::Column& column) {
    std::string title = column.scenario;
    for (const Setting& setting : column.settings) {
        title += (title.empty() ? "" : ", ") + setting.value;
    }
    return title;
}

std::string escaped(std::string_view text, bool markdown) {
    const Escape escape = markdown ? sim::metrics::markdown_text : sim::metrics::terminal_text;
    return escape(text);
}

/// Titles, and rows for all keys but the first.
TextTable empty_table(const Comparison& comparison, bool markdown) {
    const Comparison::Column& first = comparison.columns.front();
    const bool named = !first.scenario.empty();
    TextTable table;
    table.columns.push_back(
        {named || first.settings.empty() ? "" : escaped(first.settings.front().key, markdown)});
    for (const Comparison::Column& column : comparison.columns) {
        const std::string title = named                     ? column.scenario
                                  : column.settings.empty() ? "run"
                                                            : column.settings.front().value;
        table.columns.push_back({escaped(title, markdown), TextTable::Align::Right});
    }
    for (std::size_t key = named ? 0 : 1; key < first.settings.size(); ++key) {
        std::vector<std::string> row{escaped(first.settings[key].key, markdown)};
        for (const Comparison::Column& column : comparison.columns) {
            row.push_back(escaped(column.settings[key].value, markdown));
        }
        table.rows.push_back(std::move(row));
    }
    return table;
}

/// Of each column; none if the figure is not to be shown here.
std::vector<Cell> cells_of(const Figure& figure, const Comparison& comparison) {
    std::vector<Cell> cells;
    bool any = false;
    bool different = false;
    Json first;
    for (const Comparison::Column& column : comparison.columns) {
        cells.push_back(cell_of(figure, column));
        any = any || is_something(cells.back().most);
        const Json& middle = cells.back().middle;
        first = first.is_null() ? middle : first;
        different = different || (!middle.is_null() && middle != first);
    }
    const bool shown = figure.shown == Shown::Always || (figure.shown == Shown::IfAny && any) ||
                       (figure.shown == Shown::IfDifferent && different);
    return shown ? cells : std::vector<Cell>();
}

/// The last row that is no part of another one.
struct Whole {
    Unit unit = Unit::Text;
    Scale scale;
};

void add_row(TextTable& table, const Comparison& comparison, const Figure& figure, Whole& whole,
             bool markdown) {
    const std::vector<Cell> cells = cells_of(figure, comparison);
    if (cells.empty()) {
        return;
    }
    double largest = 0;
    for (const Cell& cell : cells) {
        largest = cell.most.is_number() ? std::max(largest, cell.most.get<double>()) : largest;
    }
    const std::size_t indent = figure.title.find_first_not_of(' ');
    // Parts are in the unit of the whole above them.
    const bool part = indent != 0 && figure.unit == Unit::Picoseconds && whole.unit == figure.unit;
    const Scale scale = part ? whole.scale : scale_of(figure.unit, largest);
    if (indent == 0) {
        whole = {figure.unit, scale};
    }
    std::string title = escaped(figure.title + scale.unit, markdown);
    if (markdown && indent != 0) {
        title = "- " + title.substr(indent);
    }
    std::vector<std::string> row{std::move(title)};
    for (const Cell& cell : cells) {
        row.push_back(escaped(cell_text(cell, scale), markdown));
    }
    table.rows.push_back(std::move(row));
}

std::string bullet(const std::string& title, std::string text, bool markdown) {
    for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n')) {
        text.replace(end, 1, "; ");
    }
    return fmt::format("{}{}: {}\n", markdown ? "* " : "  ", escaped(title, markdown),
                       escaped(text, markdown));
}

std::string section(const std::string& title, const std::string& lines, bool markdown) {
    return lines.empty() ? "" : "\n" + title + (markdown ? ":\n\n" : "\n") + lines;
}

/// What cannot be run, what went wrong in a run, and what needs more words than a cell holds.
std::string notes(const Comparison& comparison, bool markdown) {
    std::string refused;
    std::string missed;
    for (const Comparison::Column& column : comparison.columns) {
        const std::string title = title_of(column).empty() ? "run" : title_of(column);
        for (const Outcome& outcome : column.outcomes) {
            if (!outcome.ok()) {
                refused += bullet(title, outcome.error, markdown);
                break;  // the other seeds have the same to say
            }
            if (outcome.code != cli::Ok) {
                const Json& result = outcome.result;
                const Json& text =
                    result["expectation"]["met"] ? result["reason"] : result["expectation"]["text"];
                missed += bullet(fmt::format("{}, seed {}", title, result["seed"].dump()),
                                 text.get<std::string>(), markdown);
            }
        }
    }
    std::string out =
        section("Cannot be run", refused, markdown) + section("Not as expected", missed, markdown);
    for (const Figure& figure : figures()) {
        if (figure.unit != Unit::Note) {
            continue;
        }
        std::string lines;
        std::size_t at = 0;
        for (const Cell& cell : cells_of(figure, comparison)) {
            const std::string title = title_of(comparison.columns[at++]);
            if (is_something(cell.middle)) {
                lines += bullet(title, cell.middle.get<std::string>(), markdown);
            }
        }
        out += section(figure.title, lines, markdown);
    }
    return out;
}

}  // namespace

bool Comparison::well() const {
    return std::all_of(columns.begin(), columns.end(), [](const Column& column) {
        return std::all_of(column.outcomes.begin(), column.outcomes.end(),
                           [](const Outcome& outcome) { return outcome.code == cli::Ok; });
    });
}

Cell cell_of(const Figure& figure, const Comparison::Column& column) {
    std::vector<Json> values;
    for (const Outcome& outcome : column.outcomes) {
        Json value = outcome.ok() ? value_of(figure, outcome.result) : Json();
        if (!value.is_null()) {
            values.push_back(std::move(value));
        }
    }
    if (values.empty()) {
        return {};
    }
    if (values.front().is_string()) {
        const Json all = counted(values);
        return {all, all, all};
    }
    std::sort(values.begin(), values.end());
    return {values[(values.size() - 1) / 2], values.front(), values.back()};
}

std::string comparison_text(const Comparison& comparison, bool markdown) {
    TextTable table = empty_table(comparison, markdown);
    Whole whole;
    for (const Figure& figure : figures()) {
        if (figure.unit != Unit::Note) {
            add_row(table, comparison, figure, whole, markdown);
        }
    }
    return (markdown ? table.markdown() : table.terminal()) + notes(comparison, markdown);
}

Json comparison_json(const Comparison& comparison) {
    Json json;
    json["schema"] = sim::schema::Compare;
    json["name"] = comparison.name;
    json["description"] = comparison.description;
    json["command"] = comparison.command;
    json["columns"] = Json::array();
    for (const Comparison::Column& column : comparison.columns) {
        Json each;
        each["scenario"] = column.scenario;
        each["set"] = Json::object();
        for (const Setting& setting : column.settings) {
            each["set"][setting.key] = setting.value;
        }
        each["runs"] = column.outcomes.size();
        each["errors"] = Json::array();
        each["ok"] = true;
        for (const Outcome& outcome : column.outcomes) {
            each["ok"] = each["ok"] && outcome.code == cli::Ok;
            if (!outcome.ok()) {
                each["errors"].push_back(outcome.error);
            }
        }
        for (const Figure& figure : figures()) {
            const Cell cell = cell_of(figure, column);
            each["figures"][figure.name] = cell.middle;
            if (column.outcomes.size() > 1 && cell.middle.is_number()) {
                each["least"][figure.name] = cell.least;
                each["most"][figure.name] = cell.most;
            }
        }
        json["columns"].push_back(std::move(each));
    }
    return json;
}

}  // namespace lmsim::runs
