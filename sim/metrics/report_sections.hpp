#pragma once

#include <string>
#include <vector>

#include "sim/metrics/result.hpp"
#include "sim/metrics/text_table.hpp"

namespace lmsim::sim::metrics {

/// A piece of the report, before it is made into text for a terminal or into Markdown.
struct Section {
    std::string title;
    TextTable table;
};

/// Devices of one part: each on its own (if they are few), or all together.
enum class Detail : std::uint8_t { EachDevice, Together };

Section downtime_section(const Result& result, Detail detail);
Section figures_section(const Result& result);
Section guest_section(const Result& result);
Section bytes_section(const Result& result);
/// Without rows if nothing was logged or tracked.
Section logs_section(const Result& result);
Section faults_section(const Result& result);
Section checks_section(const Result& result);
Section utilization_section(const Result& result);
Section rounds_section(const Result& result);
/// Without rows if nothing was ignored. Texts of the user's files are in it as they are.
Section ignored_section(const Result& result);

}  // namespace lmsim::sim::metrics
