#pragma once

#include <functional>
#include <vector>

#include "sim/bridge/vfio_user/client_port.hpp"
#include "sim/core/event_queue.hpp"

namespace lmsim::sim::vfio_user {

/// Polls the ports until `done()`, for at most `limit` of real time; from 1 ms on until each server
/// has answered after that, too. False if it is still not done: the time is over, or one of the
/// connections is.
bool wait_for(const std::vector<ClientPort*>& ports, const std::function<bool()>& done, Ps limit);

}  // namespace lmsim::sim::vfio_user
