#pragma once

#include <algorithm>
#include <cstdint>

#include "model/nvme/cdq_ring.hpp"
#include "model/nvme/user_data_log.hpp"

/// Controller Data Queue (NVMe Base 2.3, 5.2.4) and feature 21h (5.2.26.1.23).
namespace lmsim::nvme {

constexpr std::uint32_t list_entries = page_bytes / 8;  // PRPs of one page of a list
constexpr std::uint64_t most_prps = 0xffff;             // MCDQPC is 16 bits wide

/// What stands in the data of a Create with PC = 0: the pages of the queue, then those of the list.
class PrpTable {
  public:
    PrpTable(std::uint8_t* bytes, std::uint64_t pages) : bytes_(bytes), pages_(pages) {}
    static std::uint32_t size(std::uint64_t pages) {
        return static_cast<std::uint32_t>(8 * (pages + lists(pages)));
    }
    /// Pages of a list: where it goes on, the last entry of a page names the next one.
    static std::uint64_t lists(std::uint64_t pages) {
        return wire::prp_list_pages(pages, page_bytes);
    }
    std::uint64_t page(std::uint64_t i) const {
        return wire::load_le<std::uint64_t>(bytes_ + 8 * i);
    }
    void set_page(std::uint64_t i, std::uint64_t address) {
        wire::store_le(bytes_ + 8 * i, address);
    }
    std::uint64_t list(std::uint64_t i) const { return page(pages_ + i); }
    void set_list(std::uint64_t i, std::uint64_t address) { set_page(pages_ + i, address); }

