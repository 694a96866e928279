#include "model/wire/virtualization.hpp"

#include <tuple>

#include "model/wire/fields.hpp"
#include "model/wire/identify.hpp"
#include "model/wire/layout.hpp"

namespace lmsim::wire {

using spec::Id;

namespace {

constexpr Id action_rows[] = {Id::ActPrimaryFlexible, Id::ActSecondaryOffline,
                              Id::ActSecondaryAssign, Id::ActSecondaryOnline};
constexpr Id type_rows[] = {Id::ResourceVq, Id::ResourceVi};

/// Which of the rows has this number; how many there are if none has.
template <std::size_t N>
std::size_t which(const Id (&rows)[N], std::uint32_t number, const spec::Rules& rules) {
    std::size_t i = 0;
    while (i < N && rules.value(rows[i]) != number) {
        ++i;
    }
    return i;
}

struct ResourceRows {
    Id supported, total, assigned, primary, privately, secondary, granularity;
};
constexpr ResourceRows vq_rows = {Id::PrimaryVqrs,   Id::PrimaryVqfrt, Id::PrimaryVqrfa,
                                  Id::PrimaryVqrfap, Id::PrimaryVqprt, Id::PrimaryVqfrsm,
                                  Id::PrimaryVqgran};
constexpr ResourceRows vi_rows = {Id::PrimaryVirs,   Id::PrimaryVifrt, Id::PrimaryVirfa,
                                  Id::PrimaryVirfap, Id::PrimaryViprt, Id::PrimaryVifrsm,
                                  Id::PrimaryVigran};

void encode_resources(const FlexibleResources& from, const ResourceRows& rows,
                      LayoutWriter& writer) {
    writer.set_flag(rows.supported, from.supported);
    writer.set(rows.total, from.total);
    writer.set(rows.assigned, from.assigned);
    writer.set(rows.primary, from.primary);
    writer.set(rows.privately, from.privately);
    writer.set(rows.secondary, from.secondary);
    writer.set(rows.granularity, from.granularity);
}

FlexibleResources decode_resources(const LayoutReader& reader, const ResourceRows& rows) {
    return {reader.flag(rows.supported), reader.u32(rows.total),     reader.u32(rows.assigned),
            reader.u16(rows.primary),    reader.u16(rows.privately), reader.u16(rows.secondary),
            reader.u16(rows.granularity)};
}

}  // namespace

Sqe encode(const VirtualizationManagement& command, const spec::Rules& rules) {
    Sqe sqe;
    sqe.opcode = static_cast<std::uint8_t>(rules.value(Id::OpcodeAdminVirtualization));
    SqeFields fields(sqe, rules);
    if (command.action != VirtualizationAction::Reserved) {
        fields.set(Id::VirtualizationAct,
                   rules.value(action_rows[static_cast<std::size_t>(command.action)]));
    }
    if (command.type != ResourceType::Reserved) {
        fields.set(Id::VirtualizationRt,
                   rules.value(type_rows[static_cast<std::size_t>(command.type)]));
    }
    fields.set(Id::VirtualizationCntlid, command.cntlid);
    fields.set(Id::VirtualizationNr, command.nr);
    return fields.sqe();
}

VirtualizationManagement decode_virtualization(const Sqe& sqe, const spec::Rules& rules) {
    const SqeFields fields(sqe, rules);
    const std::size_t action = which(action_rows, fields.u32(Id::VirtualizationAct), rules);
    const std::size_t type = which(type_rows, fields.u32(Id::VirtualizationRt), rules);
    return {static_cast<VirtualizationAction>(action), static_cast<ResourceType>(type),
            fields.u16(Id::VirtualizationCntlid), fields.u16(Id::VirtualizationNr)};
}

std::uint32_t encode_resources_modified(std::uint16_t nrm, const spec::Rules& rules) {
    std::uint8_t bytes[Cqe::size] = {};
    LayoutWriter(bytes, sizeof bytes, rules).set(Id::VirtualizationNrm, nrm);
    return load_le<std::uint32_t>(bytes);
}

std::uint16_t decode_resources_modified(const Cqe& cqe, const spec::Rules& rules) {
    std::uint8_t bytes[Cqe::size] = {};
    store_le(bytes, cqe.dw0);
    return LayoutReader(bytes, sizeof bytes, rules).u16(Id::VirtualizationNrm);
}

bool operator==(const FlexibleResources& a, const FlexibleResources& b) {
    const auto tie = [](const FlexibleResources& r) {
        return std::tie(r.supported, r.total, r.assigned, r.primary, r.privately, r.secondary,
                        r.granularity);
    };
    return tie(a) == tie(b);
}

bool operator==(const PrimaryCapabilities& a, const PrimaryCapabilities& b) {
    return a.cntlid == b.cntlid && a.portid == b.portid && a.vq == b.vq && a.vi == b.vi;
}

void encode(const PrimaryCapabilities& page, std::uint8_t* to, const spec::Rules& rules) {
    LayoutWriter writer(to, identify_size, rules);
    writer.set(Id::PrimaryCntlid, page.cntlid);
    writer.set(Id::PrimaryPortid, page.portid);
    encode_resources(page.vq, vq_rows, writer);
    encode_resources(page.vi, vi_rows, writer);
}

Result<PrimaryCapabilities> decode_primary_capabilities(const std::uint8_t* data, std::size_t size,
                                                        const spec::Rules& rules) {
    if (size < identify_size) {
        return Fault{Error::Truncated, size};
    }
    const LayoutReader reader(data, identify_size, rules);
    return PrimaryCapabilities{reader.u16(Id::PrimaryCntlid), reader.u16(Id::PrimaryPortid),
                               decode_resources(reader, vq_rows),
                               decode_resources(reader, vi_rows)};
}

}  // namespace lmsim::wire
