#include "sim/hw/calibrate_text.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/core/text.hpp"

namespace lmsim::sim::hw {

namespace {

constexpr std::size_t enough_for_p99 = 100;
constexpr std::size_t enough_for_p999 = 1000;

}  // namespace

std::string line(const std::string& what, const std::string& comment) {
    return what + (comment.empty() ? "" : "  # " + comment) + "\n";
}

std::string rounded(Ps time) {
    const double us = static_cast<double>(time) / static_cast<double>(ps_per_us);
    return us >= 1e6   ? fmt::format("{:.3f}s", us / 1e6)
           : us >= 1e3 ? fmt::format("{:.3f}ms", us / 1e3)
           : us >= 1   ? fmt::format("{:.2f}us", us)
                       : fmt::format("{:.0f}ns", us * 1e3);
}

std::string provenance_of(const Series& series, Ps path) {
    const std::size_t n = series.taken.size();
    std::string text =
        fmt::format("{}, {} samples: p50 {}", series.kind, n, rounded(quantile(series, p50)));
    text += n < enough_for_p99 ? "" : ", p99 " + rounded(quantile(series, p99));
    text += n < enough_for_p999 ? "" : ", p99.9 " + rounded(quantile(series, p999));
    text +=
        fmt::format(", max {}; less {} on the way", rounded(series.taken.back()), rounded(path));
    return text;
}

std::string latency_comment(const Calibration& measured, Ps path) {
    const Series* const read = measured.find("register read");
    if (read == nullptr || read->taken.empty()) {
        return "no register read was measured";
    }
    const Ps p = quantile(*read, p50);
    // Half a nanosecond each way is lost to rounding.
    const bool half = path + 2000 >= p;
    return half ? fmt::format("half of a register read of {}, less its bytes", rounded(p))
                : fmt::format(
                      "a register read took {}, but no more than this lets the shortest "
                      "command cross the link as often as it must",
                      rounded(p));
}

std::string heading(const Calibration& measured, const Provenance& from) {
    const DeviceFacts& facts = measured.facts;
    std::string text = fmt::format(
        "# Measured by `{}`. For `include`; docs/hardware.md says how.\n"
        "# Device: {}, model {}, firmware {}, serial {}\n"
        "# lmsim {}, kernel {}, {}\n"
        "# Each latency is from just before the doorbell until the completion was seen in memory, "
        "less what the\n# simulator charges for the same way (link, host memory).\n",
        printable(from.command), printable(from.device), in_quotes(facts.model),
        in_quotes(facts.firmware), in_quotes(facts.serial), from.version, printable(from.kernel),
        from.date);
    for (const Series& series : measured.series) {
        if (series.taken.empty()) {
            text += fmt::format("# Left out: {}: {}\n", series.kind, printable(series.why_not));
        }
    }
    const Series* const after = measured.find("interrupt");
    if (after != nullptr && !after->taken.empty()) {
        text += fmt::format(
            "# The host's, not in here: an interrupt was seen {} (p50) after its completion.\n",
            rounded(quantile(*after, p50)));
    }
    return text + "\n";
}

}  // namespace lmsim::sim::hw
