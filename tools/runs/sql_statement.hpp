#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "tools/runs/figure_row.hpp"

namespace lmsim::runs {

/// One statement, stepped through.
class SqlStatement {
  public:
    SqlStatement(sqlite3* database, const std::string& sql) : database_(database) {
        good_ = sqlite3_prepare_v2(database, sql.c_str(), -1, &statement_, nullptr) == SQLITE_OK;
    }
    ~SqlStatement() { sqlite3_finalize(statement_); }
    SqlStatement(const SqlStatement&) = delete;
    SqlStatement& operator=(const SqlStatement&) = delete;

    void bind(const std::string& text) {
        good_ = good_ &&
                sqlite3_bind_text(statement_, ++bound_, text.data(), static_cast<int>(text.size()),
                                  SQLITE_TRANSIENT) == SQLITE_OK;
    }
    void bind(std::int64_t number) {
        good_ = good_ && sqlite3_bind_int64(statement_, ++bound_, number) == SQLITE_OK;
    }
    /// The text must stay until step() has returned, here and below.
    void bind_kept(std::string_view text) {
        good_ =
            good_ && sqlite3_bind_text(statement_, ++bound_, text.data(),
                                       static_cast<int>(text.size()), SQLITE_STATIC) == SQLITE_OK;
    }
    void bind_null() { good_ = good_ && sqlite3_bind_null(statement_, ++bound_) == SQLITE_OK; }
    void bind(const RowCell& cell) {
        switch (cell.kind) {
            case RowCell::Kind::Null: return bind_null();
            case RowCell::Kind::Integer: return bind(cell.integer);
            case RowCell::Kind::Text: return bind_kept(cell.text);
            case RowCell::Kind::Real:
                good_ = good_ && sqlite3_bind_double(statement_, ++bound_, cell.real) == SQLITE_OK;
        }
    }
    /// From the first parameter again.
    void rewind() {
        good_ = statement_ != nullptr;
        sqlite3_reset(statement_);
        bound_ = 0;
    }
    /// True while there are rows.
    bool step() {
        const int code = good_ ? sqlite3_step(statement_) : SQLITE_ERROR;
        good_ = code == SQLITE_ROW || code == SQLITE_DONE;
        return code == SQLITE_ROW;
    }
    std::int64_t number(int column) const { return sqlite3_column_int64(statement_, column); }
    bool is_null(int column) const {
        return sqlite3_column_type(statement_, column) == SQLITE_NULL;
    }
    /// Its text is good until the next step().
    RowCell cell(int column) const {
        switch (sqlite3_column_type(statement_, column)) {
            case SQLITE_NULL: return {};
            case SQLITE_INTEGER: return {RowCell::Kind::Integer, number(column), 0, {}};
            case SQLITE_FLOAT:
                return {RowCell::Kind::Real, 0, sqlite3_column_double(statement_, column), {}};
            default:
                return {RowCell::Kind::Text,
                        0,
                        0,
                        {reinterpret_cast<const char*>(sqlite3_column_text(statement_, column)),
                         static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))}};
        }
    }
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
std::string sql_name(const std::string& name);
/// A value as a person would write it: a string without its quotes.
std::string plain_value(const std::string& value);

}  // namespace lmsim::runs
