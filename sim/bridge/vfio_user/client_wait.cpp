#include "sim/bridge/vfio_user/client_wait.hpp"

#include <poll.h>

#include <algorithm>
#include <chrono>

namespace lmsim::sim::vfio_user {

namespace {

using Clock = std::chrono::steady_clock;

constexpr int looks = 20;         // before it sleeps: most answers take less
constexpr long nap_ns = 100'000;  // completions may come without an interrupt

bool broken(const std::vector<ClientPort*>& ports) {
    return std::any_of(ports.begin(), ports.end(),
                       [](const ClientPort* port) { return !port->error().empty(); });
}

/// Until one of the sockets or interrupts has something, but not for long.
void nap(const std::vector<ClientPort*>& ports, Clock::time_point end) {
    std::vector<pollfd> items;
    for (const ClientPort* port : ports) {
        items.push_back({port->poll_fd(), POLLIN, 0});
    }
    const auto left = std::chrono::duration_cast<std::chrono::nanoseconds>(end - Clock::now());
    const timespec time{0, std::clamp<long>(left.count(), 0, nap_ns)};
    ::ppoll(items.data(), items.size(), &time, nullptr);
}

}  // namespace

bool wait_for(const std::vector<ClientPort*>& ports, const std::function<bool()>& done, Ps limit) {
    const Clock::time_point end = Clock::now() + std::chrono::nanoseconds(limit / 1000);
    int left = looks;
    while (!done()) {
        bool any = false;
        for (ClientPort* port : ports) {
            any = port->poll(0) || any;
        }
        if (broken(ports) || Clock::now() >= end) {
            return done();
        }
        if (any) {
            left = looks;
        } else if (--left < 0) {
            nap(ports, end);
        }
    }
    return true;
}

}  // namespace lmsim::sim::vfio_user
