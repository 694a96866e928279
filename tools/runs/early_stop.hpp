#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tools/runs/confidence.hpp"
#include "tools/runs/study.hpp"

namespace lmsim::runs {

/// Says when a combination of a study has seeds enough. It looks at what came of the seeds, in
/// their order and in steps of a fixed number of them: never at the time, or at who did them.
class EarlyStop {
  public:
    explicit EarlyStop(const Study& study);

    bool is_on() const { return !study_.params.stop.figure.empty(); }
    /// The column, among figures().
    std::size_t column() const { return column_; }

    /// What came of a point; nothing: it has no such figure.
    void tell(std::size_t point, std::optional<std::int64_t> value);
    /// The next of the points from `first` to the one before `last` to be done; none: enough.
    std::vector<bool> next(std::size_t first, std::size_t last);

  private:
    struct Combination {
        std::vector<std::optional<std::int64_t>> values;  // by seed, as far as they were told
        std::vector<bool> told;
        std::size_t asked = 0;  // seeds that were wanted so far
        bool over = false;
    };
    bool is_enough(const Combination& one) const;

    const Study& study_;
    std::size_t column_ = 0;
    std::size_t origin_ = 0;  // the combination that all_ begins with
    std::vector<Combination> all_;
};

/// What [stop] asks for, of ascending values: the mean, or a percentile.
std::optional<Estimate> estimate_of(const StopParams& stop,
                                    const std::vector<std::int64_t>& sorted);

/// Why [stop] names no column that can be known well, or an empty text.
std::string check_stop(const StopParams& stop);

}  // namespace lmsim::runs
