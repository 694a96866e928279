#pragma once

#include "sim/core/param.hpp"

namespace lmsim::sim {

/// How many VMs there are on the pair of hosts, and how they are moved.
struct VmsParams {
    std::uint32_t count =
        param(&count, "count", 1, between(1, 64),
              "VMs like [vm] that migrate, each with a guest, memory, VFs (hosts.both.device.vfs) "
              "and VMMs of its own; PFs, drives and the network are shared",
              choice);
    std::uint32_t at_once = param(
        &at_once, "at_once", 0, between(0, 64),
        "migrations under way at the same time; 1: one after the other, 0: all at once", choice);
};

}  // namespace lmsim::sim
