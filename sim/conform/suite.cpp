#include "sim/conform/suite.hpp"

#include <algorithm>

namespace lmsim::sim::conform {

namespace {

constexpr std::size_t enough_dead = 3;  // what then still could begin is not tried

Outcome gone(const std::string& trouble) {
    Outcome outcome;
    outcome.verdict = Verdict::Failed;
    outcome.got = trouble;
    outcome.expected = "a device that is still there";
    return outcome;
}

}  // namespace

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
    report.time_base = target.time_base();
    report.again = "lmsim conform --target " + report.target;
    report.cases = std::move(cases);
    Session session(target);
    report.error = session.detect();
    if (!report.error.empty()) {
        report.error = target.trouble().empty() ? report.error : target.trouble();
        return report;
    }
    Runner runner(session);
    std::size_t dead = 0;  // cases in a row that could not begin
    for (const Case& test : report.cases) {
        const std::string trouble = target.trouble();
        if (!trouble.empty()) {
            report.outcomes.push_back(gone(trouble));
        } else if (dead < enough_dead) {
            report.outcomes.push_back(runner.run(test));
        } else {
            report.outcomes.push_back(report.outcomes.back());
        }
        const Outcome& outcome = report.outcomes.back();
        dead = outcome.verdict == Verdict::Failed && outcome.step == 0 ? dead + 1 : 0;
        if (progress) {
            progress(report.outcomes.size());
        }
    }
    return report;
}

}  // namespace lmsim::sim::conform
