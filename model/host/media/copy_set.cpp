#include "model/host/media/copy_set.hpp"

#include <algorithm>

#include "model/assert.hpp"
#include "model/host/media/wide.hpp"

namespace lmsim::host::media {

void CopySet::want(std::uint64_t first, std::uint64_t count) {
    LMSIM_ASSERT(first <= granules_ && count <= granules_ - first);
    round_.set(first, count);
    cursor_ = std::min(cursor_, first);
}

bool CopySet::note(std::uint64_t first, std::uint64_t count) {
    const std::uint64_t end = std::min(granules_, first + count);
    const std::uint64_t before = changed_.count();
    for (std::uint64_t at = round_.next_free(first, end); at < end;) {
        const std::uint64_t to = round_.next_allocated(at, end);
        changed_.set(at, to - at);
        at = round_.next_free(to, end);
    }
    return changed_.count() != before;
}

Piece CopySet::take(std::uint64_t most) {
    const std::uint64_t first = round_.next_allocated(cursor_, granules_);
    if (first == granules_ || most == 0) {
        return {};
    }
    const std::uint64_t end = round_.next_free(first, std::min(granules_, first + most));
    round_.clear(first, end - first);
    cursor_ = end;
    return {first, end - first};
}

void CopySet::next_round() {
    LMSIM_ASSERT(round_.count() == 0);
    std::swap(round_, changed_);
    changed_.clear();
    cursor_ = 0;
}

std::int64_t copy_time_ps(std::uint64_t bytes, std::uint64_t bytes_per_s) {
    if (bytes == 0) {
        return 0;
    }
    if (bytes_per_s == 0) {
        return INT64_MAX;
    }

    const Wide ps = static_cast<Wide>(bytes) * 1'000'000'000'000U / bytes_per_s;
    return ps > INT64_MAX ? INT64_MAX : static_cast<std::int64_t>(ps);
}

bool ram_may_begin(const RoundEnd& end, const Limits& limits) {
    return !end.lost && copy_time_ps(end.left_bytes, end.bytes_per_s) <= limits.start_ram_ps;
}

Next next_step(const RoundEnd& end, const Limits& limits) {
    if (end.lost) {
        const bool over = end.rounds >= limits.max_rounds || end.elapsed_ps >= limits.max_time_ps;
        return over && !end.stopped ? Next::GiveUp : Next::Whole;
    }
    if (end.stopped) {
        return end.left_bytes == 0 ? Next::Done : Next::Round;
    }
    if (copy_time_ps(end.left_bytes, end.bytes_per_s) <= limits.last_round_ps) {
        return Next::Ready;
    }
    const bool over = end.rounds >= limits.max_rounds || end.elapsed_ps >= limits.max_time_ps;
    return over ? Next::GiveUp : Next::Round;
}

}  // namespace lmsim::host::media
