#include "sim/run/expectation.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/core/units.hpp"
#include "sim/metrics/display.hpp"

namespace lmsim::sim {

namespace {

const char* name_of(Outcome outcome) {
    return EnumNames<Outcome>::names[static_cast<std::size_t>(outcome)];
}

}  // namespace

metrics::Expectation judge(const ExpectParams& expect, const metrics::Result& result) {
    metrics::Expectation verdict;
    verdict.text = expect.outcome ? fmt::format("outcome {}", name_of(*expect.outcome)) : "";
    if (!expect.broken.empty()) {
        verdict.text += fmt::format("{}{} falls", expect.outcome ? ", " : "", expect.broken);
    }
    if (expect.downtime_max) {
        verdict.text += fmt::format(", downtime at most {}", format(*expect.downtime_max));
    }
    if (expect.log_complete) {
        verdict.text += ", all user data changes logged";
    }
    const auto broken = [&](const metrics::BrokenInvariant& one) {
        return one.id == expect.broken;
    };
    if (!expect.broken.empty() &&
        std::none_of(result.breaches.begin(), result.breaches.end(), broken)) {
        verdict.met = false;
        verdict.text += "; it holds";
    }
    if (expect.outcome && result.outcome != *expect.outcome) {
        verdict.met = false;
        verdict.text += fmt::format("; the outcome is {}", name_of(result.outcome));
    }
    if (expect.downtime_max && result.downtime.total > expect.downtime_max->ps) {
        verdict.met = false;
        verdict.text +=
            fmt::format("; the downtime is {}", metrics::readable_time(result.downtime.total));
    }
    if (expect.log_complete && result.cdq.entries == 0) {
        verdict.met = false;
        verdict.text += "; nothing was logged";
    } else if (expect.log_complete && result.cdq.lost != 0) {
        verdict.met = false;
        verdict.text += fmt::format("; logs were lost {} times", result.cdq.lost);
    }
    return verdict;
}

}  // namespace lmsim::sim
