#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "sim/core/event_queue.hpp"

// What all rigs on the clock's time do alike.
namespace lmsim::sim {

/// The trouble() of a rig whose user wants it to end.
constexpr const char* interrupted_by_user = "interrupted";

/// Real time since it was made.
class LiveClock {
  public:
    Ps now() const;

  private:
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// Sleeps until one of the descriptors is readable, at most so long.
void sleep_on(const std::vector<int>& fds, Ps limit);

/// Why nothing can be expected any more: the user interrupted, or a port's error(); empty: none.
template <class Ports>
std::string trouble_of(const std::function<bool()>& interrupted, const Ports& ports) {
    if (interrupted && interrupted()) {
        return interrupted_by_user;
    }
    for (const auto& port : ports) {
        if (!port->error().empty()) {
            return port->error();
        }
    }
    return {};
}

}  // namespace lmsim::sim
