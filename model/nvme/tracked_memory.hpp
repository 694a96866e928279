#pragma once

#include <cstdint>

namespace lmsim::nvme {

/// Which granules of the tracked ranges of one MC were written since they were last reported.
class TrackedMemory {};

}  // namespace lmsim::nvme
