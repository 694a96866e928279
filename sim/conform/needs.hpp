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

}  // namespace lmsim::sim::conform
