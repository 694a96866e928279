#include "model/wire/admin.hpp"

#include "model/wire/fields.hpp"

namespace lmsim::wire {

using spec::Id;

namespace {

Sqe blank(Id opcode_row, const spec::Rules& rules) {
    Sqe sqe;
    sqe.opcode = static_cast<std::uint8_t>(rules.value(opcode_row));
    return sqe;
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

}  // namespace lmsim::wire
