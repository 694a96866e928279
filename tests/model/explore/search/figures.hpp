#pragma once

#include <ostream>

#include "model/explore/search/search.hpp"

namespace lmsim::tests {

/// What must not depend on the number of jobs.
struct Figures {
    explore::SearchReport report;

    friend bool operator==(const Figures& x, const Figures& y) {
        const explore::SearchReport& a = x.report;
        const explore::SearchReport& b = y.report;
        bool same = a.states == b.states && a.expanded == b.expanded &&
                    a.transitions == b.transitions && a.depth == b.depth && a.stop == b.stop &&
                    a.known_bytes == b.known_bytes && a.peak_bytes == b.peak_bytes &&
                    a.violations.size() == b.violations.size();
        for (std::size_t i = 0; same && i < a.violations.size(); ++i) {
            same = a.violations[i].kind == b.violations[i].kind &&
                   a.violations[i].invariant == b.violations[i].invariant &&
                   a.violations[i].steps == b.violations[i].steps;
        }
        return same;
    }
    friend std::ostream& operator<<(std::ostream& out, const Figures& x) {
        out << x.report.states << " states, " << x.report.expanded << " expanded, "
            << x.report.transitions << " transitions, depth " << x.report.depth << ", stop "
            << static_cast<int>(x.report.stop) << ", " << x.report.known_bytes << " and "
            << x.report.peak_bytes << " bytes";
        for (const explore::Violation& violation : x.report.violations) {
            out << ", violation after " << violation.steps.size();
        }
        return out;
    }
};

}  // namespace lmsim::tests
