#pragma once

#include <cstdint>
#include <vector>

#include "model/host/media/copy_set.hpp"
#include "model/host/media/fluid.hpp"

/// Before a copy of media begins: will it converge, when, and does the log of changes bear it?
namespace lmsim::host::media {

/// How a User Data Migration Queue is emptied. Times in picoseconds.
struct QueuePlan {
    std::uint32_t entries = 0;   // slots; one stays empty
    std::uint32_t batch = 1;     // entries after which the head moves
    std::int64_t entry_ps = 0;   // CPU time for each entry, of all queues one after the other
    std::int64_t notice_ps = 0;  // from the entry that triggers until the host looks
    std::int64_t move_ps = 0;    // from there until the controller has the new head
    std::int64_t poll_ps = 0;    // 0: a trigger tells when
};

/// What happens to a queue.
struct QueueForecast {
    std::uint64_t entries_milli_per_s = 0;  // into it
    std::uint64_t drain_milli_per_s = 0;    // the most that the host can take out
    std::uint32_t slots = 0;                // that can be used
    std::uint32_t peak = 0;                 // of these, taken at most
    std::int64_t full_after_ps = 0;         // 0: never

    /// Of the slots, how many stay free; in parts per million.
    std::uint32_t margin_ppm() const {
        return slots == 0
                   ? 0
                   : static_cast<std::uint32_t>(std::uint64_t{slots - peak} * 1'000'000 / slots);
    }
};

/// `all`: entries of all queues together, which share the host's CPU; in thousandths a second.
QueueForecast forecast_queue(const QueuePlan& plan, std::uint64_t milli_per_s, std::uint64_t all);

/// What a copy of media has to do, and what it has for that. Rates are per second.
struct Plan {
    std::uint64_t granule_bytes = 0;
    std::uint64_t granules = 0;    // of all namespaces
    std::vector<Piece> allocated;  // what the first copy takes
    std::vector<Writer> writers;
    std::uint64_t bytes_per_s = 0;       // of the copy
    std::int64_t round_overhead_ps = 0;  // for the last chunk of a round to arrive
    std::int64_t set_up_ps = 0;
    Limits limits;
    bool logs = true;  // false: a mirror, which needs no rounds
    QueuePlan queue;
    std::vector<std::uint64_t> entries_milli_per_s;  // by queue
};

/// One round of it.
struct RoundForecast {
    std::uint64_t bytes = 0;
    std::int64_t time_ps = 0;
};

/// Does the copy end, and if not, why?
enum class Verdict : std::uint8_t { Converges, TooSlow, QueueFull };

/// Whether, when and after how many bytes a copy of media ends.
struct Forecast {
    Verdict verdict = Verdict::Converges;
    std::int64_t time_ps = 0;  // until the RAM may begin; or until it is given up
    std::uint64_t bytes = 0;   // copied until then
    std::uint64_t entries = 0;
    std::vector<RoundForecast> rounds;
    std::uint64_t left_bytes = 0;         // still to be copied then
    std::int64_t left_ps = 0;             // and how long that takes
    std::uint64_t dirty_bytes_per_s = 0;  // what the guest changes, before any is changed twice
    std::uint64_t bytes_per_s = 0;        // what the copy moves
    QueueForecast queue;                  // the one that fills most
};

/// Until the RAM may begin.
Forecast forecast(const Plan& plan);

}  // namespace lmsim::host::media
