#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tools/cli/validate_rows.hpp"

namespace lmsim::cli {

/// What a fit came to: a number for each parameter, in its unit.
struct Fitted {
    std::vector<double> values;
    double cost = 0;  // sum of the squared relative errors of the rows that were fitted
};

/// The relative errors of some rows at these numbers; nothing if they cannot be had.
using Errors = std::function<std::optional<std::vector<double>>(const std::vector<double>& values)>;

/// Least squares of the errors by Gauss and Newton, each parameter as a multiple of where it
/// starts, kept within its limits. Where the rows say too little, the parameters stay as near to
/// the start as they can. Nothing if an error cannot be had.
std::optional<Fitted> least_squares(const std::vector<FitParams>& params, const Errors& errors);

/// "vmm.vfio.stop=139.2ms" for each parameter.
std::vector<std::string> as_options(const std::vector<FitParams>& params,
                                    const std::vector<double>& values);

/// Fits the parameters of a table to its calibration rows, then without each of them in turn, and
/// prints what the table and its scenario have to hold. Returns the exit code.
int fit_table(const Table& table, const Effort& effort);

}  // namespace lmsim::cli
