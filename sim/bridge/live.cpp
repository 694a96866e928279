#include "sim/bridge/live.hpp"

#include <poll.h>

#include <algorithm>

namespace lmsim::sim {

namespace {

constexpr long ns_per_s = 1'000'000'000;

}  // namespace

Ps LiveClock::now() const {
    const std::chrono::nanoseconds since = std::chrono::steady_clock::now() - start_;
    return since.count() * ps_per_ns;
}

void sleep_on(const std::vector<int>& fds, Ps limit) {
    std::vector<pollfd> items;
    for (const int fd : fds) {
        items.push_back({fd, POLLIN, 0});
    }
    const long ns = std::max<Ps>(limit, 0) / ps_per_ns;
    const timespec time{ns / ns_per_s, ns % ns_per_s};
    ::ppoll(items.data(), items.size(), &time, nullptr);
}

}  // namespace lmsim::sim
