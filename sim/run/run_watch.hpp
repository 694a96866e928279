#pragma once

#include <functional>
#include <optional>
#include <utility>

#include "sim/metrics/live_line.hpp"
#include "sim/run/dialects.hpp"
#include "sim/run/standing.hpp"
#include "sim/run/workload.hpp"

namespace lmsim::sim {

/// How long a migration will take, by closed forms. Only people who wait are told.
struct RunForecast {
    Ps migration = 0;  // of one VM; 0: nobody knows
    Ps cool_down = 0;
};
RunForecast forecast_run(const Scenario& scenario, const Workload& workload,
                         const Dialects& dialects);

/// Says on a line how far a run is, and when it will be over.
class RunWatch {
  public:
    /// The forecast is asked for once, before the first line that is shown.
    RunWatch(metrics::LiveLine& line, std::function<RunForecast()> forecast)
        : line_(line), forecast_(std::move(forecast)) {}

    /// As often as one likes; `standing` is asked only if a line is due.
    void look(const std::function<Standing()>& standing);
    /// The run is over, or `interrupted`.
    void end(const Standing& standing, bool interrupted);

    /// When the run will end, in simulated time; 0 if nobody knows, or it was to be over by now.
    Ps expected_end(const Standing& standing);

  private:
    metrics::LiveLine::Pieces pieces(const Standing& standing, std::int64_t wall);

    metrics::LiveLine& line_;
    std::function<RunForecast()> forecast_;
    std::optional<RunForecast> forecast_run_;
    metrics::LiveSpeed time_;  // simulated ps
    metrics::LiveSpeed events_;
};

}  // namespace lmsim::sim
