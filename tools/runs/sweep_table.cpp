#include "tools/runs/sweep_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>

#include "sim/core/units.hpp"
#include "sim/metrics/display.hpp"
#include "sim/metrics/text_table.hpp"

namespace lmsim::runs {

namespace {

/// A table as ResultTable::csv() writes it.
std::vector<SweepTable::Row> parse_csv(const std::string& text) {
    std::vector<SweepTable::Row> rows;
    SweepTable::Row row(1);
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
            row = SweepTable::Row(1);
        }
    }
    return rows;
}

template <class... Quantities>
SweepTable::Json quantity(const std::string& text) {
    SweepTable::Json number;
    const auto take = [&number](const auto& parsed) {
        if (parsed && number.is_null()) number = parsed.value().raw();
    };
    (take(sim::parse<Quantities>(text)), ...);
    return number;
}

/// "25Gbit/s" as a number in the base unit, so that values can stand on an axis; null if it is
/// none.
SweepTable::Json axis_number(const std::string& text) {
    char* end = nullptr;
    const double plain = std::strtod(text.c_str(), &end);
    if (!text.empty() && *end == '\0') return plain;
    return quantity<sim::Time, sim::Bytes, sim::Bandwidth, sim::Rate, sim::Share>(text);
}

const Figure& figure_named(std::string_view name) {
    return *std::find_if(figures().begin(), figures().end(),
                         [&](const Figure& figure) { return figure.name == name; });
}

/// The value that so many percent of all do not exceed (nearest rank). `sorted` has some.
std::int64_t ranked(const std::vector<std::int64_t>& sorted, std::size_t percent) {
    const std::size_t n = (sorted.size() * percent + 99) / 100;
    return sorted[n == 0 ? 0 : n - 1];
}

}  // namespace

std::string short_key(const std::string& key, const std::vector<std::string>& all) {
    const auto last = [](const std::string& name) { return name.substr(name.rfind('.') + 1); };
    const auto alike = std::count_if(all.begin(), all.end(), [&](const std::string& other) {
        return other != key && last(other) == last(key);
    });
    return alike == 0 ? last(key) : key;
}

std::string span_text(const std::vector<NamedTime>& times, std::size_t others, bool several_seeds) {
    const std::string not_completed =
        others == 0 ? "" : fmt::format("; of {} no migration completed", others);
    if (times.size() < 2) return "";
    const auto less = [](const NamedTime& a, const NamedTime& b) { return a.time < b.time; };
    const auto least = std::min_element(times.begin(), times.end(), less);
    const auto most = std::max_element(times.begin(), times.end(), less);
    const char* which = several_seeds ? ", the median over the seeds" : "";
    if (least->time == most->time) {
        return fmt::format("The guest stood still for {} everywhere{}{}.",
                           sim::metrics::readable_time(least->time), which, not_completed);
    }
    return fmt::format("The guest stood still for {} at best ({}), for {} at worst ({}){}{}.",
                       sim::metrics::readable_time(least->time), least->name,
                       sim::metrics::readable_time(most->time), most->name, which, not_completed);
}

SweepTable::SweepTable(const std::string& csv) : rows_(parse_csv(csv)) {
    if (rows_.empty()) return;
    titles_ = rows_.front();
    rows_.erase(rows_.begin());
    // "point", what varies, "seed", "status", "error", and the figures.
    const auto seed = std::find(titles_.begin(), titles_.end(), "seed");
    headed_ = titles_.front() == "point" && titles_.end() - seed >= 3;
    if (!whole()) return;
    keys_ = static_cast<std::size_t>(seed - titles_.begin()) - 1;
    places_.resize(keys_);
    for (const Row& row : rows_) {
        for (std::size_t k = 0; k < keys_; ++k) {
            places_[k].emplace(row[k + 1], places_[k].size());
        }
    }
}

bool SweepTable::whole() const {
    return headed_ && std::all_of(rows_.begin(), rows_.end(),
                                  [&](const Row& row) { return row.size() == titles_.size(); });
}

bool SweepTable::several_seeds() const {
    return std::any_of(rows_.begin(), rows_.end(), [&](const Row& row) {
        return cell(row, "seed") != cell(rows_.front(), "seed");
    });
}

SweepTable::Json SweepTable::axes() const {
    Json all = Json::array();
    for (std::size_t k = 0; k < keys_; ++k) {
        Json values = Json::array();
        values.get_ref<Json::array_t&>().resize(places_[k].size());
        for (const auto& [text, place] : places_[k]) {
            values[place] = {{"text", text}, {"number", axis_number(text)}};
        }
        all.push_back({{"key", titles_[k + 1]}, {"values", std::move(values)}});
    }
    return all;
}

