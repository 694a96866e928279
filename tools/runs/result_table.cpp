#include "tools/runs/result_table.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include "sim/core/version.hpp"
#include "tools/runs/figures.hpp"

namespace lmsim::runs {

namespace {

/// One statement, stepped through.
class Statement {
  public:
    Statement(sqlite3* database, const std::string& sql) : database_(database) {
        good_ = sqlite3_prepare_v2(database, sql.c_str(), -1, &statement_, nullptr) == SQLITE_OK;
    }
    ~Statement() { sqlite3_finalize(statement_); }
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;

    void bind(const std::string& text) {
        good_ = good_ &&
                sqlite3_bind_text(statement_, ++bound_, text.data(), static_cast<int>(text.size()),
                                  SQLITE_TRANSIENT) == SQLITE_OK;
    }
    void bind(std::int64_t number) {
        good_ = good_ && sqlite3_bind_int64(statement_, ++bound_, number) == SQLITE_OK;
    }
    void bind(const Json& value) {
        if (value.is_null()) {
            ++bound_;
        } else if (value.is_number_float()) {
            good_ = good_ && sqlite3_bind_double(statement_, ++bound_, value) == SQLITE_OK;
        } else if (value.is_number()) {
            bind(value.get<std::int64_t>());
        } else {
            bind(value.is_string() ? value.get<std::string>() : value.dump());
        }
    }
    /// True while there are rows.
    bool step() {
        const int code = good_ ? sqlite3_step(statement_) : SQLITE_ERROR;
        good_ = code == SQLITE_ROW || code == SQLITE_DONE;
        return code == SQLITE_ROW;
    }
    std::int64_t number(int column) const { return sqlite3_column_int64(statement_, column); }
    int columns() const { return sqlite3_column_count(statement_); }
    std::string title(int column) const { return sqlite3_column_name(statement_, column); }
    std::string text(int column) const {
        const auto* bytes = sqlite3_column_text(statement_, column);
        return bytes == nullptr
                   ? ""
                   : std::string(
                         reinterpret_cast<const char*>(bytes),
                         static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)));
    }
    std::string error() const { return good_ ? "" : sqlite3_errmsg(database_); }

  private:
    sqlite3* database_;
    sqlite3_stmt* statement_ = nullptr;
    int bound_ = 0;
    bool good_ = false;
};

/// A name within SQL.
std::string quoted(const std::string& name) {
    std::string out = "\"";
    for (const char c : name) {
        out += c == '"' ? "\"\"" : std::string(1, c);
    }
    return out + "\"";
}

const char* type_of(Unit unit) {
    return unit == Unit::Text || unit == Unit::Note ? "TEXT" : "INTEGER";
}

/// As a person would write it: a string without its quotes.
std::string plain(const std::string& value) {
    const Json text = Json::parse(value, nullptr, false);
    return text.is_string() ? text.get<std::string>() : value;
}

const char* status_of(const Outcome& outcome) {
    return !outcome.ok() ? "error" : outcome.code == cli::Ok ? "ok" : "unexpected";
}

std::string csv_cell(const std::string& text) {
    if (text.find_first_of(",\"\r\n") == std::string::npos) {
        return text;
    }
    return quoted(text);
}

}  // namespace

void ResultTable::Close::operator()(sqlite3* database) const { sqlite3_close(database); }

std::string ResultTable::run(const std::string& sql) const {
    char* message = nullptr;
    sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, &message);
    const std::string text = message == nullptr ? "" : message;
    sqlite3_free(message);
    return text;
}

sim::Result<ResultTable> ResultTable::open(const std::string& path) {
    sqlite3* database = nullptr;
    const int code = sqlite3_open(path.c_str(), &database);
    ResultTable table;
    table.database_.reset(database);
    if (code != SQLITE_OK) {
        return sim::Failure{path + ": " + sqlite3_errstr(code)};
    }
    constexpr int patience_ms = 10'000;  // for somebody who reads the table meanwhile
    sqlite3_busy_timeout(database, patience_ms);
    Statement tables(database,
                     "SELECT count(*) FROM sqlite_master WHERE name IN ('study', 'runs')");
    const std::int64_t known = tables.step() ? tables.number(0) : 0;
    if (!tables.error().empty()) {
        return sim::Failure{path + ": " + tables.error()};
    }
    if (known == 0) {
        return table;
    }
    Statement study(database, "SELECT value FROM study WHERE key = 'fingerprint'");
    if (known != 2 || !study.step()) {
        return sim::Failure{path + ": is not a table of results of lmsim"};
    }
    table.fingerprint_ = study.text(0);
    return table;
}

