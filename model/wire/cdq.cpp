#include "model/wire/cdq.hpp"

#include <cstring>
#include <tuple>

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

CdqOperation operation_of(std::uint8_t sel, const spec::Rules& rules) {
    if (sel == rules.value(Id::SelCreateCdq)) return CdqOperation::Create;
    if (sel == rules.value(Id::SelDeleteCdq)) return CdqOperation::Delete;
    return CdqOperation::Reserved;
}

/// A completion as bytes: fields of DW0 and DW1 stand where Rules says.
struct CqeBytes {
    std::uint8_t bytes[Cqe::size] = {};
    const spec::Rules& rules;

    explicit CqeBytes(const spec::Rules& given) : rules(given) {}
    CqeBytes(const Cqe& cqe, const spec::Rules& given) : rules(given) { encode(cqe, bytes); }
    LayoutReader reader() const { return {bytes, Cqe::size, rules}; }
    void set(Id id, std::uint64_t value) { LayoutWriter(bytes, Cqe::size, rules).set(id, value); }
    Cqe cqe() const { return decode_cqe(bytes); }
};

}  // namespace

ControllerDataQueue ControllerDataQueue::create(std::uint16_t cntlid, std::uint64_t prp1,
                                                std::uint32_t dwords, bool pc) {
    ControllerDataQueue command;
    command.operation = CdqOperation::Create;
    command.cntlid = cntlid;
    command.prp1 = prp1;
    command.dwords = dwords;
    command.pc = pc;
    return command;
}

ControllerDataQueue ControllerDataQueue::remove(std::uint16_t cdqid) {
    ControllerDataQueue command;
    command.operation = CdqOperation::Delete;
    command.cdqid = cdqid;
    return command;
}

// `sel` only matters where the typed member says Reserved.
bool operator==(const ControllerDataQueue& a, const ControllerDataQueue& b) {
    const auto tie = [](const ControllerDataQueue& c) {
        const bool reserved = c.operation == CdqOperation::Reserved;
        return std::make_tuple(c.operation, reserved ? c.sel : std::uint8_t{0}, c.qt, c.pc,
                               c.cntlid, c.dwords, c.prp1, c.cdqid);
    };
    return tie(a) == tie(b);
}

Sqe encode(const ControllerDataQueue& command, const spec::Rules& rules) {
    Sqe sqe = blank(Id::OpcodeAdminCdq, rules);
    sqe.prp1 = command.prp1;
    SqeFields fields(sqe, rules);
    switch (command.operation) {
        case CdqOperation::Create:
            fields.set(Id::CdqSel, rules.value(Id::SelCreateCdq));
            fields.set(Id::CdqQt, command.qt);
            fields.set(Id::CdqPc, command.pc ? 1 : 0);
            fields.set(Id::CdqCqs, command.cntlid);
            fields.set(Id::CdqSize, command.dwords);
            break;
        case CdqOperation::Delete:
            fields.set(Id::CdqSel, rules.value(Id::SelDeleteCdq));
            fields.set(Id::CdqDeleteCdqid, command.cdqid);
            break;
        case CdqOperation::Reserved: fields.set(Id::CdqSel, command.sel); break;
    }
    return fields.sqe();
}

ControllerDataQueue decode_cdq(const Sqe& sqe, const spec::Rules& rules) {
    const SqeFields fields(sqe, rules);
    ControllerDataQueue command;
    command.sel = fields.u8(Id::CdqSel);
    command.operation = operation_of(command.sel, rules);
    command.prp1 = sqe.prp1;
    if (command.operation == CdqOperation::Create) {
        command.qt = fields.u8(Id::CdqQt);
        command.pc = fields.flag(Id::CdqPc);
        command.cntlid = fields.u16(Id::CdqCqs);
        command.dwords = fields.u32(Id::CdqSize);
    } else if (command.operation == CdqOperation::Delete) {
        command.cdqid = fields.u16(Id::CdqDeleteCdqid);
    }
    return command;
}

std::uint32_t encode_created_cdqid(std::uint16_t cdqid, const spec::Rules& rules) {
    CqeBytes result(rules);
    result.set(Id::CdqCreatedCdqid, cdqid);
    return result.cqe().dw0;
}

std::uint16_t decode_created_cdqid(const Cqe& cqe, const spec::Rules& rules) {
    const CqeBytes result(cqe, rules);
    return result.reader().u16(Id::CdqCreatedCdqid);
}

