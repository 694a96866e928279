#pragma once

#include "sim/core/param.hpp"

namespace lmsim::sim {

/// One of the namespaces of each VF, where the scenario lists them.
struct NamespaceParams {
    Bytes size = param(&size, "size", 0_B, between(0_B, 4096_TiB),
                       "of the namespace; 0B: hosts.both.device.capacity", choice);
    Share used = param(&used, "used", 100_percent, between(0_percent, 100_percent),
                       "of it holds data when the migration begins: its first blocks", choice);
    bool shared = param(&shared, "shared", false,
                        "both hosts reach it (one NGUID): nothing of it is copied", choice);
};

}  // namespace lmsim::sim
