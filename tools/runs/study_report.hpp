#pragma once

#include <string>

#include "sim/core/result.hpp"
#include "viz/report/page.hpp"

namespace lmsim::runs {

inline constexpr const char* sweep_table = "results.sqlite";
inline constexpr const char* sweep_csv = "results.csv";
inline constexpr const char* compare_file = "compare.json";
inline constexpr const char* report_text = "report.md";  // of a run and of a comparison

/// The page of a sweep, out of its results.csv. Refused: what is none.
sim::Result<viz::ReportPage> sweep_report(const std::string& directory);

/// Of each point downtime and total time, as Markdown. Refused: what is no sweep.
sim::Result<std::string> sweep_markdown(const std::string& directory);

/// The page of a comparison, out of its compare.json. Refused: what is none.
sim::Result<viz::ReportPage> compare_report(const std::string& directory);

}  // namespace lmsim::runs
