#include "model/wire/lba_status.hpp"

#include <cstring>

#include "model/wire/fields.hpp"
#include "model/wire/layout.hpp"

namespace lmsim::wire {

using spec::Id;

Sqe encode(const GetLbaStatus& command, const spec::Rules& rules) {
    LMSIM_ASSERT(command.dwords >= 1 && command.dwords <= std::uint64_t{1} << 32);
    Sqe sqe;
    sqe.opcode = static_cast<std::uint8_t>(rules.value(Id::OpcodeAdminGetLbaStatus));
    sqe.nsid = command.nsid;
    SqeFields fields(sqe, rules);
    fields.set(Id::LbaStatusSlba, command.slba);
    fields.set(Id::LbaStatusMndw, command.dwords - 1);
    fields.set(Id::LbaStatusRl, command.rl);
    fields.set(Id::LbaStatusAtype, command.allocated ? rules.value(Id::AtypeAllocated) : 0);
    return fields.sqe();
}

GetLbaStatus decode_get_lba_status(const Sqe& sqe, const spec::Rules& rules) {
    const SqeFields fields(sqe, rules);
    return {sqe.nsid, fields.get(Id::LbaStatusSlba), fields.get(Id::LbaStatusMndw) + 1,
            fields.u16(Id::LbaStatusRl),
            fields.get(Id::LbaStatusAtype) == rules.value(Id::AtypeAllocated)};
}

LbaStatusWriter::LbaStatusWriter(std::uint8_t* to, std::size_t size, const spec::Rules& rules)
    : to_(to), size_(size), rules_(rules) {
    std::memset(to, 0, size);
}

bool LbaStatusWriter::add(const LbaRange& range) {
    const std::size_t entry = rules_.value(Id::LbaStatusEntrySize);
    const std::size_t at = rules_.value(Id::LbaStatusHeaderSize) + count_ * entry;
    if (at + entry > size_) {
        return false;
    }
    LayoutWriter writer(to_ + at, entry, rules_);
    writer.set(Id::LbaStatusDslba, range.slba);
    writer.set(Id::LbaStatusNlb, range.blocks);
    ++count_;
    return true;
}

void LbaStatusWriter::end(bool whole) {
    LayoutWriter writer(to_, size_, rules_);
    writer.set(Id::LbaStatusNlsd, count_);
    writer.set(Id::LbaStatusCmpc, rules_.value(whole ? Id::CmpcWhole : Id::CmpcMore));
}

Result<LbaStatusView> LbaStatusView::parse(const std::uint8_t* data, std::size_t size,
                                           const spec::Rules& rules) {
    const std::size_t header = rules.value(Id::LbaStatusHeaderSize);
    if (size < header) {
        return Fault{Error::Truncated, size};
    }
    const LayoutReader reader(data, header, rules);
    LbaStatusView view;
    view.data_ = data;
    view.rules_ = &rules;
    view.count_ = reader.u32(Id::LbaStatusNlsd);
    view.whole_ = reader.u8(Id::LbaStatusCmpc) == rules.value(Id::CmpcWhole);
    if ((size - header) / rules.value(Id::LbaStatusEntrySize) < view.count_) {
        return Fault{Error::Truncated, size};
    }
    return view;
}

LbaRange LbaStatusView::operator[](std::size_t i) const {
    LMSIM_ASSERT(i < count_);
    const std::size_t entry = rules_->value(Id::LbaStatusEntrySize);
    const LayoutReader reader(data_ + rules_->value(Id::LbaStatusHeaderSize) + i * entry, entry,
                              *rules_);
    return {reader.get(Id::LbaStatusDslba), reader.u32(Id::LbaStatusNlb)};
}

}  // namespace lmsim::wire
