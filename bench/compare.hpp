#pragma once

#include <map>
#include <string>
#include <vector>

#include "bench/rows.hpp"
#include "sim/core/result.hpp"

namespace lmsim::bench {

/// Ratios of an earlier run: by part, then by figure.
using Recorded = std::map<std::string, std::map<std::string, double>>;

/// Of the rows that are compared.
std::map<std::string, double> ratios_of(const Rows& rows);

/// Words say what is wrong with the file.
sim::Result<Recorded> read_recorded(const std::string& file);
bool write_recorded(const Recorded& recorded, const std::string& file);

/// A ratio that is worse than it was.
struct Loss {
    std::string name;
    double recorded = 0;
    double now = 0;
    double share = 0;  // of the recorded one; more than 1 is possible where less is better
};

/// What lost more than `most` of its recorded ratio. A figure that was not recorded has nothing to
/// lose.
std::vector<Loss> losses(const std::map<std::string, double>& recorded, const Rows& rows,
                         double most);

/// What is recorded and was not measured: it has another name now, or is gone.
std::vector<std::string> missing(const std::map<std::string, double>& recorded, const Rows& rows);

/// Of a figure that was measured twice, the better one. Rows that only one of them has stay.
Rows better_of(const Rows& first, const Rows& second);

std::string table(const std::vector<Loss>& losses);

}  // namespace lmsim::bench
