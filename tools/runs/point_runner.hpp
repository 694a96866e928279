#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "tools/cli/exit_code.hpp"
#include "tools/runs/point_reader.hpp"

namespace lmsim::runs {

/// What came of a point of a study: figures for a CellReader, or an error.
struct PointRow {
    std::size_t point = 0;
    /// Ok; Failed: not as expected, or an invariant fell; Usage: the scenario is wrong; Bug: the
    /// process of the run broke down.
    cli::ExitCode code = cli::Ok;
    std::string_view cells;  // empty if there is an error
    std::string_view error;

    bool ok() const { return error.empty(); }
};

/// Appends a row as take_row() reads it.
void append_row(const PointRow& row, std::string& out);
/// Takes a row off the front of `in`; false if there is no whole one. It points into what `in` did.
bool take_row(std::string_view& in, PointRow& row);

/// Does points of a study and says what came of them. What breaks down takes this process with it.
class PointRunner {
  public:
    explicit PointRunner(const Study& study) : reader_(study) {}

    /// Before others fork from this process: PointReader::warm_up().
    void warm_up() { reader_.warm_up(); }
    /// Appends the row. Points may follow one another, but in a process of their own: what one has
    /// used is kept for the next.
    void run(std::size_t point, std::string& out);

  private:
    PointReader reader_;
};

/// The row of a point whose process broke down, with how to see that again.
std::string broken_row(const Study& study, std::size_t point, const std::string& how,
                       const std::string& said);

/// The command that does the same as a point of a study.
std::string run_command(const cli::ScenarioOptions& options);

}  // namespace lmsim::runs
