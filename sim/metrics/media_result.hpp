#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/host/media/forecast.hpp"
#include "sim/core/event_queue.hpp"
#include "sim/host/media_use.hpp"

namespace lmsim::sim::metrics {

/// How local namespaces were copied; in a result only where some were to be.
struct MediaResult {
    std::string mode;
    std::string order;
    std::string identity;  // what became of NGUID and EUI-64, in words
    MediaCopyUse use;
    std::uint32_t queue_peak = 0;     // slots of a log's queue that were taken at once
    std::uint32_t queue_entries = 0;  // that it has
    std::uint32_t local = 0;          // namespaces that are copied
    std::uint32_t shared = 0;         // and that both hosts reach
    std::uint64_t shared_entries_per_s = 0;
    host::media::Forecast forecast;
    bool forecast_by_guess = false;  // the guest's rate is not in the scenario
    std::string forecast_note;       // what it cannot tell, or nothing
};

}  // namespace lmsim::sim::metrics
