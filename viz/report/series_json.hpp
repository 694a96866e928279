#pragma once

#include <nlohmann/json_fwd.hpp>

#include "viz/report/series.hpp"

namespace lmsim::viz {

/// "series" of a report's data, out of a trace whose last line was at `end`; null without I/O of
/// the guest. `result` is result.json.
nlohmann::ordered_json series_json(const SeriesMeter& meter, const nlohmann::ordered_json& result,
                                   sim::Ps end);

/// "distribution": of the windows whose commands are all in the trace; null if there is none.
nlohmann::ordered_json distribution_json(const SeriesMeter& meter,
                                         const nlohmann::ordered_json& result);

}  // namespace lmsim::viz
