#include "sim/bridge/polled.hpp"

#include <algorithm>
#include <chrono>

namespace lmsim::sim {

namespace {

using Clock = std::chrono::steady_clock;

constexpr int looks = 20;                  // before it sleeps: most answers take less
constexpr Ps long_enough = 1'000'000'000;  // 1 ms: to be a limit, not a pause between looks
constexpr Ps nap = 100'000'000;            // completions may come without an interrupt

}  // namespace

bool wait_for(Polled& polled, const std::function<bool()>& done, Ps limit) {
    const Clock::time_point end = Clock::now() + std::chrono::nanoseconds(limit / ps_per_ns);
    int left = looks;
    while (!done()) {
        const bool any = polled.poll();
        if (!polled.trouble().empty()) {
            return done();
        }
        const Clock::time_point now = Clock::now();
        if (now >= end) {
            if (limit >= long_enough) polled.give_a_turn();
            return done();
        }
        if (any) {
            left = looks;
        } else if (--left < 0) {
            const std::chrono::nanoseconds rest = end - now;
            polled.idle(std::min<Ps>(rest.count(), nap / ps_per_ns) * ps_per_ns);
        }
    }
    return true;
}

}  // namespace lmsim::sim
