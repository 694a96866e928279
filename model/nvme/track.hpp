#pragma once

#include <cstdint>

#include "model/nvme/cdq.hpp"

namespace lmsim::nvme {

template <class Bounds>
void stop_tracking(Context<Bounds>&) {}

}  // namespace lmsim::nvme
