#include "sim/bridge/paces.hpp"

#include <algorithm>
#include <chrono>
#include <thread>

namespace lmsim::sim {

namespace {

constexpr std::int64_t shortest_sleep_ns = 100'000;  // waking up takes about as long as half of it

std::int64_t clock_ns() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

}  // namespace

bool FreePace::wait(const std::function<bool()>& done) {
    kernel_.run_until(ps_never);
    return done();
}

WallPace::WallPace(Kernel& kernel) : kernel_(kernel), start_ns_(clock_ns()) {}

/// Time stands still at the end of what Ps can hold, after 106 days.
Ps WallPace::elapsed() const {
    return std::min(clock_ns() - start_ns_, ps_never / ps_per_ns) * ps_per_ns;
}

bool WallPace::wait(const std::function<bool()>& done) {
    for (;;) {
        go_on();
        if (done()) {
            return true;
        }
        const std::int64_t left = idle_ns();
        if (left < 0) {
            return false;  // nothing happens any more
        }
        if (left > shortest_sleep_ns) {
            std::this_thread::sleep_for(std::chrono::nanoseconds(left - shortest_sleep_ns / 2));
        }
    }
}

std::int64_t WallPace::idle_ns() {
    const Ps next = kernel_.queue().next_time();
    return next == ps_never ? -1 : std::max<Ps>(next - elapsed(), 0) / ps_per_ns;
}

}  // namespace lmsim::sim
