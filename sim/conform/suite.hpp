#pragma once

#include <functional>
#include <string>
#include <vector>

#include "sim/conform/runner.hpp"

namespace lmsim::sim::conform {

/// Cases and what became of them, in the same order.
struct Report {
    std::string target;
    std::string time_base = "simulated";
    std::string again;  // how the cases are run again: "lmsim conform --target model"
    std::string error;  // why nothing could be tested; empty if it could
    std::vector<Case> cases;
    std::vector<Outcome> outcomes;

    std::size_t count(Verdict verdict) const;
    /// Nothing failed, and something was tested.
    bool passed() const;
};

/// Runs the cases against the target; `progress(done)` after each.
Report run_suite(Target& target, std::vector<Case> cases,
                 const std::function<void(std::size_t)>& progress = {});

/// The table of groups, the failures in full, the reasons for skipping, and the totals.
std::string report_text(const Report& report);
/// `cases`, `passed`, `failed`, `skipped` and the list of outcomes, as JSON.
std::string report_json(const Report& report);

/// One line a case: id, group, title and rows.
std::string list_text(const std::vector<Case>& cases);
/// The same as JSON.
std::string list_json(const std::vector<Case>& cases);
/// The cases as data for use elsewhere (docs/conform.md).
std::string export_json(const std::vector<Case>& cases);

}  // namespace lmsim::sim::conform
