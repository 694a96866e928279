#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "sim/core/own_process.hpp"
#include "sim/hw/calibrate_model.hpp"
#include "sim/hw/calibrate_profile.hpp"
#include "sim/scenario/load.hpp"

namespace lmsim::sim::hw {

namespace {

constexpr std::uint32_t simulated_samples = 10001;  // medians of wide distributions scatter
constexpr std::uint32_t simulated_resets = 1001;    // each takes thousands of looks at CSTS
constexpr Ps kind_limit = 5'000'000'000'000;  // 5 s, simulated: what takes ms has fewer samples

/// A line for each kind: its time, and its name, in which there are blanks.
std::string lines_of(const Calibration& done) {
    std::string lines;
    for (const Series& series : done.series) {
        if (!series.taken.empty()) {
            lines += fmt::format("{} {}\n", quantile(series, p50), series.kind);
        }
    }
    return lines;
}

Times times_of(const std::string& lines) {
    Times times;
    std::istringstream in(lines);
    Ps time = 0;
    std::string kind;
    while (in >> time && in.get() && std::getline(in, kind)) {
        times[kind] = time;
    }
    return times;
}

}  // namespace

Result<Times> simulated(const Scenario& scenario, const Calibration& like, std::uint32_t samples) {
    const auto work = [&]() -> std::string {
        const auto rig = make_model_rig(scenario, std::min<std::uint16_t>(like.facts.functions, 2));
        CalibrateOptions options;
        options.samples = samples;
        options.resets = simulated_resets;
        options.warm_up = 0;
        options.write = like.writes;
        options.depth = 1;
        options.looks = 1;
        options.kind_limit = kind_limit;
        options.sizes.clear();
        for (const Series& series : like.series) {
            const bool there =
                std::count(options.sizes.begin(), options.sizes.end(), series.bytes) != 0;
            if (series.bytes != 0 && !there) options.sizes.push_back(series.bytes);
        }
        const auto done = calibrate(*rig, options);
        return done ? lines_of(done.value()) : "! " + done.error();
    };
    const OwnProcess process = in_own_process(work);
    if (!process.ended || process.returned.rfind("! ", 0) == 0) {
        const std::string why = process.ended          ? process.returned.substr(2)
                                : process.said.empty() ? process.how
                                                       : process.said;
        return Failure{"the simulator does not do the same: " + why};
    }
    return times_of(process.returned);
}

double Compared::difference() const {
    return measured == 0
               ? 0
               : 100.0 * (static_cast<double>(simulated) - static_cast<double>(measured)) /
                     static_cast<double>(measured);
}

/// Doorbells and interrupts are the host's; a read of a register is only as fast as the shortest
/// command lets the link be.
static bool is_judged(const Series& series) {
    return series.kind != "register read" && series.kind != "doorbell write" &&
           series.kind.find("interrupt") == std::string::npos;
}

Result<std::vector<Compared>> compare(const Calibration& measured, const DeviceProfile& profile) {
    const LoadedScenario loaded = load_scenario_text(profile.toml, "the profile");
    if (!loaded.ok()) {
        return Failure{loaded.error_text()};
    }
    const auto times = simulated(loaded.scenario, measured, simulated_samples);
    if (!times) {
        return Failure{times.error()};
    }
    std::vector<Compared> all;
    for (const Series& series : measured.series) {
        const auto found = times.value().find(series.kind);
        if (!series.taken.empty() && found != times.value().end()) {
            all.push_back({series.kind, quantile(series, p50), found->second, is_judged(series)});
        }
    }
    return all;
}

bool agree(const std::vector<Compared>& all) {
    return std::all_of(all.begin(), all.end(), [](const Compared& one) {
        const double difference = one.difference();
        return !one.judged || (difference <= most_difference && difference >= -most_difference);
    });
}

}  // namespace lmsim::sim::hw
