#include <fmt/format.h>

#include <algorithm>

#include "tools/runs/early_stop.hpp"
#include "tools/runs/result_table.hpp"
#include "tools/runs/sql_statement.hpp"

namespace lmsim::runs {

namespace {

/// One row of `points`: of the seeds of a combination those that have the figure.
void bind_statistics(SqlStatement& insert, const StopParams& stop,
                     std::vector<std::int64_t>& values) {
    insert.bind(static_cast<std::int64_t>(values.size()));
    if (values.empty()) {
        for (int i = 0; i < 6; ++i) insert.bind_null();
        return;
    }
    std::sort(values.begin(), values.end());
    double sum = 0;
    for (const std::int64_t value : values) sum += static_cast<double>(value);
    const auto real = [&insert](double value) {
        insert.bind(RowCell{RowCell::Kind::Real, 0, value, {}});
    };
    real(sum / static_cast<double>(values.size()));
    for (const std::uint32_t percentile : {500'000U, 900'000U, 990'000U}) {
        insert.bind(ranked_ppm(values, percentile));
    }
    const auto estimate = estimate_of(stop, values);
    if (!estimate) {
        insert.bind_null();
        return insert.bind_null();
    }
    real(estimate->lower);
    real(estimate->upper);
}

}  // namespace

void ResultTable::values(
    const std::string& figure, std::size_t first, std::size_t last,
    const std::function<void(std::size_t, std::optional<std::int64_t>)>& take) const {
    SqlStatement rows(database_.get(),
                      fmt::format("SELECT point, {} FROM runs WHERE point >= ? AND point < ? "
                                  "ORDER BY point",
                                  sql_name(figure)));
    rows.bind(static_cast<std::int64_t>(first));
    rows.bind(static_cast<std::int64_t>(last));
    while (rows.step()) {
        const auto point = static_cast<std::size_t>(rows.number(0));
        take(point, rows.is_null(1) ? std::nullopt : std::optional<std::int64_t>(rows.number(1)));
    }
}

std::string ResultTable::write_points(const Study& study) {
    if (study.seeds < 2) {
        return {};
    }
    StopParams stop = study.params.stop;
    if (stop.figure.empty()) {
        stop.figure = "downtime_ps";
    }
    std::string columns = "combination INTEGER PRIMARY KEY";
    std::string marks = "?";
    for (const std::string& key : study.keys) {
        columns += ", " + sql_name(key) + " TEXT";
        marks += ", ?";
    }
    std::string problem =
        run("BEGIN; DROP TABLE IF EXISTS points; CREATE TABLE points (" + columns +
            ", figure TEXT, n INTEGER, mean REAL, p50 INTEGER, p90 INTEGER, p99 INTEGER, "
            "lower REAL, upper REAL)");
    SqlStatement insert(database_.get(),
                        "INSERT INTO points VALUES (" + marks + ", ?, ?, ?, ?, ?, ?, ?, ?)");
    std::vector<std::int64_t> seen;
    std::size_t combination = 0;
    bool any = false;
    const auto end = [&] {
        if (!any || !problem.empty()) return;
        insert.rewind();
        insert.bind(static_cast<std::int64_t>(combination));
        for (const std::string& value : study.point(combination * study.seeds).values) {
            insert.bind(plain_value(value));
        }
        insert.bind_kept(stop.figure);
        bind_statistics(insert, stop, seen);
        insert.step();
        problem = insert.error();
        seen.clear();
        any = false;
    };
    values(stop.figure, 0, study.size(), [&](std::size_t point, std::optional<std::int64_t> value) {
        if (point / study.seeds != combination) end();
        combination = point / study.seeds;
        any = true;
        if (value) seen.push_back(*value);
    });
    end();
    return problem.empty() ? run("COMMIT") : problem;
}

Json ResultTable::points() const {
    Json all = Json::array();
    SqlStatement rows(database_.get(), "SELECT * FROM points ORDER BY combination");
    while (rows.step()) {
        Json row = Json::object();
        for (int column = 0; column < rows.columns(); ++column) {
            const RowCell cell = rows.cell(column);
            row[rows.title(column)] = cell.kind == RowCell::Kind::Integer ? Json(cell.integer)
                                      : cell.kind == RowCell::Kind::Real  ? Json(cell.real)
                                      : cell.kind == RowCell::Kind::Null
                                          ? Json(nullptr)
                                          : Json(std::string(cell.text));
        }
        all.push_back(std::move(row));
    }
    return all;
}

std::uint64_t ResultTable::bytes() const {
    SqlStatement count(database_.get(), "PRAGMA page_count");
    SqlStatement size(database_.get(), "PRAGMA page_size");
    return count.step() && size.step()
               ? static_cast<std::uint64_t>(count.number(0) * size.number(0))
               : 0;
}

std::string ResultTable::set_count(std::size_t runs) {
    return run(fmt::format("UPDATE study SET value = '{}' WHERE key = 'points'", runs));
}

}  // namespace lmsim::runs
