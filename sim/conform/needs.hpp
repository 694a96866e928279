#pragma once

#include <string>

#include "model/spec/id.hpp"
#include "sim/conform/case.hpp"

namespace lmsim::sim::conform {

/// The commands of live migration and of what it is made of: a PF without OACS.HMLMS has none.
constexpr spec::Id migration_opcodes[] = {
    spec::Id::OpcodeAdminMigrationSend, spec::Id::OpcodeAdminMigrationReceive,
    spec::Id::OpcodeAdminCdq, spec::Id::OpcodeAdminTrackSend, spec::Id::OpcodeAdminTrackReceive};

/// The symbol that is 0 if the PF answers this admin opcode with Invalid Command Opcode.
std::string opcode_symbol(std::uint32_t opcode);

/// Puts in front of a case's own needs those that follow from its commands: TP4159, a VF beside the
/// PF, two queue pairs, leave to destroy.
void add_needs(Case& test);

/// Of VFs that are the PF's by SR-IOV: a case that resets the PF as a function is skipped, as they
/// end with that (PCI Express Base 6.0, 9.2.2.3: VF Enable is cleared).
void spare_vfs(Case& test);

}  // namespace lmsim::sim::conform
