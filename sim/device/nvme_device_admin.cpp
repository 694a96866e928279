#include <utility>

#include "model/wire/cdq.hpp"
#include "model/wire/migration.hpp"
#include "sim/device/nvme_device.hpp"

// What a controller's own work takes: admin commands, and the way to CSTS.RDY and back.

namespace lmsim::sim {

void NvmeDevice::execute(const Effect& effect) {
    const auto work = static_cast<nvme::Work>(effect.token);
    if (work != nvme::Work::Command) {
        Ps spent =
            work == nvme::Work::Disable ? params_.disable.value_or(params_.enable) : params_.enable;
        if (faults_ != nullptr && work == nvme::Work::Enable && effect.function != 0) {
            const FaultPlan* const late = strikes(Fault::ReadyLate, effect.function);
            spent += late != nullptr ? late->length : 0;
        }
        post_once(now() + spent, static_cast<std::uint32_t>(Kind::Timer), effect.function,
                  effect.ticket);
        return;
    }
    Ps spent = execution_time(effect);
    if (faults_ != nullptr && effect.function == 0) {
        bool lost = false;
        spent += lateness(effect, lost);
        if (lost) {
            return;
        }
    }
    const Servers::Slot slot = admin_.take(now(), spent);
    if (observer_ != nullptr) {
        const auto& command =
            subsystem_->controller[effect.function].slot[nvme::Ticket::slot(effect.ticket)];
        observer_->admin_takes(now(), effect.function, command.cid, slot.end - spent - now(),
                               spent);
    }
    post(slot.lane, slot.end, static_cast<std::uint32_t>(Kind::Work), effect.function,
         effect.ticket);
}

namespace {

/// As much of an admin command as an Execute effect tells: opcode and the low byte of CDW10.
wire::Sqe command_of(const Effect& effect) {
    wire::Sqe sqe;
    sqe.opcode = static_cast<std::uint8_t>(effect.token2);
    sqe.cdw10 = static_cast<std::uint32_t>(effect.token3);
    return sqe;
}

const Distribution& own(const std::optional<Distribution>& of_its_own, const Distribution& all) {
    return of_its_own ? *of_its_own : all;
}

}  // namespace

/// Of an admin command; what is not listed costs what Identify does.
const Distribution& NvmeDevice::latency_of(const Effect& effect) const {
    using spec::Id;
    const auto is = [&](Id opcode) { return effect.token2 == rules_.value(opcode); };
    const wire::Sqe sqe = command_of(effect);
    if (wire::is_migration_send(sqe, rules_)) {
        const wire::SendOperation operation = wire::decode_migration_send(sqe, rules_).operation;
        return operation == wire::SendOperation::SetControllerState ? params_.set_state
               : operation == wire::SendOperation::Resume           ? params_.resume
                                                                    : params_.suspend;
    }
    if (wire::is_migration_receive(sqe, rules_)) {
        return params_.get_state;
    }
    if (is(Id::OpcodeAdminCdq)) {
        const bool create = wire::decode_cdq(sqe, rules_).operation != wire::CdqOperation::Delete;
        return create ? params_.cdq : own(params_.delete_cdq, params_.cdq);
    }
    const std::pair<Id, const Distribution*> times[] = {
        {Id::OpcodeAdminCreateSq, &own(params_.create_sq, params_.create_queue)},
        {Id::OpcodeAdminCreateCq, &params_.create_queue},
        {Id::OpcodeAdminDeleteSq, &own(params_.delete_sq, params_.create_queue)},
        {Id::OpcodeAdminDeleteCq, &own(params_.delete_cq, params_.create_queue)},
        {Id::OpcodeAdminSetFeatures, &own(params_.set_features, params_.features)},
        {Id::OpcodeAdminGetFeatures, &params_.features},
        {Id::OpcodeAdminTrackSend, &params_.track_send},
        {Id::OpcodeAdminTrackReceive, &params_.track_receive},
        {Id::OpcodeAdminVirtualization, &params_.virtualization},
        {Id::OpcodeAdminNamespaceManagement, &params_.namespaces},
        {Id::OpcodeAdminNamespaceAttachment, &params_.namespaces},
        {Id::OpcodeAdminFormatNvm, &params_.format},
        {Id::OpcodeAdminSanitize, &params_.format},
        {Id::OpcodeAdminGetLbaStatus, &params_.lba_status},
    };
    for (const auto& [opcode, time] : times) {
        if (is(opcode)) {
            return *time;
        }
    }
    return params_.identify;
}

Ps NvmeDevice::execution_time(const Effect& effect) {
    const wire::Sqe sqe = command_of(effect);
    const bool state = wire::is_migration_receive(sqe, rules_) ||
                       (wire::is_migration_send(sqe, rules_) &&
                        wire::decode_migration_send(sqe, rules_).operation ==
                            wire::SendOperation::SetControllerState);
    Ps spent = latency_of(effect).draw(admin_random_).ps;
    if (state && params_.state_rate.bits_per_s != 0) {
        spent += transfer(Bytes{effect.length}, params_.state_rate).ps;
    }
    return spent;
}

}  // namespace lmsim::sim
