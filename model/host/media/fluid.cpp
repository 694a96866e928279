#include "model/host/media/fluid.hpp"

#include <algorithm>

#include "model/assert.hpp"
#include "model/host/media/wide.hpp"

namespace lmsim::host::media {

namespace {

constexpr std::uint64_t ps_per_s = 1'000'000'000'000U;

std::int64_t scaled(std::int64_t ps, std::uint64_t part, std::uint64_t whole) {
    return static_cast<std::int64_t>(static_cast<Wide>(ps) * part / whole);
}

}  // namespace

Q63 ratio(std::uint64_t part, std::uint64_t whole) {
    if (part >= whole) {
        return q63_one;
    }
    return static_cast<Q63>((static_cast<Wide>(part) << 63) / whole);
}

Q63 times(Q63 a, Q63 b) {
    return static_cast<Q63>((static_cast<Wide>(a) * b + (Wide{1} << 62)) >> 63);
}

Q63 power(Q63 base, std::uint64_t n) {
    Q63 result = q63_one;
    for (; n != 0 && result != 0; n >>= 1) {
        if ((n & 1) != 0) {
            result = times(result, base);
        }
        base = times(base, base);
    }
    return result;
}

std::uint64_t share_of(std::uint64_t whole, Q63 share) {
    return static_cast<std::uint64_t>((static_cast<Wide>(whole) * share + (Wide{1} << 62)) >> 63);
}

std::uint64_t writes_in(const Writer& writer, std::int64_t ps) {
    const Wide milli = static_cast<Wide>(ps) * writer.milli_per_s / ps_per_s;
    return static_cast<std::uint64_t>(milli / 1000);
}

Q63 spared(const Writer& writer, std::int64_t ps) {
    const std::uint64_t writes = writes_in(writer, ps);
    if (writer.each_once) {
        const Wide hit = static_cast<Wide>(writes) * writer.per_write;
        return hit >= writer.granules
                   ? 0
                   : q63_one - ratio(static_cast<std::uint64_t>(hit), writer.granules);
    }
    return power(q63_one - ratio(writer.per_write, writer.granules), writes);
}

std::uint64_t expected_unique(const Writer& writer, std::int64_t ps) {
    return share_of(writer.granules, q63_one - spared(writer, ps));
}

Fluid::Fluid(std::uint64_t granules, std::vector<Writer> writers,
             std::vector<std::uint64_t> borders)
    : writers_(std::move(writers)) {
    borders.push_back(0);
    borders.push_back(granules);
    for (const Writer& writer : writers_) {
        LMSIM_ASSERT(writer.granules != 0 && writer.first + writer.granules <= granules);
        borders.push_back(writer.first);
        borders.push_back(writer.first + writer.granules);
    }
    std::sort(borders.begin(), borders.end());
    borders.erase(std::unique(borders.begin(), borders.end()), borders.end());
    for (std::size_t i = 0; i + 1 < borders.size(); ++i) {
        stretches_.push_back({borders[i], borders[i + 1] - borders[i], 0, 0});
    }
}

void Fluid::want(std::uint64_t first, std::uint64_t granules) {
    for (Stretch& one : stretches_) {
        const std::uint64_t from = std::max(first, one.first);
        const std::uint64_t to = std::min(first + granules, one.first + one.granules);
        one.round = std::min(one.granules, one.round + (to > from ? to - from : 0));
    }
}

std::uint64_t Fluid::round() const {
    std::uint64_t sum = 0;
    for (const Stretch& one : stretches_) {
        sum += one.round;
    }
    return sum;
}

std::uint64_t Fluid::changed() const {
    std::uint64_t sum = 0;
    for (const Stretch& one : stretches_) {
        sum += one.changed;
    }
    return sum;
}

/// The share of the stretch's granules that no write hits in so long.
Q63 Fluid::untouched(const Stretch& stretch, std::int64_t ps) const {
    Q63 share = q63_one;
    for (const Writer& writer : writers_) {
        const bool here =
            stretch.first >= writer.first && stretch.first < writer.first + writer.granules;
        share = here ? times(share, spared(writer, ps)) : share;
    }
    return share;
}

/// The mean of it over all times between the two: Simpson's rule.
Q63 Fluid::mean_untouched(const Stretch& stretch, std::int64_t from, std::int64_t to) const {
    constexpr std::int64_t steps = 64;
    Wide sum = 0;
    for (std::int64_t i = 0; i <= steps; ++i) {
        const std::int64_t at = from + scaled(to - from, static_cast<std::uint64_t>(i), steps);
        const Wide weight = i == 0 || i == steps ? 1 : i % 2 == 1 ? 4 : 2;
        sum += weight * untouched(stretch, at);
    }
    return static_cast<Q63>(sum / (3 * steps));
}

std::int64_t Fluid::run_round(std::uint64_t granules_per_s, std::int64_t overhead_ps) {
    LMSIM_ASSERT(granules_per_s != 0);
    const std::uint64_t all = round();
    const Wide most = static_cast<Wide>(INT64_MAX - overhead_ps);  // 106 days
    const auto copying = static_cast<std::int64_t>(
        std::min<Wide>(static_cast<Wide>(all) * ps_per_s / granules_per_s, most));
    const std::int64_t whole = copying + overhead_ps;
    std::uint64_t taken = 0;
    for (Stretch& one : stretches_) {
        const std::int64_t begins = all == 0 ? 0 : scaled(copying, taken, all);
        taken += one.round;
        const std::int64_t ends = all == 0 ? 0 : scaled(copying, taken, all);
        // Those of the round count from the moment at which they are taken, the others throughout.
        const std::uint64_t rest = one.granules - one.round;
        const Q63 again = q63_one - mean_untouched(one, whole - ends, whole - begins);
        one.changed = share_of(one.round, again) + share_of(rest, q63_one - untouched(one, whole));
        one.round = one.changed;
        one.changed = 0;
    }
    return whole;
}

void Fluid::wait(std::int64_t ps) {
    for (Stretch& one : stretches_) {
        const std::uint64_t clean = one.granules - one.round - one.changed;
        one.changed += share_of(clean, q63_one - untouched(one, ps));
    }
}

}  // namespace lmsim::host::media
