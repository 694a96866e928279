#include "model/host/media/forecast.hpp"

#include <algorithm>

#include "model/host/media/wide.hpp"
#include "model/host/udmq.hpp"

namespace lmsim::host::media {

namespace {

constexpr std::uint64_t ps_per_s = 1'000'000'000'000U;
constexpr std::size_t rounds_listed = 64;

/// Entries that come in so long.
std::uint64_t arrivals(std::uint64_t milli_per_s, std::int64_t ps) {
    const Wide milli = static_cast<Wide>(ps) * milli_per_s / ps_per_s;
    return static_cast<std::uint64_t>((milli + 999) / 1000);
}

std::uint64_t sum(const std::vector<std::uint64_t>& values) {
    std::uint64_t all = 0;
    for (const std::uint64_t value : values) {
        all += value;
    }
    return all;
}

/// Slots from the trigger on until the head has moved. It moves when a batch was read and a look
/// finds less than it can take (model/host/udmq): what comes meanwhile is read, too. `others`:
/// entries of other queues, which keep the host busy.
std::uint64_t taken_at_once(const QueuePlan& plan, const QueueForecast& queue,
                            std::uint64_t others) {
    const std::uint64_t own = queue.entries_milli_per_s;
    const Wide entry_ps = static_cast<Wide>(plan.entry_ps) * queue.drain_milli_per_s /
                          (queue.drain_milli_per_s - others);
    const auto come_in = [own](Wide ps) {
        return static_cast<std::uint64_t>(ps * own / ps_per_s / 1000);
    };
    const std::int64_t begin_ps = plan.notice_ps + plan.poll_ps;
    const std::uint64_t late = come_in(static_cast<Wide>(begin_ps));
    std::uint64_t come = plan.batch + late;
    std::uint64_t read = 0;
    while (read < queue.slots) {
        const std::uint64_t look = std::min<std::uint64_t>(come - read, look_slots);
        read += look;
        if (look < look_slots) {
            break;
        }
        come = plan.batch + late + come_in(entry_ps * read);
    }
    return read + arrivals(own, begin_ps + plan.move_ps) - late;
}

void judge_queues(const Plan& plan, Forecast& result) {
    const std::uint64_t all = sum(plan.entries_milli_per_s);
    for (const std::uint64_t one : plan.entries_milli_per_s) {
        const QueueForecast queue = forecast_queue(plan.queue, one, all);
        if (queue.peak >= result.queue.peak) {
            result.queue = queue;
        }
    }
}

std::uint64_t changes_per_s(const Plan& plan) {
    Wide milli = 0;
    for (const Writer& writer : plan.writers) {
        milli += static_cast<Wide>(writer.milli_per_s) * writer.per_write;
    }
    return static_cast<std::uint64_t>(milli * plan.granule_bytes / 1000);
}

}  // namespace

QueueForecast forecast_queue(const QueuePlan& plan, std::uint64_t milli_per_s, std::uint64_t all) {
    QueueForecast queue;
    queue.entries_milli_per_s = milli_per_s;
    queue.slots = plan.entries - 1;
    queue.drain_milli_per_s = plan.entry_ps == 0
                                  ? UINT64_MAX
                                  : ps_per_s * 1000 / static_cast<std::uint64_t>(plan.entry_ps);
    if (milli_per_s == 0) {
        return queue;
    }
    const std::uint64_t peak =
        all < queue.drain_milli_per_s ? taken_at_once(plan, queue, all - milli_per_s) : queue.slots;
    queue.peak = static_cast<std::uint32_t>(std::min<std::uint64_t>(peak, queue.slots));
    if (peak >= queue.slots) {
        queue.full_after_ps = static_cast<std::int64_t>(static_cast<Wide>(queue.slots) * 1000 *
                                                        ps_per_s / milli_per_s);
    }
    return queue;
}

Forecast forecast(const Plan& plan) {
    Forecast result;
    result.bytes_per_s = plan.bytes_per_s;
    result.dirty_bytes_per_s = changes_per_s(plan);
    result.time_ps = plan.set_up_ps;
    if (plan.logs) {
        judge_queues(plan, result);
    }
    Fluid fluid(plan.granules, plan.writers);
    for (const Piece& piece : plan.allocated) {
        fluid.want(piece.first, piece.count);
    }
    const std::uint64_t rate = std::max<std::uint64_t>(1, plan.bytes_per_s / plan.granule_bytes);
    const std::uint64_t all_entries = sum(plan.entries_milli_per_s);
    RoundEnd end;
    for (Next next = Next::Round; next == Next::Round;) {
        const std::uint64_t bytes = fluid.round() * plan.granule_bytes;
        const std::int64_t took = fluid.run_round(rate, plan.round_overhead_ps);
        if (took >= INT64_MAX - result.time_ps) {
            result.time_ps = INT64_MAX;
            result.verdict = Verdict::TooSlow;
            return result;
        }
        result.time_ps += took;
        result.bytes += bytes;
        ++end.rounds;
        if (result.rounds.size() < rounds_listed) {
            result.rounds.push_back({bytes, took});
        }
        if (!plan.logs) {
            return result;  // what changed meanwhile went to both sides
        }
        end.bytes_per_s = plan.bytes_per_s;
        end.elapsed_ps = result.time_ps - plan.set_up_ps;
        end.left_bytes = fluid.round() * plan.granule_bytes;
        next = ram_may_begin(end, plan.limits) ? Next::Ready : next_step(end, plan.limits);
        if (next == Next::GiveUp) {
            result.verdict = Verdict::TooSlow;
        }
    }
    result.entries = arrivals(all_entries, end.elapsed_ps);
    result.left_bytes = end.left_bytes;
    result.left_ps = copy_time_ps(end.left_bytes, plan.bytes_per_s);
    if (result.queue.full_after_ps != 0) {  // the log goes on until the switchover
        result.verdict = Verdict::QueueFull;
    }
    return result;
}

}  // namespace lmsim::host::media
