#include "sim/bridge/vfio_user/client_wait.hpp"

#include <poll.h>

#include <algorithm>
#include <chrono>

namespace lmsim::sim::vfio_user {

namespace {

using Clock = std::chrono::steady_clock;

constexpr int looks = 20;                  // before it sleeps: most answers take less
constexpr Ps long_enough = 1'000'000'000;  // 1 ms: to be a limit, not a pause between looks
constexpr long nap_ns = 100'000;           // completions may come without an interrupt

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

/// A server that has not been given the processor is not late: it has its turn before the time
/// counts as over.
void give_a_turn(const std::vector<ClientPort*>& ports) {
    for (ClientPort* port : ports) {
        std::uint8_t csts[4];
        port->client().read_region(bar0_region, reg::CSTS, csts, sizeof csts);
    }
    for (ClientPort* port : ports) {
        port->poll(0);
    }
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
        if (broken(ports)) {
            return done();
        }
        if (Clock::now() >= end) {
            if (limit >= long_enough) give_a_turn(ports);
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