std::string ResultTable::begin(const Study& study) {
    std::string columns = "point INTEGER PRIMARY KEY";
    for (const std::string& key : study.keys) {
        columns += ", " + quoted(key) + " TEXT";
    }
    columns += ", seed INTEGER, status TEXT, error TEXT";
    for (const Figure& figure : figures()) {
        columns += fmt::format(", {} {}", quoted(figure.name), type_of(figure.unit));
    }
    // In one transaction: a file has all of it or is new.
    std::string problem =
        run("BEGIN; CREATE TABLE study (key TEXT PRIMARY KEY, value TEXT); "
            "CREATE TABLE runs (" +
            columns + ")");
    const std::vector<std::pair<std::string, std::string>> facts{
        {"fingerprint", study.fingerprint},
        {"name", study.params.name},
        {"description", study.params.description},
        {"file", study.file},
        {"version", version},
        {"points", std::to_string(study.points.size())}};
    for (const auto& fact : facts) {
        Statement insert(database_.get(), "INSERT INTO study VALUES (?, ?)");
        insert.bind(fact.first);
        insert.bind(fact.second);
        insert.step();
        problem = problem.empty() ? insert.error() : problem;
    }
    problem = problem.empty() ? run("COMMIT") : problem;
    fingerprint_ = study.fingerprint;
    return problem;
}

std::string ResultTable::add(std::size_t point, const StudyPoint& what, const Outcome& outcome) {
    std::string marks = "?, ?, ?, ?";
    for (std::size_t i = 0; i < what.values.size() + figures().size(); ++i) {
        marks += ", ?";
    }
    Statement insert(database_.get(), "INSERT OR REPLACE INTO runs VALUES (" + marks + ")");
    insert.bind(static_cast<std::int64_t>(point));
    for (const std::string& value : what.values) {
        insert.bind(plain(value));
    }
    insert.bind(static_cast<std::int64_t>(what.seed));
    insert.bind(std::string(status_of(outcome)));
    insert.bind(outcome.ok() ? Json() : Json(outcome.error));
    for (const Figure& figure : figures()) {
        insert.bind(outcome.ok() ? value_of(figure, outcome.result) : Json());
    }
    insert.step();
    return insert.error();
}

std::string ResultTable::take(const std::string& path, bool with_errors) {
    // Opened on its own first: what is none is told of, and what was cut off is put right.
    const auto part = open(path);
    if (!part || part.value().fingerprint() != fingerprint_) {
        return part ? path + ": is of another study" : part.error();
    }
    Statement attach(database_.get(), "ATTACH ? AS part");
    attach.bind(path);
    attach.step();
    if (!attach.error().empty()) {
        return attach.error();
    }
    const std::string problem =
        run(std::string("INSERT OR IGNORE INTO main.runs SELECT * FROM part.runs") +
            (with_errors ? "" : " WHERE status <> 'error'"));
    const std::string left = run("DETACH part");
    return problem.empty() ? left : problem;
}

std::vector<bool> ResultTable::done(std::size_t count) const {
    std::vector<bool> all(count, false);
    Statement rows(database_.get(), "SELECT point FROM runs");
    while (rows.step()) {
        const auto point = static_cast<std::size_t>(rows.number(0));
        if (point < count) {
            all[point] = true;
        }
    }
    return all;
}

Tally ResultTable::tally(std::size_t first, std::size_t last) const {
    Tally tally;
    Statement rows(database_.get(),
                   "SELECT status, count(*) FROM runs WHERE point >= ? AND point < ? "
                   "GROUP BY status");
    rows.bind(static_cast<std::int64_t>(first));
    rows.bind(static_cast<std::int64_t>(last));
    while (rows.step()) {
        const std::string status = rows.text(0);
        (status == "ok"      ? tally.well
         : status == "error" ? tally.errors
                             : tally.unexpected) += static_cast<std::size_t>(rows.number(1));
    }
    return tally;
}

std::vector<ResultTable::Error> ResultTable::errors(std::size_t first, std::size_t last,
                                                    std::size_t at_most) const {
    std::vector<Error> all;
    Statement rows(database_.get(),
                   "SELECT point, error FROM runs WHERE status = 'error' AND point >= ? AND "
                   "point < ? ORDER BY point");
    rows.bind(static_cast<std::int64_t>(first));
    rows.bind(static_cast<std::int64_t>(last));
    while (all.size() < at_most && rows.step()) {
        all.push_back({static_cast<std::size_t>(rows.number(0)), rows.text(1)});
    }
    return all;
}

std::string ResultTable::about(const std::string& key) const {
    Statement value(database_.get(), "SELECT value FROM study WHERE key = ?");
    value.bind(key);
    return value.step() ? value.text(0) : "";
}

std::string ResultTable::csv() const {
    Statement rows(database_.get(), "SELECT * FROM runs ORDER BY point");
    std::string out;
    for (int column = 0; column < rows.columns(); ++column) {
        out += (column == 0 ? "" : ",") + csv_cell(rows.title(column));
    }
    out += "\n";
    while (rows.step()) {
        for (int column = 0; column < rows.columns(); ++column) {
            out += (column == 0 ? "" : ",") + csv_cell(rows.text(column));
        }
        out += "\n";
    }
    return out;
}

}  // namespace lmsim::runs
