#include "model/wire/controller_state.hpp"

#include <cstring>
#include <tuple>

#include "model/wire/layout.hpp"

namespace lmsim::wire {

using spec::Id;

namespace {

constexpr Id header_fields[] = {Id::StateVer, Id::StateCp, Id::StateNvmecss, Id::StateVss};
constexpr Id template_header_fields[] = {Id::StateVer, Id::StateCp, Id::StateNvmecss, Id::StateVss,
                                         Id::StateTemplate};
constexpr Id nvme_fields[] = {Id::NvmeStateVer, Id::NvmeStateNiosq, Id::NvmeStateNiocq,
                              Id::NvmeStateNfea, Id::NvmeStateNaer};
constexpr Id sq_fields[] = {Id::SqStatePrp1, Id::SqStateQsize, Id::SqStateQid, Id::SqStateCqid,
                            Id::SqStatePc,   Id::SqStateQprio, Id::SqStateHp,  Id::SqStateTp};
constexpr Id cq_fields[] = {Id::CqStatePrp1, Id::CqStateQsize, Id::CqStateQid,
                            Id::CqStateHp,   Id::CqStateTp,    Id::CqStatePc,
                            Id::CqStateIen,  Id::CqStateS0pt,  Id::CqStateIv};

// 2^60 dwords: no buffer has them, and four times as many bytes still fit into 64 bits.
constexpr std::uint64_t most_dwords = std::uint64_t{1} << 60;

StateMap map_of(const StateShape& shape, const spec::Rules& rules) {
    return lay_out(state_body(shape.version0, rules), shape.sqs, shape.cqs, shape.aers, rules);
}

void write_sq(LayoutWriter writer, const SqState& sq) {
    writer.set(Id::SqStatePrp1, sq.prp1);
    writer.set(Id::SqStateQsize, sq.qsize);
    writer.set(Id::SqStateQid, sq.qid);
    writer.set(Id::SqStateCqid, sq.cqid);
    writer.set_flag(Id::SqStatePc, sq.pc);
    writer.set(Id::SqStateQprio, sq.qprio);
    writer.set(Id::SqStateHp, sq.hp);
    writer.set(Id::SqStateTp, sq.tp);
}

void write_cq(LayoutWriter writer, const CqState& cq) {
    writer.set(Id::CqStatePrp1, cq.prp1);
    writer.set(Id::CqStateQsize, cq.qsize);
    writer.set(Id::CqStateQid, cq.qid);
    writer.set(Id::CqStateHp, cq.hp);
    writer.set(Id::CqStateTp, cq.tp);
    writer.set_flag(Id::CqStatePc, cq.pc);
    writer.set_flag(Id::CqStateIen, cq.ien);
    writer.set_flag(Id::CqStateS0pt, cq.s0pt);
    writer.set(Id::CqStateIv, cq.iv);
}

}  // namespace

bool operator==(const SqState& a, const SqState& b) {
    return std::tie(a.prp1, a.qsize, a.qid, a.cqid, a.pc, a.qprio, a.hp, a.tp) ==
           std::tie(b.prp1, b.qsize, b.qid, b.cqid, b.pc, b.qprio, b.hp, b.tp);
}

bool operator==(const CqState& a, const CqState& b) {
    return std::tie(a.prp1, a.qsize, a.qid, a.hp, a.tp, a.pc, a.ien, a.s0pt, a.iv) ==
           std::tie(b.prp1, b.qsize, b.qid, b.hp, b.tp, b.pc, b.ien, b.s0pt, b.iv);
}

std::size_t state_header_size(const spec::Rules& rules) { return rules.value(Id::StateHeaderSize); }

Result<StateHeader> decode_state_header(const std::uint8_t* data, std::size_t size,
                                        const spec::Rules& rules) {
    if (size < state_header_size(rules)) {
        return Fault{Error::Truncated, size};
    }
    const LayoutReader reader(data, state_header_size(rules), rules);
    StateHeader header;
    header.version = reader.u16(Id::StateVer);
    header.cp = reader.flag(Id::StateCp);
    header.nvmecss = reader.get(Id::StateNvmecss);
    header.vss = reader.get(Id::StateVss);
    if (header.version != rules.value(Id::StateVersion)) {
        return Fault{Error::BadVersion, rules.offset(Id::StateVer)};
    }
    if (reader.beyond_64_bits(Id::StateNvmecss) || header.nvmecss > most_dwords) {
        return Fault{Error::OutOfRange, rules.offset(Id::StateNvmecss)};
    }
    if (reader.beyond_64_bits(Id::StateVss) || header.vss > most_dwords) {
        return Fault{Error::OutOfRange, rules.offset(Id::StateVss)};
    }
    return header;
}

std::uint64_t state_size(const StateHeader& header, const spec::Rules& rules) {
    return state_header_size(rules) + 4 * (header.nvmecss + header.vss);
}

Result<NvmeStateView> NvmeStateView::parse(const std::uint8_t* data, std::size_t size,
                                           const spec::Rules& rules, Strictness strictness) {
    const std::size_t header_size = rules.value(Id::NvmeStateHeaderSize);
    if (size < header_size) {
        return Fault{Error::Truncated, size};
    }
    const LayoutReader reader(data, header_size, rules);
    const std::uint16_t version = reader.u16(Id::NvmeStateVer);
    const bool version0 = version == 0 && rules.on(Id::FormatsListVersion0);
    if (version != rules.value(Id::NvmeStateVersion) && !version0) {
        return Fault{Error::BadVersion, rules.offset(Id::NvmeStateVer)};
    }
    const Result<StateMap> map = find_pieces(state_body(version0, rules), data, size, rules);
    if (!map) {
        return map.fault();
    }
    NvmeStateView view;
    view.data_ = data;
    view.rules_ = &rules;
    view.map_ = *map;
    if (strictness == Strictness::CheckReserved) {
        const Fault reserved = find_reserved(data, header_size, nvme_fields, rules);
        if (reserved.error != Error::None) {
            return reserved;
        }
    }
    const Fault order = view.check_order(strictness);
    if (order.error != Error::None) {
        return order;
    }
    return view;
}

Fault NvmeStateView::check_order(Strictness strictness) const {
    const bool strict = strictness == Strictness::CheckReserved;
    std::uint32_t last = 0;
    for (std::size_t i = 0; i < map_.sqs; ++i) {
        const std::uint16_t qid = sq(i).qid;
        if (qid == 0) {
            return {Error::OutOfRange, sq_at(i) + rules_->offset(Id::SqStateQid)};
        }
        if (qid <= last && rules_->on(Id::NvmeStateSqAscending)) {
            return {Error::NotAscending, sq_at(i) + rules_->offset(Id::SqStateQid)};
        }
        last = qid;
        const std::size_t size = rules_->value(Id::SqStateSize);
        if (strict) {
            const Fault fault = find_reserved(data_ + sq_at(i), size, sq_fields, *rules_);
            if (fault.error != Error::None) return {fault.error, sq_at(i) + fault.at};
        }
    }
    last = 0;
    for (std::size_t i = 0; i < map_.cqs; ++i) {
        const std::uint16_t qid = cq(i).qid;
        if (qid == 0) {
            return {Error::OutOfRange, cq_at(i) + rules_->offset(Id::CqStateQid)};
        }
        if (qid <= last && rules_->on(Id::NvmeStateCqAscending)) {
            return {Error::NotAscending, cq_at(i) + rules_->offset(Id::CqStateQid)};
        }
        last = qid;
        const std::size_t size = rules_->value(Id::CqStateSize);
        if (strict) {
            const Fault fault = find_reserved(data_ + cq_at(i), size, cq_fields, *rules_);
            if (fault.error != Error::None) return {fault.error, cq_at(i) + fault.at};
        }
    }
    return {};
}

std::size_t NvmeStateView::sq_at(std::size_t i) const {
    LMSIM_ASSERT(i < map_.sqs);
    return map_.sqs_at + i * rules_->value(Id::SqStateSize);
}

std::size_t NvmeStateView::cq_at(std::size_t i) const {
    LMSIM_ASSERT(i < map_.cqs);
    return map_.cqs_at + i * rules_->value(Id::CqStateSize);
}

Result<VendorArea> NvmeStateView::own() const { return read_own(map_, data_, *rules_); }

SqState NvmeStateView::sq(std::size_t i) const {
    const LayoutReader reader(data_ + sq_at(i), rules_->value(Id::SqStateSize), *rules_);
    SqState sq;
    sq.prp1 = reader.get(Id::SqStatePrp1);
    sq.qsize = reader.u16(Id::SqStateQsize);
    sq.qid = reader.u16(Id::SqStateQid);
    sq.cqid = reader.u16(Id::SqStateCqid);
    sq.pc = reader.flag(Id::SqStatePc);
    sq.qprio = reader.u8(Id::SqStateQprio);
    sq.hp = reader.u16(Id::SqStateHp);
    sq.tp = reader.u16(Id::SqStateTp);
    return sq;
}

CqState NvmeStateView::cq(std::size_t i) const {
    const LayoutReader reader(data_ + cq_at(i), rules_->value(Id::CqStateSize), *rules_);
    CqState cq;
    cq.prp1 = reader.get(Id::CqStatePrp1);
    cq.qsize = reader.u16(Id::CqStateQsize);
    cq.qid = reader.u16(Id::CqStateQid);
    cq.hp = reader.u16(Id::CqStateHp);
    cq.tp = reader.u16(Id::CqStateTp);
    cq.pc = reader.flag(Id::CqStatePc);
    cq.ien = reader.flag(Id::CqStateIen);
    cq.s0pt = reader.flag(Id::CqStateS0pt);
    cq.iv = reader.u16(Id::CqStateIv);
    return cq;
}

bool NvmeStateView::has_cq(std::uint16_t qid) const {
    if (!rules_->on(Id::NvmeStateCqAscending)) {
        std::size_t i = 0;
        while (i < map_.cqs && cq(i).qid != qid) ++i;
        return i < map_.cqs;
    }
    std::size_t low = 0;
    std::size_t high = map_.cqs;
    while (low < high) {
        const std::size_t middle = low + (high - low) / 2;
        const std::uint16_t found = cq(middle).qid;
        if (found == qid) return true;
        if (found < qid) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return false;
}

Fault NvmeStateView::check_queues() const {
    for (std::size_t i = 0; i < map_.sqs; ++i) {
        const SqState state = sq(i);
        if (state.qsize == 0 || state.hp > state.qsize || state.tp > state.qsize ||
            !has_cq(state.cqid)) {
            return {Error::OutOfRange, sq_at(i)};
        }
    }
    for (std::size_t i = 0; i < map_.cqs; ++i) {
        const CqState state = cq(i);
        if (state.qsize == 0 || state.hp > state.qsize || state.tp > state.qsize) {
            return {Error::OutOfRange, cq_at(i)};
        }
    }
    return {};
}

Result<ControllerStateView> ControllerStateView::parse(const std::uint8_t* data, std::size_t size,
                                                       const spec::Rules& rules,
                                                       Strictness strictness) {
    const Result<StateHeader> header = decode_state_header(data, size, rules);
    if (!header) {
        return header.fault();
    }
    const std::size_t header_size = state_header_size(rules);
    const std::uint64_t total = state_size(*header, rules);
    if (total > size) {
        return Fault{Error::Truncated, size};
    }
    if (strictness == Strictness::CheckReserved) {
        const Fault reserved = rules.on(Id::Templates)
                                   ? find_reserved(data, header_size, template_header_fields, rules)
                                   : find_reserved(data, header_size, header_fields, rules);
        if (reserved.error != Error::None) {
            return reserved;
        }
    }
    ControllerStateView view;
    view.header_ = *header;
    view.size_ = static_cast<std::size_t>(total);
    view.vendor_data_ = data + view.size_ - view.vendor_size();
    if (header->nvmecss != 0) {
        const auto nvme_bytes = static_cast<std::size_t>(header->nvmecss) * 4;
        const Result<NvmeStateView> nvme =
            NvmeStateView::parse(data + header_size, nvme_bytes, rules, strictness);
        if (!nvme) {
            return Fault{nvme.error(), header_size + nvme.at()};
        }
        view.nvme_ = *nvme;
    }
    return view;
}

std::size_t state_size(const StateShape& shape, const spec::Rules& rules) {
    LMSIM_ASSERT(shape.vendor_bytes % 4 == 0);
    const std::size_t nvme = shape.nvme_state ? map_of(shape, rules).size : 0;
    return state_header_size(rules) + nvme + shape.vendor_bytes;
}

ControllerStateWriter::ControllerStateWriter(std::uint8_t* to, std::size_t capacity,
                                             const StateShape& shape, const spec::Rules& rules,
                                             std::size_t unwanted_zeros)
    : to_(to), shape_(shape), rules_(rules), size_(state_size(shape, rules)) {
    LMSIM_ASSERT(unwanted_zeros <= shape.vendor_bytes && capacity >= size_ - unwanted_zeros);
    std::memset(to, 0, size_ - unwanted_zeros);
    const std::size_t header_size = state_header_size(rules);
    const std::size_t nvme_bytes = size_ - header_size - shape.vendor_bytes;
    LayoutWriter header(to, header_size, rules);
    header.set(Id::StateVer, rules.value(Id::StateVersion));
    header.set_flag(Id::StateCp, shape.cp);
    header.set(Id::StateNvmecss, nvme_bytes / 4);
    header.set(Id::StateVss, shape.vendor_bytes / 4);
    if (!shape.nvme_state) {
        return;
    }
    map_ = map_of(shape, rules);
    LayoutWriter nvme(to + header_size, rules.value(Id::NvmeStateHeaderSize), rules);
    nvme.set(Id::NvmeStateVer, shape.version0 ? 0 : rules.value(Id::NvmeStateVersion));
    if (map_.body != StateBody::Parts) {
        nvme.set(Id::NvmeStateNiosq, shape.sqs);
        nvme.set(Id::NvmeStateNiocq, shape.cqs);
    }
    if (map_.body == StateBody::Controller) {
        nvme.set(Id::NvmeStateNfea, map_.features);
        nvme.set(Id::NvmeStateNaer, map_.aers);
    }
    write_frames(map_, to + header_size, rules);
}

void ControllerStateWriter::set_sq(std::size_t i, const SqState& sq) {
    LMSIM_ASSERT(shape_.nvme_state && i < shape_.sqs);
    const std::size_t entry = rules_.value(Id::SqStateSize);
    const std::size_t at = state_header_size(rules_) + map_.sqs_at + i * entry;
    write_sq(LayoutWriter(to_ + at, entry, rules_), sq);
}

void ControllerStateWriter::set_cq(std::size_t i, const CqState& cq) {
    LMSIM_ASSERT(shape_.nvme_state && i < shape_.cqs);
    const std::size_t entry = rules_.value(Id::CqStateSize);
    const std::size_t at = state_header_size(rules_) + map_.cqs_at + i * entry;
    write_cq(LayoutWriter(to_ + at, entry, rules_), cq);
}

void ControllerStateWriter::set_own(const VendorArea& own) {
    write_own(map_, own, to_ + state_header_size(rules_), rules_);
}

std::size_t copy_piece(const std::uint8_t* state, std::size_t state_size, std::uint64_t offset,
                       std::uint8_t* to, std::size_t length) {
    if (offset >= state_size) {
        return 0;
    }
    const std::size_t left = state_size - static_cast<std::size_t>(offset);
    const std::size_t count = left < length ? left : length;
    std::memcpy(to, state + offset, count);
    return count;
}

}  // namespace lmsim::wire
