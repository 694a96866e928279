#pragma once

#include <array>

#include "model/host/architecture.hpp"
#include "sim/core/param.hpp"

namespace lmsim::sim {

template <>
struct EnumNames<host::Architecture> {
    static constexpr auto names = host::architecture_names;
};
template <>
struct EnumNames<host::CdqWish> {
    static constexpr std::array names{"auto", "driver", "user", "kernel"};
};

/// Where the logic of a migration lives, on both hosts alike.
struct ArchitectureParams {
    host::Architecture architecture = param(
        &architecture, "architecture", host::Architecture::VfioNvme,
        "who drives the migration of the VFs: a VFIO driver with commands through the PF; the "
        "VMM, by passthrough commands; VFIO for the VF and another interface for media; or "
        "the VFIO driver of 2022, with the profile vendor-2022 unless the scenario names one",
        choice);
    host::CdqWish cdq =
        param(&cdq, "cdq", host::CdqWish::Auto,
              "who has the queue of user data changes: the driver for itself; a program, in its "
              "own memory (RFC of 2026-04); the kernel, and a program read()s copies (RFC of "
              "2025-07). auto: driver with vfio-nvme, user with vmm-direct or where the dialect "
              "says so (HO-CIO-01), kernel with split",
              choice);
    bool best_effort =
        param(&best_effort, "best_effort", false,
              "what the architecture cannot log or track is left out, and the result says so; "
              "false: a scenario that asks for it is refused",
              choice);
};

}  // namespace lmsim::sim
