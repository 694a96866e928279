#include "model/wire/admin.hpp"

#include "model/wire/cqe.hpp"
#include "model/wire/fields.hpp"
#include "model/wire/layout.hpp"

namespace lmsim::wire {

using spec::Id;

namespace {

Sqe blank(Id opcode_row, const spec::Rules& rules) {
    Sqe sqe;
    sqe.opcode = static_cast<std::uint8_t>(rules.value(opcode_row));
    return sqe;
}

/// A feature's dword by rows of CDW11.
SqeFields feature_fields(std::uint32_t dword, const spec::Rules& rules) {
    Sqe sqe;
    sqe.cdw11 = dword;
    return {sqe, rules};
}

Sqe delete_queue(Id opcode_row, std::uint16_t qid, const spec::Rules& rules) {
    SqeFields fields(blank(opcode_row, rules), rules);
    fields.set(Id::QueueQid, qid);
    return fields.sqe();
}

}  // namespace

Sqe encode(const Identify& command, const spec::Rules& rules) {
    SqeFields fields(blank(Id::OpcodeAdminIdentify, rules), rules);
    fields.set(Id::IdentifyCns, command.cns);
    fields.set(Id::IdentifyCntid, command.cntid);
    fields.set(Id::IdentifyCsi, command.csi);
    fields.set(Id::IdentifyUidx, command.uidx);
    return fields.sqe();
}

Identify decode_identify(const Sqe& sqe, const spec::Rules& rules) {
    const SqeFields fields(sqe, rules);
    return {fields.u8(Id::IdentifyCns), fields.u16(Id::IdentifyCntid), fields.u8(Id::IdentifyCsi),
            fields.u8(Id::IdentifyUidx)};
}

Sqe encode(const CreateCq& command, const spec::Rules& rules) {
    Sqe sqe = blank(Id::OpcodeAdminCreateCq, rules);
    sqe.prp1 = command.prp1;
    SqeFields fields(sqe, rules);
    fields.set(Id::QueueQid, command.qid);
    fields.set(Id::QueueQsize, command.qsize);
    fields.set(Id::CreateCqPc, command.pc ? 1 : 0);
    fields.set(Id::CreateCqIen, command.ien ? 1 : 0);
    fields.set(Id::CreateCqIv, command.iv);
    return fields.sqe();
}

CreateCq decode_create_cq(const Sqe& sqe, const spec::Rules& rules) {
    const SqeFields fields(sqe, rules);
    return {fields.u16(Id::QueueQid),     fields.u16(Id::QueueQsize), fields.flag(Id::CreateCqPc),
            fields.flag(Id::CreateCqIen), fields.u16(Id::CreateCqIv), sqe.prp1};
}

Sqe encode(const CreateSq& command, const spec::Rules& rules) {
    Sqe sqe = blank(Id::OpcodeAdminCreateSq, rules);
    sqe.prp1 = command.prp1;
    SqeFields fields(sqe, rules);
    fields.set(Id::QueueQid, command.qid);
    fields.set(Id::QueueQsize, command.qsize);
    fields.set(Id::CreateSqPc, command.pc ? 1 : 0);
    fields.set(Id::CreateSqQprio, command.qprio);
    fields.set(Id::CreateSqCqid, command.cqid);
    return fields.sqe();
}

CreateSq decode_create_sq(const Sqe& sqe, const spec::Rules& rules) {
    const SqeFields fields(sqe, rules);
    return {fields.u16(Id::QueueQid),     fields.u16(Id::QueueQsize),   fields.flag(Id::CreateSqPc),
            fields.u8(Id::CreateSqQprio), fields.u16(Id::CreateSqCqid), sqe.prp1};
}

Sqe encode(const DeleteSq& command, const spec::Rules& rules) {
    return delete_queue(Id::OpcodeAdminDeleteSq, command.qid, rules);
}

Sqe encode(const DeleteCq& command, const spec::Rules& rules) {
    return delete_queue(Id::OpcodeAdminDeleteCq, command.qid, rules);
}

DeleteSq decode_delete_sq(const Sqe& sqe, const spec::Rules& rules) {
    return {SqeFields(sqe, rules).u16(Id::QueueQid)};
}

DeleteCq decode_delete_cq(const Sqe& sqe, const spec::Rules& rules) {
    return {SqeFields(sqe, rules).u16(Id::QueueQid)};
}

Sqe encode(const SetFeatures& command, const spec::Rules& rules) {
    Sqe sqe = blank(Id::OpcodeAdminSetFeatures, rules);
    sqe.cdw11 = command.cdw11;
    SqeFields fields(sqe, rules);
    fields.set(Id::FeatureFid, command.fid);
    fields.set(Id::SetFeaturesSv, command.sv ? 1 : 0);
    return fields.sqe();
}

SetFeatures decode_set_features(const Sqe& sqe, const spec::Rules& rules) {
    const SqeFields fields(sqe, rules);
    return {fields.u8(Id::FeatureFid), fields.flag(Id::SetFeaturesSv), sqe.cdw11};
}

Sqe encode(const GetFeatures& command, const spec::Rules& rules) {
    Sqe sqe = blank(Id::OpcodeAdminGetFeatures, rules);
    sqe.cdw11 = command.cdw11;
    SqeFields fields(sqe, rules);
    fields.set(Id::FeatureFid, command.fid);
    fields.set(Id::GetFeaturesSel, command.sel);
    return fields.sqe();
}

GetFeatures decode_get_features(const Sqe& sqe, const spec::Rules& rules) {
    const SqeFields fields(sqe, rules);
    return {fields.u8(Id::FeatureFid), fields.u8(Id::GetFeaturesSel), sqe.cdw11};
}

Sqe encode(const Abort& command, const spec::Rules& rules) {
    SqeFields fields(blank(Id::OpcodeAdminAbort, rules), rules);
    fields.set(Id::AbortSqid, command.sqid);
    fields.set(Id::AbortCid, command.cid);
    return fields.sqe();
}

Abort decode_abort(const Sqe& sqe, const spec::Rules& rules) {
    const SqeFields fields(sqe, rules);
    return {fields.u16(Id::AbortSqid), fields.u16(Id::AbortCid)};
}

Sqe encode(const Aer&, const spec::Rules& rules) { return blank(Id::OpcodeAdminAer, rules); }

std::uint32_t encode(const NumberOfQueues& queues, const spec::Rules& rules) {
    SqeFields fields = feature_fields(0, rules);
    fields.set(Id::QueuesNsqr, queues.sqs);
    fields.set(Id::QueuesNcqr, queues.cqs);
    return fields.sqe().cdw11;
}

NumberOfQueues decode_number_of_queues(std::uint32_t dword, const spec::Rules& rules) {
    const SqeFields fields = feature_fields(dword, rules);
    return {fields.u16(Id::QueuesNsqr), fields.u16(Id::QueuesNcqr)};
}

std::uint32_t encode(const InterruptCoalescing& coalescing, const spec::Rules& rules) {
    SqeFields fields = feature_fields(0, rules);
    fields.set(Id::CoalescingThr, coalescing.threshold);
    fields.set(Id::CoalescingTime, coalescing.time);
    return fields.sqe().cdw11;
}

InterruptCoalescing decode_interrupt_coalescing(std::uint32_t dword, const spec::Rules& rules) {
    const SqeFields fields = feature_fields(dword, rules);
    return {fields.u8(Id::CoalescingThr), fields.u8(Id::CoalescingTime)};
}

std::uint32_t encode(const InterruptVector& vector, const spec::Rules& rules) {
    SqeFields fields = feature_fields(0, rules);
    fields.set(Id::VectorIv, vector.iv);
    fields.set(Id::VectorCd, vector.cd ? 1 : 0);
    return fields.sqe().cdw11;
}

InterruptVector decode_interrupt_vector(std::uint32_t dword, const spec::Rules& rules) {
    const SqeFields fields = feature_fields(dword, rules);
    return {fields.u16(Id::VectorIv), fields.flag(Id::VectorCd)};
}

std::uint32_t encode(const VolatileWriteCache& cache, const spec::Rules& rules) {
    SqeFields fields = feature_fields(0, rules);
    fields.set(Id::WriteCacheWce, cache.wce ? 1 : 0);
    return fields.sqe().cdw11;
}

VolatileWriteCache decode_volatile_write_cache(std::uint32_t dword, const spec::Rules& rules) {
    return {feature_fields(dword, rules).flag(Id::WriteCacheWce)};
}

std::uint32_t encode(const TemperatureThreshold& threshold, const spec::Rules& rules) {
    SqeFields fields = feature_fields(0, rules);
    fields.set(Id::ThresholdTmpth, threshold.kelvins);
    fields.set(Id::ThresholdTmpsel, threshold.tmpsel);
    fields.set(Id::ThresholdThsel, threshold.thsel);
    return fields.sqe().cdw11;
}

TemperatureThreshold decode_temperature_threshold(std::uint32_t dword, const spec::Rules& rules) {
    const SqeFields fields = feature_fields(dword, rules);
    return {fields.u16(Id::ThresholdTmpth), fields.u8(Id::ThresholdTmpsel),
            fields.u8(Id::ThresholdThsel)};
}

std::uint32_t encode(const PowerManagement& power, const spec::Rules& rules) {
    SqeFields fields = feature_fields(0, rules);
    fields.set(Id::PowerPs, power.ps);
    fields.set(Id::PowerWh, power.wh);
    return fields.sqe().cdw11;
}

PowerManagement decode_power_management(std::uint32_t dword, const spec::Rules& rules) {
    const SqeFields fields = feature_fields(dword, rules);
    return {fields.u8(Id::PowerPs), fields.u8(Id::PowerWh)};
}

std::uint32_t encode(const FeatureCapabilities& capabilities, const spec::Rules& rules) {
    std::uint8_t bytes[Cqe::size] = {};
    LayoutWriter writer(bytes, sizeof bytes, rules);
    writer.set_flag(Id::CapabilitySaveable, capabilities.saveable);
    writer.set_flag(Id::CapabilityOfNamespace, capabilities.of_namespace);
    writer.set_flag(Id::CapabilityChangeable, capabilities.changeable);
    return load_le<std::uint32_t>(bytes);
}

}  // namespace lmsim::wire
