#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sim/core/result.hpp"
#include "tools/runs/runs.hpp"
#include "tools/runs/study.hpp"

struct sqlite3;

namespace lmsim::runs {

/// The results of a study in an SQLite file: the table `runs` has a row for each run that has
/// ended, `study` what they are of. Each row is written on its own, so that whatever ends this
/// process leaves a table with all rows but those of runs under way.
class ResultTable {
  public:
    /// Opens the file, or makes it; a text says why it cannot be.
    static sim::Result<ResultTable> open(const std::string& path);

    /// The study's fingerprint; empty in a new file, which then takes one.
    const std::string& fingerprint() const { return fingerprint_; }
    /// What else is known of the study: "name", "version", ...; empty if it is not.
    std::string about(const std::string& key) const;
    /// Makes the tables of a new file. A text says what went wrong, here and below.
    std::string begin(const Study& study);

    std::string add(std::size_t point, const StudyPoint& what, const Outcome& outcome);

    /// Takes all rows of another table of the same study; or only those of runs with a result, as
    /// what ended a process may have ended its runs a moment before, each with an error.
    std::string take(const std::string& path, bool with_errors);

    /// For each point of `count`: is there a row?
    std::vector<bool> done(std::size_t count) const;
    /// Of the points from `first` to the one before `last`, here and below.
    Tally tally(std::size_t first = 0, std::size_t last = INT64_MAX) const;
    struct Error {
        std::size_t point = 0;
        std::string text;
    };
    /// The first of the runs without a result.
    std::vector<Error> errors(std::size_t first, std::size_t last, std::size_t at_most) const;
    /// All rows by point, with a line of titles (RFC 4180, but lines end in '\n').
    std::string csv() const;

  private:
    struct Close {
        void operator()(sqlite3* database) const;
    };
    std::string run(const std::string& sql) const;

    std::unique_ptr<sqlite3, Close> database_;
    std::string fingerprint_;
};

}  // namespace lmsim::runs