  private:
    std::uint8_t* bytes_;
    std::uint64_t pages_;
};

/// The condition that a Create breaks by itself, whatever queues there are; Id::Count if none.
template <class Bounds>
spec::Id check_cdq_shape(const Context<Bounds>& ctx, const wire::ControllerDataQueue& create) {
    using spec::Id;
    const spec::Rules& rules = ctx.rules;
    const std::uint64_t bytes = std::uint64_t{create.dwords} * 4;
    const std::uint64_t entries = bytes / wire::udmq_entry_size(rules);
    if (rules.on(Id::CdqTypeReserved) && create.qt != rules.value(Id::CdqTypeUdmq)) {
        return Id::CdqTypeReserved;
    }
    if (rules.on(Id::CdqPrpOffset) && create.prp1 % page_bytes != 0) return Id::CdqPrpOffset;
    if (rules.on(Id::CdqSizeNotEntries) && bytes % wire::udmq_entry_size(rules) != 0) {
        return Id::CdqSizeNotEntries;
    }
    if (entries < 2 && rules.on(Id::CdqTooSmall)) return Id::CdqTooSmall;
    if (entries == 0) return Id::StatusInternalError;
    const std::uint64_t pages = cdq_page_count(entries, rules);
    if (create.pc) {
        return Id::Count;
    }
    if (pages > ctx.config.mcdqpc && rules.on(Id::CdqTooManyPrps)) return Id::CdqTooManyPrps;
    return pages > most_prps ? Id::StatusInternalError : Id::Count;
}

inline std::uint64_t cdq_entries(const wire::ControllerDataQueue& create,
                                 const spec::Rules& rules) {
    return std::uint64_t{create.dwords} * 4 / wire::udmq_entry_size(rules);
}

template <class Bounds>
bool is_cdq(const Context<Bounds>& ctx, const Slot& command) {
    return command.opcode == ctx.rules.value(spec::Id::OpcodeAdminCdq);
}

/// Asks for the page of the list that PRP2 names (it starts as PRP1), from the PRP number CDW15 on.
template <class Bounds>
void fetch_cdq_list(Context<Bounds>& ctx, std::uint16_t function, std::uint32_t slot,
                    std::uint64_t pages) {
    Controller<Bounds>& c = ctx.controller(function);
    Slot& command = c.slot[slot];
    command.stage = Stage::List;
    Effect& read = ctx.effect(EffectKind::ReadMemory, function);
    read.ticket = Ticket::make(slot, c.generation);
    read.address = command.prp2;
    read.length = 8 * std::min<std::uint64_t>(pages - command.dw15, list_entries);
    read.token = static_cast<std::uint64_t>(Read::CdqList);
}

template <class Bounds>
bool begin_cdq(Context<Bounds>& ctx, std::uint16_t function, std::uint32_t slot,
               const wire::Sqe& sqe) {
    Slot& command = ctx.controller(function).slot[slot];
    if (!is_cdq(ctx, command)) {
        return false;
    }
    const wire::ControllerDataQueue create = wire::decode_cdq(sqe, ctx.rules);
    if (create.operation != wire::CdqOperation::Create || create.pc ||
        check_cdq_shape(ctx, create) != spec::Id::Count) {
        return false;
    }
    command.prp2 = command.prp1;
    command.dw15 = 0;
    const std::uint64_t pages = cdq_page_count(cdq_entries(create, ctx.rules), ctx.rules);
    fetch_cdq_list(ctx, function, slot, pages);
    return true;
}

/// Takes the entries of one page of a list; the condition that they break, or Id::Count.
template <class Bounds>
spec::Id take_cdq_list(const Context<Bounds>& ctx, Slot& command, PrpTable table,
                       std::uint64_t pages, const std::uint8_t* bytes) {
    using spec::Id;
    const std::uint64_t left = pages - command.dw15;
    const bool chains = left > list_entries;
    const std::uint64_t named = chains ? list_entries - 1 : left;
    const std::uint64_t here = command.dw15 / (list_entries - 1);  // which page of the list
    table.set_list(here, command.prp2);
    for (std::uint64_t i = 0; i < named + (chains ? 1 : 0); ++i) {
        const auto entry = wire::load_le<std::uint64_t>(bytes + 8 * i);
        if (entry % page_bytes != 0 && ctx.rules.on(Id::CdqPrpOffset)) {
            return Id::CdqPrpOffset;
        }
        if (i < named) {
            table.set_page(command.dw15 + i, entry);
        } else {
            command.prp2 = entry;
        }
    }
    command.dw15 += static_cast<std::uint32_t>(named);
    for (std::uint64_t i = 0; chains && i <= here; ++i) {
        if (table.list(i) == command.prp2 && ctx.rules.on(Id::CdqListLoops)) {
            return Id::CdqListLoops;
        }
    }
    return Id::Count;
}

/// A page of the PRP list of a Create is here, or cannot be had: the next one, or the command.
template <class Bounds>
void cdq_list_arrived(Context<Bounds>& ctx, const Event& event, std::uint32_t slot) {
    using spec::Id;
    const std::uint16_t function = event.function;
    Slot& command = ctx.controller(function).slot[slot];
    if (event.failed) {
        return fail(ctx, function, slot, in_any_case(ctx.rules, Id::CdqListUnreachable));
    }
    const wire::ControllerDataQueue create = wire::decode_cdq(to_sqe(command), ctx.rules);
    const std::uint64_t pages = cdq_page_count(cdq_entries(create, ctx.rules), ctx.rules);
    const PrpTable table(ctx.env.data(function, slot, PrpTable::size(pages)), pages);
    const Id broken = take_cdq_list(ctx, command, table, pages, event.bytes);
    if (broken != Id::Count) {
        return fail(ctx, function, slot, broken);
    }
    if (command.dw15 < pages) {
        return fetch_cdq_list(ctx, function, slot, pages);
    }
    execute(ctx, function, slot);
}

/// Memory ranges (of MCMR and NMCMR) that `pages` pages make: page(i) is the address of the i-th.
template <class Page>
std::uint64_t count_ranges(std::uint64_t pages, const spec::Rules& rules, Page&& page) {
    std::uint64_t ranges = pages;
    for (std::uint64_t i = 1; i < pages && rules.on(spec::Id::CdqAdjacentPagesAreOneRange); ++i) {
        ranges -= page(i) == page(i - 1) + page_bytes ? 1 : 0;
    }
    return ranges;
}

template <class Bounds>
std::uint64_t cdq_ranges(Context<Bounds>& ctx, std::uint16_t cdqid) {
    const Cdq& queue = ctx.subsystem.cdq[cdqid];
    if (queue.contiguous) {
        return 1;
    }
    const auto pages = static_cast<std::uint32_t>(cdq_page_count(queue.entries, ctx.rules));
    const std::uint64_t* list = ctx.env.cdq_pages(cdqid, pages);
    return count_ranges(pages, ctx.rules, [list](std::uint64_t i) { return list[i]; });
}

/// The limits that Identify Controller reports: of queues, and of their memory ranges.
template <class Bounds>
spec::Id check_cdq_limits(Context<Bounds>& ctx, std::uint16_t creator, std::uint64_t ranges) {
    using spec::Id;
    std::uint32_t own = 0;
    std::uint32_t all = 0;
    std::uint64_t ranges_in_all = ranges;
    for (std::uint16_t i = 0; i < Bounds::cdqs; ++i) {
        const Cdq& queue = ctx.subsystem.cdq[i];
        if (exists(queue)) {
            ++all;
            own += queue.creator == creator ? 1 : 0;
            ranges_in_all += cdq_ranges(ctx, i);
        }
    }
    const spec::Rules& rules = ctx.rules;
    if (own >= mcudmq<Bounds>(ctx.config) && rules.on(Id::CdqTooManyUdmqs)) {
        return Id::CdqTooManyUdmqs;
    }
    if (all >= mnsudmq<Bounds>(ctx.config) && rules.on(Id::CdqTooManyUdmqsInAll)) {
        return Id::CdqTooManyUdmqsInAll;
    }
    if (ranges > ctx.config.mcmr && rules.on(Id::CdqTooManyRanges)) return Id::CdqTooManyRanges;
    if (ranges_in_all > ctx.config.nmcmr && rules.on(Id::CdqTooManyRangesInAll)) {
        return Id::CdqTooManyRangesInAll;
    }
    return all == Bounds::cdqs ? Id::StatusInternalError : Id::Count;
}

/// Is the queue's memory host memory, all of it?
template <class Bounds>
bool reaches_cdq(Context<Bounds>& ctx, std::uint16_t function,
                 const wire::ControllerDataQueue& create, const PrpTable& table) {
    const std::uint64_t bytes = std::uint64_t{create.dwords} * 4;
    if (create.pc) {
        return ctx.env.reaches(function, create.prp1, bytes);
    }
    for (std::uint64_t at = 0; at < bytes; at += page_bytes) {
        const std::uint64_t length = std::min<std::uint64_t>(bytes - at, page_bytes);
        if (!ctx.env.reaches(function, table.page(at / page_bytes), length)) {
            return false;
        }
    }
    return true;
}

/// What a Create finds wrong with its controller, its memory or the queues that exist.
template <class Bounds>
spec::Id check_cdq_place(Context<Bounds>& ctx, std::uint16_t function,
                         const wire::ControllerDataQueue& create, const PrpTable& table) {
    using spec::Id;
    const spec::Rules& rules = ctx.rules;
    const std::uint16_t mc = find_migratable(ctx, create.cntlid);
    if (mc == 0) return in_any_case(rules, Id::CdqBadCntlid);
    if (ctx.controller(mc).udmq != 0 && rules.on(Id::CdqMcHasUdmq)) return Id::CdqMcHasUdmq;
    const std::uint64_t pages = cdq_page_count(cdq_entries(create, rules), rules);
    const auto page = [&table](std::uint64_t i) { return table.page(i); };
    const std::uint64_t ranges = create.pc ? 1 : count_ranges(pages, rules, page);
    const Id limit = check_cdq_limits(ctx, function, ranges);
    if (limit != Id::Count) {
        return limit;
    }
    const bool reached = reaches_cdq(ctx, function, create, table);
    return !reached && rules.on(Id::CdqNotHostMemory) ? Id::CdqNotHostMemory : Id::Count;
}

template <class Bounds>
Outcome create_cdq(Context<Bounds>& ctx, std::uint16_t function, std::uint32_t slot,
                   const wire::ControllerDataQueue& create) {
    using spec::Id;
    const spec::Rules& rules = ctx.rules;
    if (!ctx.controller(function).primary && rules.on(Id::CdqCreateAtMc)) {
        return refuse(ctx, Id::CdqCreateAtMc);
    }
    Id broken = check_cdq_shape(ctx, create);
    if (broken != Id::Count) {
        return refuse(ctx, broken);
    }
    const std::uint64_t entries = cdq_entries(create, rules);
    const std::uint64_t pages = cdq_page_count(entries, rules);
    std::uint8_t* listed =
        create.pc ? nullptr : ctx.env.data(function, slot, PrpTable::size(pages));
    const PrpTable table(listed, pages);
    broken = check_cdq_place(ctx, function, create, table);
    if (broken != Id::Count) {
        return refuse(ctx, broken);
    }
    std::uint16_t cdqid = 0;
    while (exists(ctx.subsystem.cdq[cdqid])) {
        ++cdqid;
    }
    Cdq& queue = ctx.subsystem.cdq[cdqid];
    queue = Cdq{};
    queue.creator = function;
    if (!move_cdq(ctx, cdqid, CdqMove::Create)) {
        return refuse(ctx, Id::StatusInternalError);
    }
    queue.base = create.prp1;
    queue.entries = static_cast<std::uint32_t>(entries);
    queue.mc = find_migratable(ctx, create.cntlid);
    queue.contiguous = create.pc;
    for (std::uint64_t i = 0; !create.pc && i < pages; ++i) {
        ctx.env.cdq_pages(cdqid, static_cast<std::uint32_t>(pages))[i] = table.page(i);
    }
    ctx.controller(queue.mc).udmq = static_cast<std::uint16_t>(cdqid + 1);
    return {0, wire::encode_created_cdqid(cdqid, rules), 0, 0};
}

/// Controller Data Queue, all operations.
template <class Bounds>
Outcome cdq_command(Context<Bounds>& ctx, std::uint16_t function, std::uint32_t slot,
                    const wire::Sqe& sqe) {
    using spec::Id;
    const wire::ControllerDataQueue command = wire::decode_cdq(sqe, ctx.rules);
    switch (command.operation) {
        case wire::CdqOperation::Create: return create_cdq(ctx, function, slot, command);
        case wire::CdqOperation::Delete:
            if (find_cdq(ctx, function, command.cdqid) == nullptr) {
                return refuse(ctx, in_any_case(ctx.rules, Id::CdqDeleteUnknown));
            }
            return delete_cdq(ctx, command.cdqid, CdqMove::Delete)
                       ? Outcome{}
                       : refuse(ctx, Id::StatusInternalError);
        case wire::CdqOperation::Reserved: break;
    }
    return refuse(ctx, in_any_case(ctx.rules, Id::CdqSelReserved));
}

template <class Bounds>
bool is_get_cdq_feature(const Context<Bounds>& ctx, const wire::Sqe& sqe) {
    return sqe.opcode == ctx.rules.value(spec::Id::OpcodeAdminGetFeatures) &&
           wire::decode_get_features(sqe, ctx.rules).fid == ctx.rules.value(spec::Id::FeatureCdq);
}

template <class Bounds>
bool is_set_cdq_feature(const Context<Bounds>& ctx, const wire::Sqe& sqe) {
    return sqe.opcode == ctx.rules.value(spec::Id::OpcodeAdminSetFeatures) &&
           wire::decode_set_features(sqe, ctx.rules).fid == ctx.rules.value(spec::Id::FeatureCdq);
}

/// FT-21-14. Where PRP1's page has no room for all of it and nothing follows, what fits is written:
/// drivers bring 8 bytes.
template <class Bounds>
std::uint32_t cdq_data_length(const Context<Bounds>& ctx, const wire::Sqe& sqe) {
    using spec::Id;
    const spec::Rules& rules = ctx.rules;
    if (!is_get_cdq_feature(ctx, sqe)) {
        return 0;
    }
    const std::uint32_t least = rules.value(Id::CdqFeatureShortSize);
    if (!rules.on(Id::CdqGetWritesAll)) {
        return least;
    }
    const auto room = static_cast<std::uint32_t>(page_bytes - sqe.prp1 % page_bytes);
    const std::uint32_t all = rules.value(Id::CdqFeatureSize);
    return sqe.prp2 == 0 && room < all ? std::max(room, least) : all;
}

template <class Bounds>
Outcome get_cdq_feature(Context<Bounds>& ctx, std::uint16_t function, std::uint32_t slot,
                        const wire::Sqe& sqe) {
    using spec::Id;
    const std::uint32_t select = wire::decode_get_features(sqe, ctx.rules).sel;
    if (select == ctx.rules.value(Id::SelectCapabilities)) {
        return feature_capabilities(ctx, false, true);
    }
    const bool current = select == ctx.rules.value(Id::SelectCurrent);
    if (!current && !selects_initial(ctx, select) && ctx.rules.on(Id::SelectReserved)) {
        return refuse(ctx, Id::SelectReserved);
    }
    const std::uint16_t cdqid = wire::decode_cdq_feature(sqe, ctx.rules).cdqid;
    const Cdq* queue = find_cdq(ctx, function, cdqid);
    if (queue == nullptr) {
        return refuse(ctx, in_any_case(ctx.rules, Id::CdqFeatureUnknown));
    }
    const wire::CdqFeature feature =
        selects_initial(ctx, select)
            ? wire::CdqFeature{cdqid, 0, false, 0}
            : wire::CdqFeature{cdqid, queue->head, queue->etpt, queue->tpt};
    const std::uint32_t length = ctx.controller(function).slot[slot].length;
    wire::encode_cdq_feature_data(feature, ctx.env.data(function, slot, length), length, ctx.rules);
    return {0, wire::encode_cdq_feature_result(feature, ctx.rules), length, 0};
}

/// May the head move there? Up to the tail, or by the letter only to a slot that holds an entry.
template <class Bounds>
spec::Id check_cdq_head(const Context<Bounds>& ctx, const Cdq& queue, std::uint32_t hp) {
    using spec::Id;
    const spec::Rules& rules = ctx.rules;
    const std::uint32_t posted = cdq_posted(queue);
    if (posted == 0 && hp != queue.head && rules.on(Id::CdqHeadOfEmpty)) {
        return Id::CdqHeadOfEmpty;
    }
    if (hp >= queue.entries) {
        const bool condition = posted != 0 && rules.on(Id::CdqHeadNotPosted);
        return condition ? Id::CdqHeadNotPosted : Id::StatusInternalError;
    }
    const std::uint32_t moved =
        hp >= queue.head ? hp - queue.head : queue.entries - queue.head + hp;
    const std::uint32_t most = rules.on(Id::CdqHeadMayReachTail) ? posted : posted - 1;
    const bool refused = posted != 0 && moved > most && rules.on(Id::CdqHeadNotPosted);
    return refused ? Id::CdqHeadNotPosted : Id::Count;
}

template <class Bounds>
Outcome set_cdq_feature(Context<Bounds>& ctx, std::uint16_t function, const wire::Sqe& sqe) {
    using spec::Id;
    const spec::Rules& rules = ctx.rules;
    if (wire::decode_set_features(sqe, rules).sv && rules.on(Id::FeatureSaved)) {
        return refuse(ctx, Id::FeatureSaved);
    }
    if (names_namespace(ctx, sqe)) {
        return refuse(ctx, Id::FeatureOfController);
    }
    const wire::CdqFeature feature = wire::decode_cdq_feature(sqe, rules);
    Cdq* queue = find_cdq(ctx, function, feature.cdqid);
    if (queue == nullptr) {
        return refuse(ctx, in_any_case(ctx.rules, Id::CdqFeatureUnknown));
    }
    const Id broken = check_cdq_head(ctx, *queue, feature.hp);
    if (broken != Id::Count) {
        return refuse(ctx, broken);
    }
    if (feature.etpt && feature.tpt >= queue->entries && rules.on(Id::CdqTriggerBeyond)) {
        return refuse(ctx, Id::CdqTriggerBeyond);
    }
    queue->head = feature.hp;
    queue->etpt = feature.etpt;
    queue->tpt = feature.etpt ? feature.tpt : 0;
    if (rules.on(Id::CdqSetDropsTailEvent)) {
        queue->tail_pending = false;
    }
    return {};
}

}  // namespace lmsim::nvme
