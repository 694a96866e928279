#include "tools/runs/result_table.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>

#include "sim/core/text.hpp"
#include "sim/core/version.hpp"
#include "sim/trace/output_file.hpp"
#include "tools/runs/figure_row.hpp"
#include "tools/runs/figures.hpp"
#include "tools/runs/sql_statement.hpp"

namespace lmsim::runs {

namespace {

const char* type_of(Unit unit) {
    return unit == Unit::Text || unit == Unit::Note ? "TEXT" : "INTEGER";
}

const char* status_of(const PointRow& row) {
    return !row.ok() ? "error" : row.code == cli::Ok ? "ok" : "unexpected";
}

/// As a command line has them.
std::string set_options(const std::vector<std::string>& set) {
    std::string text;
    for (const std::string& each : set) text += " --set " + sim::shell_word(each);
    return text;
}

std::string csv_cell(const std::string& text) {
    if (text.find_first_of(",\"\r\n") == std::string::npos) {
        return text;
    }
    return sql_name(text);
}

}  // namespace

std::string sql_name(const std::string& name) {
    std::string out = "\"";
    for (const char c : name) {
        out += c == '"' ? "\"\"" : std::string(1, c);
    }
    return out + "\"";
}

std::string plain_value(const std::string& value) {
    const Json text = Json::parse(value, nullptr, false);
    return text.is_string() ? text.get<std::string>() : value;
}

/// What is kept from row to row.
struct ResultTable::Insert {
    using Clock = std::chrono::steady_clock;

    Insert(sqlite3* database, const Study& study)
        : statement(database, "INSERT OR REPLACE INTO runs VALUES (?" + marks(study) + ")"),
          study_(study) {
        for (const Dimension& dimension : study.dimensions) {
            auto& all = texts_.emplace_back();
            for (const auto& row : dimension.rows) {
                auto& texts = all.emplace_back();
                for (const std::string& value : row) texts.push_back(plain_value(value));
            }
        }
    }

    /// The values of the keys.
    void bind_keys(std::size_t point) {
        study_.steps(point, steps_);
        for (std::size_t d = 0; d < texts_.size(); ++d) {
            const Dimension& dimension = study_.dimensions[d];
            for (std::size_t key = 0; key < dimension.keys.size(); ++key) {
                if (texts_[d].empty()) {
                    statement.bind(plain_value(dimension.value(steps_[d], key)));
                } else {
                    statement.bind_kept(texts_[d][steps_[d]][key]);
                }
            }
        }
    }
    bool is_open() const { return began_ != Clock::time_point(); }
    bool is_old() const {
        return is_open() && Clock::now() - began_ > std::chrono::milliseconds(100);
    }
    void begins() { began_ = Clock::now(); }
    void ends() { began_ = {}; }

    SqlStatement statement;

  private:
    static std::string marks(const Study& study) {
        std::string text = ", ?, ?, ?";
        for (std::size_t i = 0; i < study.keys.size() + figures().size(); ++i) text += ", ?";
        return text;
    }

    const Study& study_;
    std::vector<std::vector<std::vector<std::string>>> texts_;  // by dimension, step and key
    std::vector<std::size_t> steps_;
    Clock::time_point began_;  // of the transaction
};

ResultTable::ResultTable() = default;
ResultTable::~ResultTable() = default;
ResultTable::ResultTable(ResultTable&& other) noexcept = default;
ResultTable& ResultTable::operator=(ResultTable&& other) noexcept = default;

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
    SqlStatement tables(database,
                        "SELECT count(*) FROM sqlite_master WHERE name IN ('study', 'runs')");
    const std::int64_t known = tables.step() ? tables.number(0) : 0;
    if (!tables.error().empty()) {
        return sim::Failure{path + ": " + tables.error()};
    }
    if (known == 0) {
        return table;
    }
    SqlStatement study(database, "SELECT value FROM study WHERE key = 'fingerprint'");
    if (known != 2 || !study.step()) {
        return sim::Failure{path + ": is not a table of results of lmsim"};
    }
    table.fingerprint_ = study.text(0);
    return table;
}

std::string ResultTable::begin(const Study& study) {
    std::string columns = "point INTEGER PRIMARY KEY";
    for (const std::string& key : study.keys) {
        columns += ", " + sql_name(key) + " TEXT";
    }
    columns += ", seed INTEGER, status TEXT, error TEXT";
    for (const Figure& figure : figures()) {
        columns += fmt::format(", {} {}", sql_name(figure.name), type_of(figure.unit));
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
        {"seeds", std::to_string(study.seeds)},
        {"set", set_options(study.set)},
        {"points", std::to_string(study.size())}};
    for (const auto& fact : facts) {
        SqlStatement insert(database_.get(), "INSERT INTO study VALUES (?, ?)");
        insert.bind(fact.first);
        insert.bind(fact.second);
        insert.step();
        problem = problem.empty() ? insert.error() : problem;
    }
    problem = problem.empty() ? run("COMMIT") : problem;
    fingerprint_ = study.fingerprint;
    return problem;
}

