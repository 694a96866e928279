#pragma once

#include <cstdint>

#include "model/nvme/cdq.hpp"
#include "model/nvme/format.hpp"
#include "model/nvme/identify.hpp"
#include "model/nvme/lba_status.hpp"
#include "model/nvme/log_pages.hpp"
#include "model/nvme/sanitize.hpp"
#include "model/nvme/templates.hpp"
#include "model/nvme/track.hpp"

namespace lmsim::nvme {

/// The command happens. False: it waits and will be completed by something else.
template <class Bounds>
bool process(Context<Bounds>& ctx, std::uint16_t function, std::uint32_t slot, Outcome& outcome) {
    using spec::Id;
    const spec::Rules& rules = ctx.rules;
    const wire::Sqe sqe = to_sqe(ctx.controller(function).slot[slot]);
    const bool mmc = ctx.controller(function).primary && rules.on(Id::OneMmc);
    const std::uint32_t opcode = sqe.opcode;
    if (wire::is_migration_send(sqe, rules)) {
        if (mmc) {
            return migration_send(ctx, slot, sqe, outcome);
        }
        outcome = refuse(ctx, in_any_case(rules, Id::MigrationSendToMc));
    } else if (wire::is_migration_receive(sqe, rules)) {
        outcome = mmc ? get_state(ctx, slot, sqe)
                      : refuse(ctx, in_any_case(rules, Id::MigrationReceiveToMc));
    } else if (opcode == rules.value(Id::OpcodeAdminIdentify)) {
        outcome = identify(ctx, function, slot, sqe);
    } else if (opcode == rules.value(Id::OpcodeAdminGetLogPage)) {
        outcome = get_log_page(ctx, function, slot, sqe);
    } else if (opcode == rules.value(Id::OpcodeAdminCreateCq)) {
        outcome = create_cq(ctx, function, sqe);
    } else if (opcode == rules.value(Id::OpcodeAdminCreateSq)) {
        outcome = create_sq(ctx, function, sqe);
    } else if (opcode == rules.value(Id::OpcodeAdminDeleteSq)) {
        outcome = delete_sq(ctx, function, sqe);
    } else if (opcode == rules.value(Id::OpcodeAdminDeleteCq)) {
        outcome = delete_cq(ctx, function, sqe);
    } else if (opcode == rules.value(Id::OpcodeAdminCdq)) {
        outcome = cdq_command(ctx, function, slot, sqe);
    } else if (is_set_cdq_feature(ctx, sqe)) {
        outcome = set_cdq_feature(ctx, function, sqe);
    } else if (is_get_cdq_feature(ctx, sqe)) {
        outcome = get_cdq_feature(ctx, function, slot, sqe);
    } else if (opcode == rules.value(Id::OpcodeAdminSetFeatures)) {
        outcome = set_features(ctx, function, sqe);
    } else if (opcode == rules.value(Id::OpcodeAdminGetFeatures)) {
        outcome = get_features(ctx, function, sqe);
    } else if (mmc && opcode == rules.value(Id::OpcodeAdminNamespaceManagement)) {
        outcome = manage_namespaces(ctx, slot, sqe);
    } else if (mmc && opcode == rules.value(Id::OpcodeAdminNamespaceAttachment)) {
        outcome = attach_namespace(ctx, slot, sqe);
    } else if (mmc && opcode == rules.value(Id::OpcodeAdminSanitize)) {
        outcome = sanitize(ctx, sqe);
    } else if (opcode == rules.value(Id::OpcodeAdminFormatNvm)) {
        return format_nvm(ctx, function, slot, sqe, outcome);
    } else if (ctx.config.track_allocation && opcode == rules.value(Id::OpcodeAdminGetLbaStatus)) {
        outcome = get_lba_status(ctx, function, slot, sqe);
    } else if (opcode == rules.value(Id::OpcodeAdminVirtualization)) {
        outcome = virtualization(ctx, function, sqe);
    } else if (opcode == rules.value(Id::OpcodeAdminAbort)) {
        outcome = abort(ctx, function, sqe);
    } else if (opcode == rules.value(Id::OpcodeAdminTrackSend)) {
        outcome = track_send(ctx, function, slot, sqe);
    } else if (opcode == rules.value(Id::OpcodeAdminTrackReceive)) {
        outcome = track_receive(ctx, function, slot, sqe);
    } else if (wire::is_template_receive(sqe, rules) || wire::is_template_send(sqe, rules)) {
        outcome = manage_exported(ctx, function, slot, sqe);
    } else {
        outcome = refuse(ctx, in_any_case(rules, Id::UnsupportedOpcode));
    }
    return true;
}

}  // namespace lmsim::nvme
