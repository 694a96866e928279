#include "model/nvme/tracked_memory.hpp"

#include <algorithm>

#include "model/assert.hpp"

namespace lmsim::nvme {

namespace {

constexpr std::uint32_t granule_shift = 12;           // granularity 0: 4 KiB
constexpr std::uint64_t most_granules = 0xffff'ffff;  // LEN has 32 bits

}  // namespace

bool is_tracked_write(EffectKind kind, const spec::Rules& rules) {
    switch (kind) {
        case EffectKind::TransferOut: return rules.on(spec::Id::TrackIncludesData);
        case EffectKind::PostCqe: return rules.on(spec::Id::TrackIncludesCompletions);
        case EffectKind::WriteMemory: return rules.on(spec::Id::TrackIncludesAdminData);
        default: return false;
    }
}

void TrackedMemory::start(std::uint32_t granularity, const wire::MemoryRange* ranges,
                          std::size_t count) {
    LMSIM_ASSERT(wire::granule_bytes(granularity) != 0);
    stop();
    shift_ = granule_shift + granularity;
    std::vector<Area> given;
    for (std::size_t i = 0; i < count; ++i) {
        given.push_back({ranges[i].address >> shift_, ranges[i].granules, 0});
    }
    std::sort(given.begin(), given.end(),
              [](const Area& a, const Area& b) { return a.first < b.first; });
    for (const Area& area : given) {
        if (areas_.empty() || areas_.back().first + areas_.back().count < area.first) {
            areas_.push_back(area);
            continue;
        }
        Area& last = areas_.back();
        last.count = std::max(last.first + last.count, area.first + area.count) - last.first;
    }
    for (Area& area : areas_) {
        area.bit = size_;
        size_ += area.count;
    }
    bits_.assign((size_ + 63) / 64, 0);
}

void TrackedMemory::stop() {
    areas_.clear();
    bits_.clear();
    size_ = 0;
    written_ = 0;
    turn_ = 0;
}

void TrackedMemory::mark_granules(std::uint64_t first, std::uint64_t last) {
    // The last area that begins at or before `last`, and those below it while they are touched.
    std::size_t i = 0;
    for (std::size_t step = areas_.size(); step != 0; step /= 2) {
        while (i + step <= areas_.size() && areas_[i + step - 1].first <= last) {
            i += step;
        }
    }
    for (; i != 0; --i) {
        const Area& area = areas_[i - 1];
        if (area.first + area.count <= first) {
            return;
        }
        const std::uint64_t from = std::max(first, area.first);
        const std::uint64_t to = std::min(last, area.first + area.count - 1);
        set_bits(area.bit + (from - area.first), to - from + 1);
    }
}

void TrackedMemory::set_bits(std::uint64_t first, std::uint64_t count) {
    for (const std::uint64_t end = first + count; first != end;) {
        const std::uint64_t take = std::min<std::uint64_t>(64 - first % 64, end - first);
        const std::uint64_t mask = (~std::uint64_t{0} >> (64 - take)) << (first % 64);
        std::uint64_t& word = bits_[first / 64];
        written_ += static_cast<std::uint64_t>(__builtin_popcountll(mask & ~word));
        word |= mask;
        first += take;
    }
}

void TrackedMemory::clear_bits(Run run) {
    for (const std::uint64_t end = run.bit + run.count; run.bit != end;) {
        const std::uint64_t take = std::min<std::uint64_t>(64 - run.bit % 64, end - run.bit);
        const std::uint64_t mask = (~std::uint64_t{0} >> (64 - take)) << (run.bit % 64);
        std::uint64_t& word = bits_[run.bit / 64];
        written_ -= static_cast<std::uint64_t>(__builtin_popcountll(mask & word));
        word &= ~mask;
        run.bit += take;
    }
}

TrackedMemory::Run TrackedMemory::find(std::uint64_t from, std::uint64_t end) const {
    // Where bits of the wanted value begin, `end` if nowhere.
    const auto next = [&](std::uint64_t at, bool value) {
        while (at < end) {
            const std::uint64_t word = value ? bits_[at / 64] : ~bits_[at / 64];
            const std::uint64_t rest = word >> (at % 64);
            if (rest != 0) {
                return std::min(end, at + static_cast<std::uint64_t>(__builtin_ctzll(rest)));
            }
            at = (at / 64 + 1) * 64;
        }
        return end;
    };
    const std::uint64_t begin = written_ == 0 ? end : next(from, true);
    if (begin >= end) {
        return {};
    }
    std::uint64_t stop = next(begin, false);
    for (const Area& area : areas_) {
        if (begin < area.bit + area.count) {
            stop = std::min(stop, area.bit + area.count);
            break;
        }
    }
    return {begin, std::min(stop - begin, most_granules)};
}

wire::MemoryRange TrackedMemory::range_of(Run run) const {
    for (const Area& area : areas_) {
        if (run.bit < area.bit + area.count) {
            const std::uint64_t granule = area.first + (run.bit - area.bit);
            return {granule << shift_, static_cast<std::uint32_t>(run.count)};
        }
    }
    LMSIM_ASSERT(!"a granule of no area");
    return {};
}

}  // namespace lmsim::nvme
