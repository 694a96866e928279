#include "tools/runs/study_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>

#include "sim/core/text.hpp"
#include "sim/core/version.hpp"
#include "tools/runs/figures.hpp"
#include "tools/runs/result_table.hpp"

namespace lmsim::runs {

namespace {

using Json = nlohmann::ordered_json;
using CsvRow = std::vector<std::string>;
namespace fs = std::filesystem;

std::string path_in(const std::string& folder, const char* name) {
    return (fs::path(folder) / name).string();
}

std::optional<std::string> file_text(const std::string& path) {
    std::ifstream stream(path, std::ios::binary);
    if (!stream) return std::nullopt;
    return std::string(std::istreambuf_iterator<char>(stream), {});
}

/// A table as ResultTable::csv() writes it.
std::vector<CsvRow> parse_csv(const std::string& text) {
    std::vector<CsvRow> rows;
    CsvRow row(1);
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (quoted && c == '"' && i + 1 < text.size() && text[i + 1] == '"') {
            row.back() += text[++i];
        } else if (c == '"') {
            quoted = !quoted;
        } else if (quoted || (c != ',' && c != '\n')) {
            row.back() += c;
        } else if (c == ',') {
            row.emplace_back();
        } else {
            rows.push_back(std::move(row));
            row = CsvRow(1);
        }
    }
    return rows;
}

/// "25Gbit/s" as a number in the base unit, so that values can stand on an axis; null if it is
/// none.
Json axis_number(const std::string& text) {
    static const std::map<std::string, double> units{{"", 1},
                                                     {"B", 1},
                                                     {"KiB", 1024},
                                                     {"MiB", 1048576},
                                                     {"GiB", 1073741824},
                                                     {"TiB", 1.099511627776e12},
                                                     {"kB", 1e3},
                                                     {"MB", 1e6},
                                                     {"GB", 1e9},
                                                     {"ps", 1},
                                                     {"ns", 1e3},
                                                     {"us", 1e6},
                                                     {"ms", 1e9},
                                                     {"s", 1e12},
                                                     {"bit/s", 1},
                                                     {"kbit/s", 1e3},
                                                     {"Mbit/s", 1e6},
                                                     {"Gbit/s", 1e9},
                                                     {"Tbit/s", 1e12},
                                                     {"/s", 1},
                                                     {"k/s", 1e3},
                                                     {"M/s", 1e6},
                                                     {"G/s", 1e9},
                                                     {"%", 0.01}};
    char* end = nullptr;
    const double value = std::strtod(text.c_str(), &end);
    const auto unit = units.find(end);
    return end == text.c_str() || unit == units.end() ? Json() : Json(value * unit->second);
}

const char* report_unit(Unit unit) {
    switch (unit) {
        case Unit::Text: return "text";
        case Unit::Note: return "note";
        case Unit::Count: return "count";
        case Unit::Bytes: return "B";
        case Unit::Picoseconds: return "ps";
        case Unit::Nanoseconds: return "ns";
        case Unit::Milliseconds: return "ms";
    }
    return "count";
}

/// The figures as the page calls them: what is indented in a table is a part of the one above.
Json report_figures() {
    Json all = Json::array();
    std::string whole;
    for (const Figure& figure : figures()) {
        const std::size_t from = figure.title.find_first_not_of(' ');
        std::string title = figure.title.substr(from);
        if (from == 0) {
            whole = title;
        } else {
            title = whole + ": " + title;
        }
        all.push_back(
            {{"name", figure.name}, {"title", title}, {"unit", report_unit(figure.unit)}});
    }
    return all;
}

Json report_data(const char* kind) {
    return {{"schema", "lmsim/report/1"},
            {"kind", kind},
            {"version", version},
            {"title", ""},
            {"notes", Json::array()}};
}

Json report_file(const std::string& directory, const char* name, const char* what) {
    std::error_code error;
    const auto bytes = fs::file_size(path_in(directory, name), error);
    return error ? Json() : Json{{"name", name}, {"bytes", bytes}, {"what", what}};
}

viz::ReportPage study_page(const Json& data) {
    viz::ReportPage page;
    page.title = data.at("title");
    page.data = data.dump(-1, ' ', false, Json::error_handler_t::replace);
    return page;
}

/// The table of a sweep and what is made of it.
class SweepTable {
  public:
    explicit SweepTable(std::vector<CsvRow> rows) : rows_(std::move(rows)) {
        titles_ = rows_.front();
        rows_.erase(rows_.begin());
        const auto seed = std::find(titles_.begin(), titles_.end(), "seed");
        keys_ = seed == titles_.end() ? 0 : static_cast<std::size_t>(seed - titles_.begin()) - 1;
    }

