#pragma once

#include <memory>
#include <string>

#include "sim/host/media_copy.hpp"
#include "sim/metrics/result.hpp"
#include "sim/run/workload.hpp"
#include "sim/scenario/scenario.hpp"

namespace lmsim::sim {

/// How far a copy by rates is from the exact one at most, but for the moment of the switchover:
/// docs/questions/media.md.
constexpr double media_error_bound = 0.01;

/// The copy that the scenario wants, with what hybrid time needs of the workload.
std::unique_ptr<MediaCopy> make_media_copy(Kernel& kernel, const Scenario& scenario,
                                           const Workload& workload, const MediaCopy::Side& source,
                                           const MediaCopy::Side& destination, Channel& channel);

/// What is to be expected of it, before anything has begun.
metrics::MediaResult forecast_media(const Scenario& scenario, const Workload& workload);

/// Does a hybrid run count the copy instead of simulating all of it? Else why not.
std::string why_media_exact(const Scenario& scenario, const Workload& workload);

/// What it came to, with the forecast.
void fill_media(const Scenario& scenario, const Workload& workload, const MediaCopy& copy,
                const HostDriver& source, metrics::Result& result);

/// What a forecast of the copy begins with.
struct MediaPlan {
    host::media::Plan plan;
    bool guess = false;                      // a job says no rate: the depth and the media give one
    std::string note;                        // writes that counts do not treat exactly, or nothing
    std::uint32_t local = 0;                 // namespaces that are copied
    std::uint32_t shared = 0;                // and that both hosts reach
    std::uint64_t shared_entries_per_s = 0;  // of the logs, which tell of those, too
};
MediaPlan plan_media(const Scenario& scenario, const Workload& workload);

}  // namespace lmsim::sim
