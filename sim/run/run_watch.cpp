#include "sim/run/run_watch.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/fluid/estimate.hpp"
#include "sim/metrics/display.hpp"
#include "sim/run/media_run.hpp"

namespace lmsim::sim {

namespace {

/// Closed forms go through a migration that does not converge step by step, as far as this.
constexpr Time longest_forecast = 3600_s;

/// "VM 2 of 5: pre-copy ...", "VM 2 of 5 and 3 more: ..."
std::string who_and_what(const Standing& standing) {
    const std::string what(standing.migration.empty() ? standing.stage : standing.migration);
    if (standing.vms == 1 || standing.under_way == 0) {
        return what;
    }
    const std::size_t more = standing.under_way - 1;
    return fmt::format("VM {} of {}{}: {}", standing.vm, standing.vms,
                       more == 0 ? "" : fmt::format(" and {} more", more), what);
}

/// "0.512 x real time": simulated ps a second are millionths of millionths of it.
std::string speed_words(double ps_per_second) {
    return ps_per_second <= 0 ? ""
                              : metrics::readable_number(ps_per_second * 1e-12) + " x real time";
}

}  // namespace

RunForecast forecast_run(const Scenario& scenario, const Workload& workload,
                         const Dialects& dialects) {
    RunForecast forecast{0, scenario.run.cool_down.ps};
    const bool media = scenario.media_copy.mode != MediaCopyMode::None;
    // Pins take what time they take, and a copy by rates takes none.
    if (!scenario.run.migrate || (media && scenario.run.fidelity == Fidelity::Hybrid)) {
        return forecast;
    }
    Scenario bounded = scenario;
    bounded.run.time_limit = std::min(scenario.run.time_limit, longest_forecast);
    const metrics::Result result = fluid_result(bounded, workload, dialects);
    if (result.outcome == Outcome::NotConverged) {
        return forecast;
    }
    forecast.migration = result.total_time;
    if (media) {
        const Ps copy = forecast_media(scenario, workload).forecast.time_ps;
        const bool parallel = scenario.media_copy.order == MediaCopyOrder::Parallel;
        forecast.migration =
            parallel ? std::max(forecast.migration, copy) : forecast.migration + copy;
    }
    return forecast;
}

Ps RunWatch::expected_end(const Standing& standing) {
    if (!forecast_run_) {
        forecast_run_ = forecast_();
    }
    const Ps begin = standing.migration_begins;
    const auto vms = static_cast<Ps>(standing.vms);
    Ps end = 0;
    if (standing.cooled_down != 0) {
        end = standing.cooled_down;
    } else if (standing.moved != 0) {
        // The others as long as these: that knows what they have in common better than a forecast.
        const auto moved = static_cast<Ps>(standing.moved);
        end = begin + (standing.now - begin) / moved * vms + forecast_run_->cool_down;
    } else if (begin != 0 && forecast_run_->migration != 0) {
        end = begin + forecast_run_->migration * vms + forecast_run_->cool_down;
    }
    return end > standing.now ? end : 0;
}

metrics::LiveLine::Pieces RunWatch::pieces(const Standing& standing, std::int64_t wall) {
    time_.look(wall, static_cast<std::uint64_t>(standing.now));
    events_.look(wall, standing.events);
    const Ps end = expected_end(standing);
    const auto left = static_cast<std::uint64_t>(end == 0 ? 0 : end - standing.now);
    return {
        end == 0 ? "" : fmt::format("{} %", static_cast<Ps>(Int128{standing.now} * 100 / end)),
        end == 0 ? "" : metrics::to_go(time_.time_for(left)),
        who_and_what(standing),
        metrics::readable_time(standing.now) + " simulated",
        speed_words(time_.per_second()),
        metrics::readable_rate(events_.per_second(), "events"),
    };
}

void RunWatch::look(const std::function<Standing()>& standing) {
    if (line_.due()) {
        line_.show(pieces(standing(), line_.elapsed()));
    }
}

void RunWatch::end(const Standing& standing, bool interrupted) {
    const std::int64_t wall = line_.elapsed();
    metrics::LiveSpeed time;
    metrics::LiveSpeed events;
    time.look(wall, static_cast<std::uint64_t>(standing.now));
    events.look(wall, standing.events);
    line_.end({
        metrics::readable_time(standing.now) + " simulated",
        (interrupted ? "interrupted after " : "over after ") + metrics::readable_wait(wall),
        speed_words(time.per_second()),
        metrics::readable_rate(events.per_second(), "events"),
    });
}

}  // namespace lmsim::sim