    Json axes() {
        Json all = Json::array();
        for (std::size_t k = 0; k < keys_; ++k) {
            Json values = Json::array();
            for (const CsvRow& row : rows_) {
                const std::string& text = row[k + 1];
                if (text.empty() || places_[k].count(text) != 0) continue;
                places_[k].emplace(text, values.size());
                values.push_back({{"text", text}, {"number", axis_number(text)}});
            }
            all.push_back({{"key", titles_[k + 1]}, {"values", std::move(values)}});
        }
        return all;
    }

    /// Percentiles over the seeds of each combination, by nearest rank.
    Json points() const {
        std::vector<std::pair<CsvRow, std::vector<const CsvRow*>>> groups;
        for (const CsvRow& row : rows_) {
            CsvRow at(row.begin() + 1, row.begin() + 1 + static_cast<std::ptrdiff_t>(keys_));
            const auto group = std::find_if(groups.begin(), groups.end(),
                                            [&](const auto& one) { return one.first == at; });
            if (group == groups.end()) {
                groups.push_back({std::move(at), {&row}});
            } else {
                group->second.push_back(&row);
            }
        }
        Json all = Json::array();
        for (const auto& [at, rows] : groups) {
            Json indexes = Json::array();
            for (std::size_t k = 0; k < keys_; ++k) {
                const auto place = places_.at(k).find(at[k]);
                indexes.push_back(place == places_.at(k).end() ? Json() : Json(place->second));
            }
            all.push_back({{"at", std::move(indexes)},
                           {"runs", rows.size()},
                           {"ok", count(rows, "ok")},
                           {"stats", stats(rows)}});
        }
        return all;
    }

    Json summary() const {
        std::vector<const CsvRow*> all;
        for (const CsvRow& row : rows_) all.push_back(&row);
        Json failed = Json::array();
        for (const CsvRow& row : rows_) {
            if (cell(row, "status") == "error") {
                failed.push_back({{"point", axis_number(row[0])}, {"error", cell(row, "error")}});
            }
        }
        return {{"runs", rows_.size()},
                {"ok", count(all, "ok")},
                {"unexpected", count(all, "unexpected")},
                {"errors", count(all, "error")},
                {"failed", std::move(failed)}};
    }

    const CsvRow& titles() const { return titles_; }
    const std::vector<CsvRow>& rows() const { return rows_; }
    bool whole() const {
        return keys_ > 0 && std::all_of(rows_.begin(), rows_.end(), [&](const CsvRow& row) {
                   return row.size() == titles_.size();
               });
    }

  private:
    std::string cell(const CsvRow& row, std::string_view title) const {
        const auto found = std::find(titles_.begin(), titles_.end(), title);
        return found == titles_.end() ? "" : row[static_cast<std::size_t>(found - titles_.begin())];
    }
    std::size_t count(const std::vector<const CsvRow*>& rows, std::string_view status) const {
        return static_cast<std::size_t>(
            std::count_if(rows.begin(), rows.end(),
                          [&](const CsvRow* row) { return cell(*row, "status") == status; }));
    }
    Json stats(const std::vector<const CsvRow*>& rows) const {
        Json all = Json::object();
        for (const Figure& figure : figures()) {
            if (figure.unit == Unit::Text || figure.unit == Unit::Note) continue;
            std::vector<std::int64_t> values;
            for (const CsvRow* row : rows) {
                const std::string text = cell(*row, figure.name);
                if (!text.empty()) values.push_back(std::strtoll(text.c_str(), nullptr, 10));
            }
            if (values.empty()) continue;
            std::sort(values.begin(), values.end());
            const auto rank = [&](std::size_t percent) {
                const std::size_t n = (values.size() * percent + 99) / 100;
                return values[n == 0 ? 0 : n - 1];
            };
            all[figure.name] = {values.front(), rank(10), rank(50), rank(90), values.back()};
        }
        return all;
    }

