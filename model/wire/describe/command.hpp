#pragma once

#include "model/wire/describe/walker.hpp"

namespace lmsim::wire::describe {

/// The common parts of an entry that a command uses.
enum Uses : std::uint8_t {
    UsesNothing = 0,
    UsesNsid = 1,
    UsesPrp1 = 2,
    UsesPrp2 = 4,
    UsesMptr = 8,
    UsesData = UsesPrp1 | UsesPrp2,
    UsesNsidAndData = UsesNsid | UsesData,
};

/// The dwords of a command, or of one of its operations. The first row that fits an entry counts.
struct Command {
    spec::Id opcode = spec::Id::Count;
    std::uint8_t uses = UsesNothing;
    Fields fields = {};
    std::string_view title = {};          // of an operation; else the opcode's
    spec::Id selector = spec::Id::Count;  // the field that selects the operation, and
    spec::Id selected = spec::Id::Count;  // the value that it has then
    void (*check)(Walker& walker, const View& view) = nullptr;
    Rest rest = Rest::Reserved;
    // The switch of the dialect that has it, and of the one that has others in its place.
    spec::Id only_with = spec::Id::Count;
    spec::Id not_with = spec::Id::Count;
};

/// Has the dialect this command?
inline bool is_in(const Command& command, const spec::Rules& rules) {
    return (command.only_with == spec::Id::Count || rules.on(command.only_with)) &&
           (command.not_with == spec::Id::Count || !rules.on(command.not_with));
}

/// A command that is not divided into operations, or what is left of one that is.
constexpr Command command(spec::Id opcode, std::uint8_t uses, Fields fields,
                          void (*check)(Walker& walker, const View& view) = nullptr,
                          Rest rest = Rest::Reserved) {
    return {opcode, uses, fields, {}, spec::Id::Count, spec::Id::Count, check, rest};
}

Span<Command> admin_commands();
Span<Command> nvm_commands();

// The parts of the admin commands, by subject.
Span<Command> common_admin_commands();
Span<Command> migration_commands();
Span<Command> namespace_commands();
Span<Command> vendor_commands();
Span<Command> template_commands();

/// Submission queue entries up to the end.
void walk_admin_entries(Walker& walker);
void walk_nvm_entries(Walker& walker);
void admin_entry_evidence(const Input& input, Evidence& evidence);
void nvm_entry_evidence(const Input& input, Evidence& evidence);

}  // namespace lmsim::wire::describe
