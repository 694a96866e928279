#pragma once

#include <cstdint>

#include "model/nvme/features.hpp"
#include "model/wire/log_page.hpp"
#include "model/wire/templates.hpp"

/// What a controller says of its commands and features (NVMe Base 2.3, 5.2.12.1.6, 5.2.12.1.18).
/// Which of them it has follows from what process() and find_feature() answer. The effects are its
/// own to judge: they are no rules.
namespace lmsim::nvme {

namespace effect {
constexpr unsigned data = 1U << 0;          // LBCC
constexpr unsigned format = 1U << 1;        // NCC
constexpr unsigned inventory = 1U << 2;     // NIC
constexpr unsigned alone_here = 1U << 3;    // CSE 001b
constexpr unsigned alone = 1U << 4;         // CSE 010b
constexpr unsigned of_namespace = 1U << 5;  // CSP
constexpr unsigned of_controller = 1U << 6;
constexpr unsigned of_subsystem = 1U << 7;
constexpr unsigned of_mmc = 1U << 8;  // whose commands these are, not what they do: of an MMC,
constexpr unsigned of_primary = 1U << 9;
constexpr unsigned of_allocation = 1U << 10;  // where allocation is tracked
}  // namespace effect

/// A command, and what it does: bits of `effect`.
struct KnownCommand {
    spec::Id opcode;
    unsigned effects;
};

/// Commands of live migration change no user data by the command set (LBCC: a controller whose
/// state is set has the same namespaces as before), no capability (CCC: CAP and Identify stay) and
/// no namespace; what they change is a controller, often another one (CSP).
constexpr KnownCommand known_admin_commands[] = {
    {spec::Id::OpcodeAdminDeleteSq, effect::of_controller},
    {spec::Id::OpcodeAdminCreateSq, effect::of_controller},
    {spec::Id::OpcodeAdminGetLogPage, effect::of_controller},
    {spec::Id::OpcodeAdminDeleteCq, effect::of_controller},
    {spec::Id::OpcodeAdminCreateCq, effect::of_controller},
    {spec::Id::OpcodeAdminIdentify, effect::of_controller},
    {spec::Id::OpcodeAdminAbort, effect::of_controller},
    {spec::Id::OpcodeAdminSetFeatures, effect::of_controller},
    {spec::Id::OpcodeAdminGetFeatures, effect::of_controller},
    {spec::Id::OpcodeAdminAer, effect::of_controller},
    {spec::Id::OpcodeAdminNamespaceManagement, effect::of_mmc | effect::data | effect::inventory |
                                                   effect::alone | effect::of_namespace |
                                                   effect::of_subsystem},
    {spec::Id::OpcodeAdminNamespaceAttachment, effect::of_mmc | effect::inventory |
                                                   effect::alone_here | effect::of_namespace |
                                                   effect::of_controller},
    {spec::Id::OpcodeAdminVirtualization, effect::of_primary | effect::of_controller},
    {spec::Id::OpcodeAdminTrackSend, effect::of_primary | effect::of_controller},
    {spec::Id::OpcodeAdminTrackReceive, effect::of_primary | effect::of_controller},
    {spec::Id::OpcodeAdminMigrationSend, effect::of_mmc | effect::of_controller},
    {spec::Id::OpcodeAdminMigrationReceive, effect::of_mmc | effect::of_controller},
    {spec::Id::OpcodeAdminCdq, effect::of_controller},
    {spec::Id::OpcodeAdminFormatNvm,
     effect::data | effect::format | effect::inventory | effect::alone | effect::of_namespace},
    {spec::Id::OpcodeAdminSanitize,
     effect::of_mmc | effect::data | effect::alone | effect::of_subsystem},
    {spec::Id::OpcodeAdminGetLbaStatus, effect::of_allocation | effect::of_namespace},
};
constexpr KnownCommand known_io_commands[] = {
    {spec::Id::OpcodeNvmFlush, effect::of_namespace},
    {spec::Id::OpcodeNvmWrite, effect::data | effect::of_namespace},
    {spec::Id::OpcodeNvmRead, effect::of_namespace},
    {spec::Id::OpcodeNvmCompare, effect::of_namespace},
    {spec::Id::OpcodeNvmWriteZeroes, effect::data | effect::of_namespace},
    {spec::Id::OpcodeNvmDatasetManagement, effect::data | effect::of_namespace},
};

/// Has the controller this command?
template <class Bounds>
bool has_command(const Context<Bounds>& ctx, std::uint16_t function, const KnownCommand& command) {
    const bool primary = ctx.subsystem.controller[function].primary;
    const bool mmc = primary && ctx.rules.on(spec::Id::OneMmc);
    return ((command.effects & effect::of_mmc) == 0 || mmc) &&
           ((command.effects & effect::of_primary) == 0 || primary) &&
           ((command.effects & effect::of_allocation) == 0 || ctx.config.track_allocation);
}

inline wire::CommandEffect describe_effect(unsigned effects, bool tells_scope,
                                           const spec::Rules& rules) {
    using spec::Id;
    wire::CommandEffect made;
    made.csupp = true;
    made.lbcc = (effects & effect::data) != 0;
    made.ncc = (effects & effect::format) != 0;
    made.nic = (effects & effect::inventory) != 0;
    made.cse = static_cast<std::uint8_t>(
        (effects & effect::alone) != 0        ? rules.value(Id::CseNamespaces)
        : (effects & effect::alone_here) != 0 ? rules.value(Id::CseNamespace)
                                              : 0);
    if (tells_scope) {
        made.csp = static_cast<std::uint16_t>(
            ((effects & effect::of_namespace) != 0 ? rules.value(Id::ScopeNamespace) : 0) |
            ((effects & effect::of_controller) != 0 ? rules.value(Id::ScopeController) : 0) |
            ((effects & effect::of_subsystem) != 0 ? rules.value(Id::ScopeSubsystem) : 0));
    }
    return made;
}

/// Commands Supported and Effects.
template <class Bounds>
void write_command_effects(const Context<Bounds>& ctx, std::uint16_t function, std::uint8_t* page,
                           std::size_t size) {
    const spec::Rules& rules = ctx.rules;
    for (const KnownCommand& command : known_admin_commands) {
        if (has_command(ctx, function, command)) {
            const auto opcode = static_cast<std::uint8_t>(rules.value(command.opcode));
            wire::encode(describe_effect(command.effects, true, rules), true, opcode, page, size,
                         rules);
        }
    }
    const bool primary = ctx.subsystem.controller[function].primary;
    for (const spec::Id exported : {spec::Id::TemplateReceive, spec::Id::TemplateSend}) {
        if (primary && rules.on(spec::Id::Templates)) {
            const auto opcode = static_cast<std::uint8_t>(rules.value(exported));
            wire::encode(describe_effect(effect::of_subsystem, true, rules), true, opcode, page,
                         size, rules);
        }
    }
    const bool scope = rules.value(spec::Id::IoEffectsTellScope) != 0;
    for (const KnownCommand& command : known_io_commands) {
        const auto opcode = static_cast<std::uint8_t>(rules.value(command.opcode));
        wire::encode(describe_effect(command.effects, scope, rules), false, opcode, page, size,
                     rules);
    }
}

/// Feature Identifiers Supported and Effects: none changes data, a namespace or a capability.
template <class Bounds>
void write_feature_effects(const Context<Bounds>& ctx, std::uint16_t function, std::uint8_t* page,
                           std::size_t size) {
    using spec::Id;
    const spec::Rules& rules = ctx.rules;
    const Controller<Bounds>& c = ctx.subsystem.controller[function];
    const auto write = [&](std::uint32_t fid, Id scope) {
        wire::FeatureEffect made;
        made.fsupp = true;
        made.fsp = static_cast<std::uint16_t>(rules.value(scope));
        wire::encode(made, static_cast<std::uint8_t>(fid), page, size, rules);
    };
    for (std::uint32_t fid = 0; fid <= 0xff; ++fid) {
        const Feature feature = find_feature(ctx, c, fid, 0);
        if (check_feature(ctx, feature, fid) == Id::Count) {
            write(fid, feature.of_namespace ? Id::ScopeNamespace : Id::ScopeController);
        }
    }
    write(rules.value(Id::FeatureCdq), Id::ScopeCdq);
}

}  // namespace lmsim::nvme