    CsvRow titles_;
    std::vector<CsvRow> rows_;
    std::size_t keys_ = 0;
    std::map<std::size_t, std::map<std::string, std::size_t>> places_;
};

}  // namespace

sim::Result<viz::ReportPage> sweep_report(const std::string& directory) {
    const std::string database = path_in(directory, sweep_table);
    std::string csv;
    Json data = report_data("sweep");
    std::error_code ignored;
    if (fs::exists(database, ignored)) {
        const auto table = ResultTable::open(database);
        if (!table) return sim::Failure{table.error()};
        if (table.value().fingerprint().empty()) {
            return sim::Failure{sim::printable(database) + ": it has no results yet"};
        }
        csv = table.value().csv();
        data["title"] = table.value().about("name");
    } else {
        csv = file_text(path_in(directory, sweep_csv)).value_or("");
    }
    std::vector<CsvRow> rows = parse_csv(csv);
    if (rows.empty()) rows.emplace_back();
    SweepTable sweep(std::move(rows));
    if (!sweep.whole()) {
        return sim::Failure{
            fmt::format("{}: its table is none of a sweep; expected what lmsim "
                        "sweep --out leaves",
                        sim::printable(directory))};
    }
    data["summary"] = sweep.summary();
    data["axes"] = sweep.axes();
    data["figures"] = report_figures();
    data["columns"] = sweep.titles();
    data["rows"] = sweep.rows();
    data["points"] = sweep.points();
    data["files"] = Json::array();
    for (const Json& file :
         {report_file(directory, sweep_csv, "a row for each run"),
          report_file(directory, sweep_table, "the same, to ask questions of")}) {
        if (!file.is_null()) data["files"].push_back(file);
    }
    return study_page(data);
}

namespace {

/// "channel.bandwidth, vmm.engine", or the scenarios if nothing else is varied.
std::string what_varies(const Json& columns) {
    std::vector<std::string> names;
    for (const Json& column : columns) {
        const Json set = column.value("set", Json::object());
        for (const auto& [key, value] : set.items()) {
            names.push_back(key);
        }
        const std::string scenario = column.value("scenario", "");
        if (!scenario.empty()) names.push_back(scenario);
    }
    std::string out;
    for (auto name = names.begin(); name != names.end(); ++name) {
        if (std::find(names.begin(), name, *name) == name) out += (out.empty() ? "" : ", ") + *name;
    }
    return out.empty() ? "Comparison" : out;
}

}  // namespace

sim::Result<viz::ReportPage> compare_report(const std::string& directory) {
    const std::string file = path_in(directory, compare_file);
    Json compare = Json::parse(file_text(file).value_or(""), nullptr, false);
    if (!compare.is_object() || compare.value("schema", "") != "lmsim/compare/1" ||
        !compare.value("columns", Json()).is_array()) {
        return sim::Failure{
            fmt::format("{}: expected what lmsim compare --out leaves, of schema "
                        "\"lmsim/compare/1\"",
                        sim::printable(file))};
    }
    Json data = report_data("compare");
    data["title"] = what_varies(compare["columns"]);
    data["compare"] = std::move(compare);
    data["figures"] = report_figures();
    data["files"] = Json::array({report_file(directory, compare_file, "all figures, exactly")});
    return study_page(data);
}

}  // namespace lmsim::runs
