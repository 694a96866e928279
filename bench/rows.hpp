#pragma once

#include <optional>
#include <string>
#include <vector>

namespace lmsim::bench {

/// What a figure should reach at least: its ratio to the baseline, or its value.
struct Aim {
    enum class Of { None, Ratio, Value };
    Of of = Of::None;
    double floor = 0;
    double goal = 0;
};

/// One figure. `baseline` is what it is compared with, in the same unit: the same work done
/// plainly, an earlier point of the same run, or the limit of an absolute figure.
struct Row {
    std::string name;
    double value = 0;
    std::string unit;
    double baseline = 0;
    std::string against = "limit";  // the baseline, in words
    Aim aim = {};
    bool less_is_better = false;
    bool compared =
        false;  // with the ratio that was recorded: both sides were measured in this run

    double ratio() const { return baseline == 0 ? 0 : value / baseline; }
    bool reaches(double aimed_at) const {
        const double mine = aim.of == Aim::Of::Ratio ? ratio() : value;
        return less_is_better ? mine <= aimed_at : mine >= aimed_at;
    }
};

using Rows = std::vector<Row>;

/// A row whose ratio is compared with the recorded one.
inline Row compared(Row row) {
    row.compared = true;
    return row;
}

/// {"rows": [...]}; false if the file cannot be written.
bool write_json(const Rows& rows, const std::string& file);
std::string markdown(const Rows& rows);

/// Three digits, or all of a large number.
std::string number(double value);

/// The middle one; of an even number, the lower of the two.
double median(std::vector<double> values);

}  // namespace lmsim::bench
