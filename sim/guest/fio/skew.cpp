#include "sim/guest/fio/skew.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>
#include <vector>

namespace lmsim::sim::fio {

namespace {

constexpr unsigned log_bits = 40;
constexpr std::uint64_t million = 1'000'000;

/// A run of ranks that are equally likely, and its weight.
struct Bucket {
    std::uint64_t low = 0;
    std::uint64_t high = 0;  // exclusive
    Uint128 weight = 0;
};

std::uint64_t square_root(Uint128 number) {
    std::uint64_t root = 0;
    for (unsigned bit = 64; bit-- > 0;) {
        const std::uint64_t trial = root | (1ULL << bit);
        if (static_cast<Uint128>(trial) * trial <= number) {
            root = trial;
        }
    }
    return root;
}

/// Entry k is 2^-(2^-(k+1)) times 2^62.
std::array<std::uint64_t, log_bits> roots_of_half() {
    std::array<std::uint64_t, log_bits> out{};
    std::uint64_t value = 1ULL << 61;
    for (std::uint64_t& root : out) {
        value = square_root(static_cast<Uint128>(value) << 62);
        root = value;
    }
    return out;
}

/// exponent * factor / 10^6, at most what fits.
std::uint64_t scaled_exponent(std::uint64_t exponent, std::uint64_t millionths) {
    const Uint128 product = static_cast<Uint128>(exponent) * millionths / million;
    return static_cast<std::uint64_t>(std::min<Uint128>(product, UINT64_MAX));
}

std::vector<Bucket> buckets(std::uint64_t count) {
    constexpr std::uint64_t exact = 64;
    std::vector<Bucket> out;
    for (std::uint64_t low = 0; low < count;) {
        const std::uint64_t step = low < exact ? 1 : low / 32;
        const std::uint64_t high = std::min(count, low + step);
        out.push_back({low, high, 0});
        low = high;
    }
    return out;
}

/// The middle of a bucket of ranks counted from 1 is (low + 1 + high) / 2.
void weigh_zipf(std::vector<Bucket>& all, std::uint64_t theta) {
    for (Bucket& bucket : all) {
        const std::uint64_t log = log2_fixed(bucket.low + 1 + bucket.high) - (1ULL << log_bits);
        bucket.weight = static_cast<Uint128>(exp2_negative(scaled_exponent(log, theta))) *
                        (bucket.high - bucket.low);
    }
}

/// Below rank r lie (r / count)^k of the draws, k = log(1 - h) / log h.
void weigh_pareto(std::vector<Bucket>& all, std::uint64_t h, std::uint64_t count) {
    const std::uint64_t top = log2_fixed(million);
    const std::uint64_t above = top - log2_fixed(million - h);
    const std::uint64_t below = top - log2_fixed(h);
    const auto under = [&](std::uint64_t rank) {
        const Uint128 exponent =
            static_cast<Uint128>(log2_fixed(count) - log2_fixed(rank)) * above / below;
        return exp2_negative(static_cast<std::uint64_t>(std::min<Uint128>(exponent, UINT64_MAX)));
    };
    std::uint64_t reached = 0;
    for (Bucket& bucket : all) {
        const std::uint64_t end = std::max(reached, under(bucket.high));
        bucket.weight = end - reached;
        reached = end;
    }
}

/// Probabilities times 2^64. A bucket thinner than one draw per rank goes to its neighbour: with 64
/// bits it could not be drawn anyway.
std::vector<InverseCdf::Piece> pieces(const std::vector<Bucket>& all) {
    Uint128 total = 0;
    for (const Bucket& bucket : all) {
        total += bucket.weight;
    }
    unsigned shift = 0;
    while (total >> shift >= 1ULL << 62) {
        ++shift;
    }
    std::vector<InverseCdf::Piece> out;
    std::uint64_t from = 0;
    Uint128 sum = 0;
    for (const Bucket& bucket : all) {
        sum += bucket.weight;
        const Uint128 end = ((sum >> shift) << 64U) / (total >> shift);
        if (end - from > bucket.high - bucket.low) {
            out.push_back({from, bucket.low, bucket.high});
            from = static_cast<std::uint64_t>(end);
        }
        if (end >> 64U != 0) {
            break;
        }
    }
    return out;
}

std::vector<InverseCdf::Piece> table(Distribution distribution, std::uint64_t skew,
                                     std::uint64_t count) {
    LMSIM_ASSERT(count >= 1 && count <= 1ULL << 48);
    LMSIM_ASSERT(distribution != Distribution::Uniform && skew != 0);
    std::vector<Bucket> all = buckets(count);
    if (distribution == Distribution::Zipf) {
        weigh_zipf(all, skew);
    } else {
        LMSIM_ASSERT(skew < million);
        weigh_pareto(all, skew, count);
    }
    return pieces(all);
}

}  // namespace

std::uint64_t log2_fixed(std::uint64_t number) {
    LMSIM_ASSERT(number != 0);
    const unsigned whole = 63U - static_cast<unsigned>(__builtin_clzll(number));
    std::uint64_t log = whole;
    std::uint64_t mantissa = number << (63U - whole);  // 1.0 is 2^63
    for (unsigned bit = 0; bit < log_bits; ++bit) {
        const Uint128 square = static_cast<Uint128>(mantissa) * mantissa;
        const bool two = (square >> 127U) != 0;
        mantissa = static_cast<std::uint64_t>(square >> (two ? 64U : 63U));
        log = log << 1U | (two ? 1U : 0U);
    }
    return log;
}

std::uint64_t exp2_negative(std::uint64_t exponent) {
    static const std::array<std::uint64_t, log_bits> roots = roots_of_half();
    const std::uint64_t whole = exponent >> log_bits;
    if (whole >= 63) {
        return 0;
    }
    std::uint64_t value = 1ULL << 62;
    for (unsigned k = 0; k < log_bits; ++k) {
        if ((exponent >> (log_bits - 1 - k) & 1U) != 0) {
            value = static_cast<std::uint64_t>(static_cast<Uint128>(value) * roots[k] >> 62U);
        }
    }
    return value >> whole;
}

namespace {

/// Equal jobs share a table, which is a thousand logarithms.
InverseCdf shared_table(Distribution distribution, std::uint64_t skew, std::uint64_t count) {
    constexpr std::size_t most = 64;
    using Key = std::tuple<Distribution, std::uint64_t, std::uint64_t>;
    static thread_local std::map<Key, InverseCdf> known;
    const Key key{distribution, skew, count};
    const auto found = known.find(key);
    if (found != known.end()) {
        return found->second;
    }
    if (known.size() == most) {
        known.clear();
    }
    return known.emplace(key, InverseCdf(table(distribution, skew, count))).first->second;
}

}  // namespace

SkewedRanks::SkewedRanks(Distribution distribution, std::uint64_t skew, std::uint64_t count)
    : inverse_(shared_table(distribution, skew, count)) {}

}  // namespace lmsim::sim::fio
