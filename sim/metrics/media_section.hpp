#pragma once

#include "sim/metrics/report_sections.hpp"

namespace lmsim::sim::metrics {

/// Of each copy of local namespaces: what it came to, and what was to be expected.
std::vector<Section> media_sections(const Result& result);

/// The forecast alone, before anything has begun.
Section media_forecast_section(const MediaResult& media);

/// The same as text for a terminal, and as JSON.
std::string media_forecast_text(const MediaResult& media);
std::string media_forecast_json(const MediaResult& media);

}  // namespace lmsim::sim::metrics
