#pragma once

#include <cstdint>

namespace lmsim::nvme {

/// Which blocks of one namespace are allocated: written and not deallocated since.
class LbaMap {};

}  // namespace lmsim::nvme
