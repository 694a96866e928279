#pragma once

#include <cstdint>

namespace lmsim::host::vmm {

// What Cloud Hypervisor decides, as functions of numbers (vmm/src/lib.rs: is_precopy_converged;
// vm-migration/src/context.rs). It computes in seconds as double, and rounds to ns.

/// How long what is dirty would take at the rate of the last iteration.
struct CloudEstimate {
    bool known = false;
    std::int64_t ns = 0;
};

/// `bytes` of the table at hand; `last_bytes` and `last_ns` of the iteration before (0: none, or it
/// took no time).
constexpr CloudEstimate cloud_estimate(std::uint64_t bytes, std::uint64_t last_bytes,
                                       std::int64_t last_ns) {
    if (bytes == 0) {
        return {true, 0};
    }
    if (last_bytes == 0 || last_ns <= 0) {
        return {};
    }
    const double rate = static_cast<double>(last_bytes) / (static_cast<double>(last_ns) / 1e9);
    const double ns = static_cast<double>(bytes) / rate * 1e9 + 0.5;
    constexpr double limit = 9e18;
    return {true, ns >= limit ? INT64_MAX : static_cast<std::int64_t>(ns)};
}

enum class CloudVerdict : std::uint8_t { Iterate, Pause, Cancel };

/// After each look at what is dirty. Device state is no part of it.
constexpr CloudVerdict cloud_decides(const CloudEstimate& estimate, std::int64_t limit_ns,
                                     std::int64_t elapsed_ms, std::int64_t timeout_ms,
                                     bool ignore_timeout) {
    if (estimate.known && estimate.ns <= limit_ns) {
        return CloudVerdict::Pause;
    }
    if (elapsed_ms < timeout_ms) {
        return CloudVerdict::Iterate;
    }
    return ignore_timeout ? CloudVerdict::Pause : CloudVerdict::Cancel;
}

/// What so many bytes of device state take in the snapshot: base64.
constexpr std::uint64_t base64_bytes(std::uint64_t bytes) { return (bytes + 2) / 3 * 4; }

/// The order that a hash map may have: a permutation drawn from `seed`; 0 is that of the numbers.
template <class Number>
void cloud_order(std::uint32_t seed, Number* order, std::uint16_t count) {
    for (std::uint16_t i = 0; i < count; ++i) {
        order[i] = static_cast<Number>(i);
    }
    std::uint64_t state = seed;
    for (std::uint16_t i = count; seed != 0 && i > 1; --i) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        const auto other = static_cast<std::uint16_t>((state >> 33) % i);
        const Number moved = order[i - 1];
        order[i - 1] = order[other];
        order[other] = moved;
    }
}

}  // namespace lmsim::host::vmm
