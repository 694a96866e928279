#include "model/wire/track.hpp"

#include <algorithm>
#include <cstring>
#include <tuple>

#include "model/wire/cqe.hpp"
#include "model/wire/fields.hpp"
#include "model/wire/layout.hpp"

namespace lmsim::wire {

using spec::Id;

bool operator==(const TrackMemory& a, const TrackMemory& b) {
    return a.start == b.start && a.cntlid == b.cntlid;
}

// `sel` only matters where SEL is reserved.
bool operator==(const TrackReceive& a, const TrackReceive& b) {
    const auto tie = [](const TrackReceive& c) {
        const std::uint8_t sel = c.memory_changes ? std::uint8_t{0} : c.sel;
        return std::make_tuple(c.memory_changes, sel, c.cntlid, c.dwords);
    };
    return tie(a) == tie(b);
}

bool operator==(const TrackHints& a, const TrackHints& b) {
    return a.mrtg == b.mrtg && a.nmrtd == b.nmrtd;
}

bool operator==(const MemoryRange& a, const MemoryRange& b) {
    return a.address == b.address && a.granules == b.granules;
}

bool operator==(const TrackedHeader& a, const TrackedHeader& b) {
    return a.more == b.more && a.suspended == b.suspended && a.cntlid == b.cntlid &&
           a.granularity == b.granularity;
}

TrackOperation track_operation(const Sqe& sqe, const spec::Rules& rules) {
    const std::uint64_t sel = SqeFields(sqe, rules).get(Id::TrackSendSel);
    if (sel == rules.value(Id::SelLogUserDataChanges)) return TrackOperation::LogUserDataChanges;
    if (sel == rules.value(Id::SelTrackMemoryChanges)) return TrackOperation::TrackMemoryChanges;
    return TrackOperation::Reserved;
}

Sqe encode(const TrackMemory& command, const spec::Rules& rules) {
    Sqe blank;
    blank.opcode = static_cast<std::uint8_t>(rules.value(Id::OpcodeAdminTrackSend));
    SqeFields fields(blank, rules);
    fields.set(Id::TrackSendSel, rules.value(Id::SelTrackMemoryChanges));
    fields.set(Id::TrackTact, command.start ? 1 : 0);
    fields.set(Id::TrackCntlid, command.cntlid);
    return fields.sqe();
}

TrackMemory decode_track_memory(const Sqe& sqe, const spec::Rules& rules) {
    const SqeFields fields(sqe, rules);
    return {fields.flag(Id::TrackTact), fields.u16(Id::TrackCntlid)};
}

Sqe encode(const TrackReceive& command, const spec::Rules& rules) {
    Sqe blank;
    blank.opcode = static_cast<std::uint8_t>(rules.value(Id::OpcodeAdminTrackReceive));
    SqeFields fields(blank, rules);
    const std::uint32_t memory = rules.value(Id::SelTrackedMemoryChanges);
    fields.set(Id::TrackReceiveSel, command.memory_changes ? memory : command.sel);
    fields.set(Id::TrackReceiveCntlid, command.cntlid);
    const std::uint64_t base = rules.value(Id::TrackReceiveNumdIsZeroBased) != 0 ? 1 : 0;
    LMSIM_ASSERT(command.dwords >= base);
    fields.set(Id::TrackReceiveNumdl, command.dwords - base);
    return fields.sqe();
}

TrackReceive decode_track_receive(const Sqe& sqe, const spec::Rules& rules) {
    const SqeFields fields(sqe, rules);
    TrackReceive command;
    command.sel = fields.u8(Id::TrackReceiveSel);
    command.memory_changes = command.sel == rules.value(Id::SelTrackedMemoryChanges);
    command.cntlid = fields.u16(Id::TrackReceiveCntlid);
    const std::uint64_t base = rules.value(Id::TrackReceiveNumdIsZeroBased) != 0 ? 1 : 0;
    command.dwords = fields.get(Id::TrackReceiveNumdl) + base;
    return command;
}

TrackHintWords encode(const TrackHints& hints, const spec::Rules& rules) {
    std::uint8_t bytes[Cqe::size] = {};
    LayoutWriter writer(bytes, sizeof bytes, rules);
    writer.set(Id::TrackMrtg, hints.mrtg);
    writer.set(Id::TrackNmrtd, hints.nmrtd);
    return {load_le<std::uint32_t>(bytes), load_le<std::uint32_t>(bytes + 4)};
}

TrackHints decode_track_hints(const TrackHintWords& words, const spec::Rules& rules) {
    std::uint8_t bytes[Cqe::size] = {};
    store_le(bytes, words.dw0);
    store_le(bytes + 4, words.dw1);
    const LayoutReader reader(bytes, sizeof bytes, rules);
    return {reader.u16(Id::TrackMrtg), reader.u32(Id::TrackNmrtd)};
}

namespace {

// A 0's based count holds one more than it says.
std::uint64_t rnmrtd_base(const spec::Rules& rules) {
    return rules.value(Id::TrackRnmrtdIsZeroBased) != 0 ? 1 : 0;
}

constexpr Id track_header[] = {Id::TrackVer, Id::TrackRmrtg, Id::TrackRnmrtd};
constexpr Id tracked_header[] = {Id::TrackedVer,    Id::TrackedMtr,   Id::TrackedSusp,
                                 Id::TrackedCntlid, Id::TrackedNtmcd, Id::TrackedRpmrg};
constexpr Id tracked_descriptor[] = {Id::TrackedSaddr, Id::TrackedLen};

// Does a range begin at a granule, and end within 64 bits?
Error range_error(const MemoryRange& range, std::uint32_t granularity) {
    const std::uint64_t granule = granule_bytes(granularity);
    if (granule == 0) return Error::OutOfRange;
    if (range.address % granule != 0) return Error::Unaligned;
    const std::uint64_t room = (~std::uint64_t{0} - range.address) / granule + 1;
    return range.granules > room ? Error::OutOfRange : Error::None;
}

}  // namespace

std::uint64_t track_memory_size(std::uint64_t descriptors, const spec::Rules& rules) {
    return rules.value(Id::TrackHeaderSize) + descriptors * rules.value(Id::TrackDescriptorSize);
}

void encode_track_memory(std::uint8_t granularity, const MemoryRange* ranges, std::uint32_t count,
                         std::uint8_t* to, const spec::Rules& rules) {
    std::memset(to, 0, track_memory_size(count, rules));
    LayoutWriter header(to, rules.value(Id::TrackHeaderSize), rules);
    header.set(Id::TrackVer, rules.value(Id::TrackVersion));
    header.set(Id::TrackRmrtg, granularity);
    header.set(Id::TrackRnmrtd, count - rnmrtd_base(rules));
    for (std::uint32_t i = 0; i < count; ++i) {
        LayoutWriter descriptor(to + track_memory_size(i, rules),
                                rules.value(Id::TrackDescriptorSize), rules);
        descriptor.set(Id::TrackSaddr, ranges[i].address);
        descriptor.set(Id::TrackLen, ranges[i].granules);
    }
}

Result<TrackMemoryView> TrackMemoryView::parse_header(const std::uint8_t* data, std::size_t size,
                                                      const spec::Rules& rules) {
    const std::size_t header = rules.value(Id::TrackHeaderSize);
    if (size < header) {
        return Fault{Error::Truncated, size};
    }
    const LayoutReader reader(data, header, rules);
    TrackMemoryView view;
    view.data_ = data;
    view.rules_ = &rules;
    view.version_ = reader.u8(Id::TrackVer);
    view.granularity_ = reader.u8(Id::TrackRmrtg);
    view.count_ = reader.get(Id::TrackRnmrtd) + rnmrtd_base(rules);
    return view;
}

Result<TrackMemoryView> TrackMemoryView::parse(const std::uint8_t* data, std::size_t size,
                                               const spec::Rules& rules) {
    const Result<TrackMemoryView> view = parse_header(data, size, rules);
    if (view.ok() && size < track_memory_size(view->count(), rules)) {
        return Fault{Error::Truncated, size};
    }
    return view;
}

Fault TrackMemoryView::check() const {
    const spec::Rules& rules = *rules_;
    if (version_ != rules.value(Id::TrackVersion)) {
        return {Error::BadVersion, rules.offset(Id::TrackVer)};
    }
    if (granule_bytes(granularity_) == 0) {
        return {Error::OutOfRange, rules.offset(Id::TrackRmrtg)};
    }
    if (count_ == 0) {
        return {Error::OutOfRange, rules.offset(Id::TrackRnmrtd)};
    }
    for (std::uint64_t i = 0; i < count_; ++i) {
        const Error error = range_error((*this)[i], granularity_);
        if (error != Error::None) {
            const Id field = error == Error::Unaligned ? Id::TrackSaddr : Id::TrackLen;
            return {error, track_memory_size(i, rules) + rules.offset(field)};
        }
    }
    return find_reserved(data_, rules.value(Id::TrackHeaderSize), track_header, rules);
}

MemoryRange TrackMemoryView::operator[](std::uint64_t i) const {
    LMSIM_ASSERT(i < count_);
    const LayoutReader reader(data_ + track_memory_size(i, *rules_),
                              rules_->value(Id::TrackDescriptorSize), *rules_);
    return {reader.get(Id::TrackSaddr), reader.u32(Id::TrackLen)};
}

TrackedMemoryWriter::TrackedMemoryWriter(std::uint8_t* to, std::uint64_t size,
                                         const spec::Rules& rules)
    : to_(to), size_(size), rules_(rules) {
    std::memset(to, 0, size);
    const std::uint64_t header = rules.value(Id::TrackedHeaderSize);
    room_ = size < header ? 0 : (size - header) / rules.value(Id::TrackedDescriptorSize);
}

void TrackedMemoryWriter::add(const MemoryRange& range) {
    LMSIM_ASSERT(count_ < room_);
    const std::uint64_t size = rules_.value(Id::TrackedDescriptorSize);
    LayoutWriter writer(to_ + rules_.value(Id::TrackedHeaderSize) + count_ * size, size, rules_);
    writer.set(Id::TrackedSaddr, range.address);
    writer.set(Id::TrackedLen, range.granules);
    ++count_;
}

void TrackedMemoryWriter::finish(const TrackedHeader& header) {
    const std::uint64_t whole = rules_.value(Id::TrackedHeaderSize);
    LayoutWriter writer(to_, std::min(size_, whole), rules_);
    writer.set(Id::TrackedVer, rules_.value(Id::TrackedVersion));
    writer.set_flag(Id::TrackedMtr, header.more);
    writer.set_flag(Id::TrackedSusp, header.suspended);
    writer.set(Id::TrackedCntlid, header.cntlid);
    writer.set(Id::TrackedNtmcd, count_);
    writer.set(Id::TrackedRpmrg, header.granularity);
}

Result<TrackedMemoryView> TrackedMemoryView::parse(const std::uint8_t* data, std::size_t size,
                                                   const spec::Rules& rules) {
    const std::size_t whole = rules.value(Id::TrackedHeaderSize);
    if (size < whole) {
        return Fault{Error::Truncated, size};
    }
    const LayoutReader reader(data, whole, rules);
    if (reader.get(Id::TrackedVer) != rules.value(Id::TrackedVersion)) {
        return Fault{Error::BadVersion, rules.offset(Id::TrackedVer)};
    }
    TrackedMemoryView view;
    view.data_ = data;
    view.rules_ = &rules;
    view.count_ = reader.get(Id::TrackedNtmcd);
    view.header_ = {reader.flag(Id::TrackedMtr), reader.flag(Id::TrackedSusp),
                    reader.u16(Id::TrackedCntlid), reader.u16(Id::TrackedRpmrg)};
    if (view.count_ == 0 && view.header_.more && rules.on(Id::TrackedNoneMeansNoMore)) {
        return Fault{Error::OutOfRange, rules.offset(Id::TrackedMtr)};
    }
    if (granule_bytes(view.header_.granularity) == 0) {
        return Fault{Error::OutOfRange, rules.offset(Id::TrackedRpmrg)};
    }
    const std::uint64_t each = rules.value(Id::TrackedDescriptorSize);
    if (view.count_ > (size - whole) / each) {
        return Fault{Error::Truncated, size};
    }
    Fault fault = find_reserved(data, whole, tracked_header, rules);
    for (std::uint64_t i = 0; i < view.count_ && fault.error == Error::None; ++i) {
        const MemoryRange range = view[i];
        const std::uint64_t at = whole + i * each;
        const Error error = range_error(range, view.header_.granularity);
        if (error != Error::None || range.granules == 0) {
            const bool unaligned = error == Error::Unaligned;
            const Id field = unaligned ? Id::TrackedSaddr : Id::TrackedLen;
            return Fault{unaligned ? error : Error::OutOfRange, at + rules.offset(field)};
        }
        fault = find_reserved(data + at, each, tracked_descriptor, rules);
        fault.at += at;
    }
    if (fault.error != Error::None) {
        return fault;
    }
    return view;
}

MemoryRange TrackedMemoryView::operator[](std::uint64_t i) const {
    LMSIM_ASSERT(i < count_);
    const std::uint64_t each = rules_->value(Id::TrackedDescriptorSize);
    const LayoutReader reader(data_ + rules_->value(Id::TrackedHeaderSize) + i * each, each,
                              *rules_);
    return {reader.get(Id::TrackedSaddr), reader.u32(Id::TrackedLen)};
}

}  // namespace lmsim::wire