std::string ResultTable::add(const Study& study, const PointRow& row) {
    if (!insert_) {
        insert_ = std::make_unique<Insert>(database_.get(), study);
    }
    if (!insert_->is_open()) {
        const std::string problem = run("BEGIN");
        if (!problem.empty()) return problem;
        insert_->begins();
    }
    SqlStatement& insert = insert_->statement;
    insert.rewind();
    insert.bind(static_cast<std::int64_t>(row.point));
    insert_->bind_keys(row.point);
    insert.bind(static_cast<std::int64_t>(study.seed_of(row.point)));
    insert.bind_kept(status_of(row));
    row.ok() ? insert.bind_null() : insert.bind_kept(row.error);
    CellReader cells(row.cells);
    for (std::size_t i = 0; i < figures().size(); ++i) {
        insert.bind(cells.next());
    }
    insert.step();
    const std::string problem = insert.error();
    return problem.empty() ? settle_old() : problem;
}

std::string ResultTable::take(const std::string& path, bool with_errors) {
    // Opened on its own first: what is none is told of, and what was cut off is put right.
    const auto part = open(path);
    if (!part || part.value().fingerprint() != fingerprint_) {
        return part ? path + ": is of another study" : part.error();
    }
    SqlStatement attach(database_.get(), "ATTACH ? AS part");
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

std::string ResultTable::settle_old() { return insert_ && insert_->is_old() ? settle() : ""; }

std::string ResultTable::settle() {
    if (!insert_ || !insert_->is_open()) return {};
    insert_->statement.rewind();
    insert_->ends();
    return run("COMMIT");
}

std::vector<bool> ResultTable::done(std::size_t first, std::size_t last) const {
    std::vector<bool> all(last - first, false);
    SqlStatement rows(database_.get(), "SELECT point FROM runs WHERE point >= ? AND point < ?");
    rows.bind(static_cast<std::int64_t>(first));
    rows.bind(static_cast<std::int64_t>(last));
    while (rows.step()) {
        all[static_cast<std::size_t>(rows.number(0)) - first] = true;
    }
    return all;
}

Tally ResultTable::tally(std::size_t first, std::size_t last) const {
    Tally tally;
    SqlStatement rows(database_.get(),
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
    SqlStatement rows(database_.get(),
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
    SqlStatement value(database_.get(), "SELECT value FROM study WHERE key = ?");
    value.bind(key);
    return value.step() ? value.text(0) : "";
}

void ResultTable::each_csv_line(const std::string& where,
                                const std::function<bool(const std::string&)>& take) const {
    SqlStatement rows(database_.get(), "SELECT * FROM runs " + where + " ORDER BY point");
    std::string line;
    for (int column = 0; column < rows.columns(); ++column) {
        line += (column == 0 ? "" : ",") + csv_cell(rows.title(column));
    }
    line += "\n";
    while (take(line) && rows.step()) {
        line.clear();
        for (int column = 0; column < rows.columns(); ++column) {
            line += (column == 0 ? "" : ",") + csv_cell(rows.text(column));
        }
        line += "\n";
    }
}

std::string ResultTable::csv(std::size_t most) const {
    const std::size_t all = tally().all();
    std::string where;
    if (all > most) {
        // Weyl's sequence: no stride of a grid falls into step with it.
        constexpr std::uint64_t golden = 2654435769;
        constexpr std::uint64_t turn = std::uint64_t{1} << 32U;
        const std::uint64_t seeds =
            std::max<std::uint64_t>(1, std::strtoull(about("seeds").c_str(), nullptr, 10));
        const auto part = static_cast<std::uint64_t>(static_cast<double>(most) /
                                                     static_cast<double>(all) * 4294967296.0);
        where = fmt::format("WHERE point / {} * {} % {} < {}", seeds, golden, turn, part);
    }
    std::string out;
    each_csv_line(where, [&out](const std::string& line) {
        out += line;
        return true;
    });
    return out;
}

std::string ResultTable::write_csv(const std::string& path) const {
    auto file = sim::trace::OutputFile::create(path);
    if (!file) {
        return file.error();
    }
    std::string piece;
    const auto write = [&] {
        file.value().write(piece);
        piece.clear();
    };
    each_csv_line("", [&](const std::string& line) {
        piece += line;
        if (piece.size() >= sim::trace::buffer_bytes) write();
        return file.value().error().empty();
    });
    write();
    file.value().close();
    return file.value().error();
}

}  // namespace lmsim::runs