bool operator==(const CdqFeature& a, const CdqFeature& b) {
    return std::tie(a.cdqid, a.hp, a.etpt, a.tpt) == std::tie(b.cdqid, b.hp, b.etpt, b.tpt);
}

Sqe encode_set_cdq_feature(const CdqFeature& feature, const spec::Rules& rules) {
    SqeFields fields(blank(Id::OpcodeAdminSetFeatures, rules), rules);
    fields.set(Id::FeatureFid, rules.value(Id::FeatureCdq));
    fields.set(Id::CdqFeatureCdqid, feature.cdqid);
    fields.set(Id::CdqFeatureEtpt, feature.etpt ? 1 : 0);
    fields.set(Id::CdqFeatureHp, feature.hp);
    fields.set(Id::CdqFeatureTpt, feature.tpt);
    return fields.sqe();
}

Sqe encode_get_cdq_feature(std::uint16_t cdqid, const spec::Rules& rules) {
    SqeFields fields(blank(Id::OpcodeAdminGetFeatures, rules), rules);
    fields.set(Id::FeatureFid, rules.value(Id::FeatureCdq));
    fields.set(Id::CdqFeatureCdqid, cdqid);
    return fields.sqe();
}

CdqFeature decode_cdq_feature(const Sqe& sqe, const spec::Rules& rules) {
    const SqeFields fields(sqe, rules);
    return {fields.u16(Id::CdqFeatureCdqid), fields.u32(Id::CdqFeatureHp),
            fields.flag(Id::CdqFeatureEtpt), fields.u32(Id::CdqFeatureTpt)};
}

std::uint32_t encode_cdq_feature_result(const CdqFeature& feature, const spec::Rules& rules) {
    CqeBytes result(rules);
    result.set(Id::CdqGotCdqid, feature.cdqid);
    result.set(Id::CdqGotEtpt, feature.etpt ? 1 : 0);
    return result.cqe().dw0;
}

void encode_cdq_feature_data(const CdqFeature& feature, std::uint8_t* to, std::size_t size,
                             const spec::Rules& rules) {
    std::memset(to, 0, size);
    LayoutWriter writer(to, size, rules);
    writer.set(Id::CdqGotHp, feature.hp);
    writer.set(Id::CdqGotTpt, feature.etpt ? feature.tpt : 0);
}

Result<CdqFeature> decode_cdq_feature_got(const Cqe& cqe, const std::uint8_t* data,
                                          std::size_t size, const spec::Rules& rules) {
    if (size < rules.value(Id::CdqFeatureShortSize)) {
        return Fault{Error::Truncated, size};
    }
    const CqeBytes result(cqe, rules);
    const LayoutReader reader(data, size, rules);
    return CdqFeature{result.reader().u16(Id::CdqGotCdqid), reader.u32(Id::CdqGotHp),
                      result.reader().flag(Id::CdqGotEtpt), reader.u32(Id::CdqGotTpt)};
}

AerResult AerResult::of(CdqEvent event, std::uint16_t cdqid, const spec::Rules& rules) {
    AerResult result;
    result.type = static_cast<std::uint8_t>(rules.value(Id::EventTypeOneShot));
    const bool tail = event == CdqEvent::TailPointer;
    result.information = static_cast<std::uint8_t>(
        rules.value(tail ? Id::EventCdqTailPointer : Id::EventCdqFullError));
    result.cdqid = cdqid;
    return result;
}

bool AerResult::is(CdqEvent event, const spec::Rules& rules) const {
    const AerResult wanted = of(event, cdqid, rules);
    return type == wanted.type && information == wanted.information;
}

bool operator==(const AerResult& a, const AerResult& b) {
    return std::tie(a.type, a.information, a.log_page, a.cdqid) ==
           std::tie(b.type, b.information, b.log_page, b.cdqid);
}

Cqe encode(const AerResult& result, const spec::Rules& rules) {
    CqeBytes cqe(rules);
    cqe.set(Id::EventType, result.type);
    cqe.set(Id::EventInformation, result.information);
    cqe.set(Id::EventLogPage, result.log_page);
    cqe.set(Id::EventCdqid, result.cdqid);
    return cqe.cqe();
}

AerResult decode_aer_result(const Cqe& cqe, const spec::Rules& rules) {
    const CqeBytes bytes(cqe, rules);
    const LayoutReader reader = bytes.reader();
    return {reader.u8(Id::EventType), reader.u8(Id::EventInformation), reader.u8(Id::EventLogPage),
            reader.u16(Id::EventCdqid)};
}

}  // namespace lmsim::wire
