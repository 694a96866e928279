#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/core/result.hpp"
#include "tools/runs/point_runner.hpp"
#include "tools/runs/runs.hpp"
#include "tools/runs/study.hpp"

struct sqlite3;

namespace lmsim::runs {

/// The results of a study in an SQLite file: the table `runs` has a row for each run that has
/// ended, `study` what they are of. Rows are written in transactions of a tenth of a second, so
/// that whatever ends this process leaves a table with all rows but those of its last moment.
class ResultTable {
  public:
    ResultTable();
    ~ResultTable();
    ResultTable(ResultTable&& other) noexcept;
    ResultTable& operator=(ResultTable&& other) noexcept;

    /// Opens the file, or makes it; a text says why it cannot be.
    static sim::Result<ResultTable> open(const std::string& path);

    /// The study's fingerprint; empty in a new file, which then takes one.
    const std::string& fingerprint() const { return fingerprint_; }
    /// What else is known of the study: "name", "version", ...; empty if it is not.
    std::string about(const std::string& key) const;
    /// Makes the tables of a new file. A text says what went wrong, here and below.
    std::string begin(const Study& study);

    /// Adds a row to the transaction, and ends that when it is old enough; settle() does so at
    /// once.
    std::string add(const Study& study, const PointRow& row);
    std::string settle_old();
    std::string settle();

    /// Takes all rows of another table of the same study; or only those of runs with a result, as
    /// what ended a process may have ended its runs a moment before, each with an error.
    std::string take(const std::string& path, bool with_errors);

    /// Of the points from `first` to the one before `last`, here and below: is there a row?
    std::vector<bool> done(std::size_t first, std::size_t last) const;
    void values(const std::string& figure, std::size_t first, std::size_t last,
                const std::function<void(std::size_t, std::optional<std::int64_t>)>& take) const;
    Tally tally(std::size_t first = 0, std::size_t last = INT64_MAX) const;
    struct Error {
        std::size_t point = 0;
        std::string text;
    };
    /// The first of the runs without a result.
    std::vector<Error> errors(std::size_t first, std::size_t last, std::size_t at_most) const;
    /// Makes the table `points` of all rows, a row for each combination of a study with several
    /// seeds: what they say of the figure of [stop], or of the downtime.
    std::string write_points(const Study& study);
    /// Its rows, with the titles as keys; none without the table.
    Json points() const;
    /// What the file takes, of what has been settled.
    std::uint64_t bytes() const;
    /// The whole study has so many runs: fewer than it might have, if it stopped early.
    std::string set_count(std::size_t runs);
    /// All rows by point, with a line of titles (RFC 4180, but lines end in '\n'). Of more than
    /// `most` rows about so many: combinations with all their seeds, as evenly as a golden ratio
    /// takes them.
    std::string csv(std::size_t most = SIZE_MAX) const;
    /// The same into a file.
    std::string write_csv(const std::string& path) const;

  private:
    struct Close {
        void operator()(sqlite3* database) const;
    };
    struct Insert;
    std::string run(const std::string& sql) const;
    void each_csv_line(const std::string& where,
                       const std::function<bool(const std::string& line)>& take) const;

    std::unique_ptr<sqlite3, Close> database_;
    std::unique_ptr<Insert> insert_;  // ends before the database
    std::string fingerprint_;
};

}  // namespace lmsim::runs
