#include "sim/conform/suite.hpp"

#include <algorithm>

namespace lmsim::sim::conform {

std::size_t Report::count(Verdict verdict) const {
    return static_cast<std::size_t>(
        std::count_if(outcomes.begin(), outcomes.end(),
                      [&](const Outcome& outcome) { return outcome.verdict == verdict; }));
}

bool Report::passed() const {
    return error.empty() && count(Verdict::Failed) == 0 && count(Verdict::Passed) != 0;
}

Report run_suite(Target& target, std::vector<Case> cases,
                 const std::function<void(std::size_t)>& progress) {
    Report report;
    report.target = target.name();
    report.cases = std::move(cases);
    Session session(target);
    report.error = session.detect();
    if (!report.error.empty()) {
        return report;
    }
    Runner runner(session);
    for (const Case& test : report.cases) {
        report.outcomes.push_back(runner.run(test));
        if (progress) {
            progress(report.outcomes.size());
        }
    }
    return report;
}

}  // namespace lmsim::sim::conform
