#pragma once

#include <cstdint>
#include <string>

#include "sim/bridge/rig.hpp"

namespace lmsim::sim {

/// Why our drivers cannot use the device for so many VFs: functions that are missing, or a PF whose
/// registers are laid out otherwise than they take for granted. Empty if they can.
std::string check_rig(Rig& rig, std::uint32_t vfs);

/// Why the memory of its functions is not what the run needs: so many pages for the PF at least,
/// and others for the VFs, hardly any of them in use. Empty if it is: as it was asked for, unless
/// it comes from a file.
std::string check_rig_memory(Rig& rig, std::uint64_t pf_pages, std::uint64_t vm_pages);

/// The controllers of the PF and of the VFs are off, whoever used them before: a VF's by a function
/// level reset, which ends a migration, too; the PF's by CC.EN, as a reset of the PF would take its
/// VFs along. Why that cannot be done, or nothing. Nobody is a client of the ports then.
std::string switch_off(Rig& rig, std::uint32_t vfs);

}  // namespace lmsim::sim
