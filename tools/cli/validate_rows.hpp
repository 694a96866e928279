#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "tools/cli/validate_table.hpp"

namespace lmsim::cli {

/// What the simulator says of a row.
struct Figure {
    std::optional<double> value;  // in the row's unit
    double least = 0;             // of the runs that it is the statistic of, in the row's unit
    double most = 0;
    std::string outcome;  // how the migration ended
    std::string error;    // why there is no figure
};

/// A row to be simulated, with these --set options behind its own.
struct Wish {
    const Table* table = nullptr;
    const RowParams* row = nullptr;
    std::vector<std::string> set;
};

struct Effort {
    unsigned jobs = 1;
    std::uint32_t seeds = 0;  // of tables with more than one; 0: as they say
};

/// The figures of all wishes in their order; wishes for the same run share it. Nothing if the user
/// interrupted it.
std::optional<std::vector<Figure>> simulate(const std::vector<Wish>& wishes, const Effort& effort);

/// The quantity in result.json, in SI units: "vmm.downtime_ms", "bytes.ram/total_time_ps".
std::optional<double> quantity_of(const nlohmann::ordered_json& result,
                                  const std::string& quantity);
/// How many SI units the unit is ("MiB": 1048576); 0 if it is unknown.
double unit_factor(const std::string& unit);
/// Of at least one value: by linear interpolation between the nearest.
double statistic_of(std::vector<double> values, Statistic statistic);

/// The relative error of a figure: 0 if it is on the right side of a limit.
double relative_error(const RowParams& row, double simulated);

}  // namespace lmsim::cli
