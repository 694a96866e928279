#pragma once

#include <cstdint>

#include "model/nvme/hooks.hpp"
#include "model/nvme/queues.hpp"

namespace lmsim::nvme {

template <class Bounds>
void deliver_events(Context<Bounds>&, std::uint16_t) {}

}  // namespace lmsim::nvme