std::vector<SweepTable::Point> SweepTable::grouped() const {
    std::vector<Point> points;
    std::map<Row, std::size_t> known;
    for (const Row& row : rows_) {
        Row at(row.begin() + 1, row.begin() + 1 + static_cast<std::ptrdiff_t>(keys_));
        const auto [place, is_new] = known.emplace(at, points.size());
        if (is_new) points.push_back({std::move(at), {}});
        points[place->second].rows.push_back(&row);
    }
    return points;
}

SweepTable::Json SweepTable::points() const {
    Json all = Json::array();
    for (const Point& point : grouped()) {
        Json indexes = Json::array();
        for (std::size_t k = 0; k < keys_; ++k) {
            indexes.push_back(places_[k].at(point.at[k]));
        }
        all.push_back({{"at", std::move(indexes)},
                       {"runs", point.rows.size()},
                       {"ok", count(point.rows, "ok")},
                       {"completed", completed(point.rows).size()},
                       {"stats", stats(point.rows)}});
    }
    return all;
}

SweepTable::Json SweepTable::summary() const {
    std::vector<const Row*> all;
    Json failed = Json::array();
    for (const Row& row : rows_) {
        all.push_back(&row);
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

std::vector<NamedTime> SweepTable::downtimes() const {
    std::vector<NamedTime> all;
    for (const Point& point : grouped()) {
        const auto some = values(point.rows, figure_named("downtime_ps"));
        if (!some.empty()) all.push_back({name_of(point.at), ranked(some, 50)});
    }
    return all;
}

std::string SweepTable::headline() const {
    const auto known = downtimes();
    return span_text(known, grouped().size() - known.size(), several_seeds());
}

std::string SweepTable::markdown() const {
    using sim::metrics::markdown_text;
    sim::metrics::TextTable table;
    for (std::size_t k = 0; k < keys_; ++k)
        table.columns.push_back({markdown_text(titles_[k + 1])});
    for (const char* title : {"runs", "ok", "downtime", "p10", "p90", "total time"}) {
        table.columns.push_back({title, sim::metrics::right});
    }
    for (const Point& point : grouped()) {
        std::vector<std::string> row;
        for (const std::string& value : point.at) row.push_back(markdown_text(value));
        row.push_back(std::to_string(point.rows.size()));
        row.push_back(std::to_string(count(point.rows, "ok")));
        const auto add = [&row](const std::vector<std::int64_t>& some, std::size_t percent) {
            row.push_back(some.empty() ? "-" : sim::metrics::readable_time(ranked(some, percent)));
        };
        const auto downtime = values(point.rows, figure_named("downtime_ps"));
        for (const std::size_t percent : {50, 10, 90}) add(downtime, percent);
        add(values(point.rows, figure_named("total_time_ps")), 50);
        table.rows.push_back(std::move(row));
    }
    return table.markdown();
}

std::string SweepTable::cell(const Row& row, std::string_view title) const {
    const auto found = std::find(titles_.begin(), titles_.end(), title);
    return found == titles_.end() ? "" : row[static_cast<std::size_t>(found - titles_.begin())];
}

std::size_t SweepTable::count(const std::vector<const Row*>& rows, std::string_view status) const {
    return static_cast<std::size_t>(std::count_if(
        rows.begin(), rows.end(), [&](const Row* row) { return cell(*row, "status") == status; }));
}

std::vector<const SweepTable::Row*> SweepTable::completed(
    const std::vector<const Row*>& rows) const {
    std::vector<const Row*> some;
    std::copy_if(rows.begin(), rows.end(), std::back_inserter(some),
                 [&](const Row* row) { return cell(*row, "outcome") == "completed"; });
    return some;
}

/// Ascending. A downtime is of migrations that completed.
std::vector<std::int64_t> SweepTable::values(const std::vector<const Row*>& rows,
                                             const Figure& figure) const {
    std::vector<std::int64_t> all;
    for (const Row* row : is_downtime(figure) ? completed(rows) : rows) {
        const std::string text = cell(*row, figure.name);
        if (!text.empty()) all.push_back(std::strtoll(text.c_str(), nullptr, 10));
    }
    std::sort(all.begin(), all.end());
    return all;
}

SweepTable::Json SweepTable::stats(const std::vector<const Row*>& rows) const {
    Json all = Json::object();
    for (const Figure& figure : figures()) {
        if (figure.unit == Unit::Text || figure.unit == Unit::Note) continue;
        const auto some = values(rows, figure);
        if (some.empty()) continue;
        all[figure.name] = {some.front(), ranked(some, 10), ranked(some, 50), ranked(some, 90),
                            some.back()};
    }
    return all;
}

std::string SweepTable::name_of(const Row& at) const {
    const Row keys(titles_.begin() + 1, titles_.begin() + 1 + static_cast<std::ptrdiff_t>(keys_));
    std::string name;
    for (std::size_t k = 0; k < keys_; ++k) {
        name += (name.empty() ? "" : ", ") + short_key(keys[k], keys) + " " +
                (at[k].empty() ? "(empty)" : at[k]);
    }
    return name;
}

}  // namespace lmsim::runs
