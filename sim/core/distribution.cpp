#include "sim/core/distribution.hpp"

#include <algorithm>
#include <utility>

#include "sim/core/text.hpp"

namespace lmsim::sim {

namespace {

constexpr std::size_t none = quantile_names.size();

std::size_t next_given(const Quantiles& quantiles, std::size_t i) {
    while (i < none && !quantiles.has(i)) ++i;
    return i;
}

std::size_t last_given(const Quantiles& quantiles) {
    std::size_t last = none;
    for (std::size_t i = 0; i < none; ++i) {
        if (quantiles.has(i)) last = i;
    }
    return last;
}

/// ppm / 10^6 as a probability times 2^64, rounded down.
std::uint64_t probability(std::uint32_t ppm) {
    return static_cast<std::uint64_t>((static_cast<Uint128>(ppm) << 64U) / 1'000'000U);
}

std::uint64_t raw(Time time) { return static_cast<std::uint64_t>(time.ps); }

}  // namespace

Quantiles& Quantiles::set(std::string_view name, Time value) {
    for (std::size_t i = 0; i < none; ++i) {
        if (name == quantile_names[i].name) {
            at[i] = value;
            given |= 1U << i;
            return *this;
        }
    }
    LMSIM_ASSERT(!"a name in quantile_names");
    return *this;
}

Time Quantiles::lowest() const {
    LMSIM_ASSERT(given != 0);
    return at[next_given(*this, 0)];
}

Time Quantiles::highest() const {
    LMSIM_ASSERT(given != 0);
    return at[last_given(*this)];
}

bool Quantiles::is_fixed() const { return lowest() == highest(); }

Quantiles fixed(Time value) { return Quantiles{}.set("p50", value); }

Quantiles uniform(Time min, Time max) { return Quantiles{}.set("min", min).set("max", max); }

std::string check(const Quantiles& quantiles) {
    std::size_t previous = next_given(quantiles, 0);
    if (previous == none) return "gives no point; expected at least one of min, p50, max";
    if (quantiles.highest() > Distribution::longest) {
        return "reaches " + format(quantiles.highest()) + "; expected at most " +
               format(Distribution::longest);
    }
    if (quantiles.lowest() < 0_s) return "is negative";
    for (std::size_t i = previous; i < none; i = next_given(quantiles, i + 1)) {
        if (quantiles.at[i] < quantiles.at[previous]) {
            return std::string(quantile_names[i].name) + " = " +
                   in_quotes(format(quantiles.at[i])) + " is below " +
                   quantile_names[previous].name + " = " +
                   in_quotes(format(quantiles.at[previous]));
        }
        previous = i;
    }
    return {};
}

static std::vector<InverseCdf::Piece> pieces(const Quantiles& quantiles) {
    LMSIM_ASSERT(check(quantiles).empty());
    std::vector<InverseCdf::Piece> out;
    std::uint32_t reached = 0;
    std::uint64_t value = raw(quantiles.lowest());
    for (std::size_t i = next_given(quantiles, 0); i < none; i = next_given(quantiles, i + 1)) {
        if (quantile_names[i].ppm > reached) {
            out.push_back({probability(reached), value, raw(quantiles.at[i])});
            reached = quantile_names[i].ppm;
        }
        value = raw(quantiles.at[i]);
    }
    if (reached < 1'000'000) out.push_back({probability(reached), value, value});
    return out;
}

/// Equal ones share a table: a device has dozens of times, most of them equal, and where run
/// follows run in a process each has the same.
static InverseCdf inverse(const Quantiles& quantiles) {
    constexpr std::size_t most = 256;
    using Known = std::pair<Quantiles, InverseCdf>;
    static thread_local std::vector<Known> known;
    const auto found = std::find_if(known.begin(), known.end(),
                                    [&](const Known& one) { return one.first == quantiles; });
    if (found != known.end()) {
        return found->second;
    }
    if (known.size() == most) {
        known.clear();
    }
    known.emplace_back(quantiles, InverseCdf(pieces(quantiles)));
    return known.back().second;
}

Distribution::Distribution(const Quantiles& quantiles) : inverse_(inverse(quantiles)) {}

}  // namespace lmsim::sim
