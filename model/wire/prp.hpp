#pragma once

#include <cstddef>
#include <cstdint>

#include "model/wire/bits.hpp"
#include "model/wire/result.hpp"

/// Physical Region Pages (NVMe Base 2.3, 4.3.1). The walk asks for the bytes of a PRP List and
/// never reads memory itself. All sizes in bytes; `page` is CC.MPS as a power of two.
namespace lmsim::wire {

/// Pages that `length` bytes from `address` on touch. 0 for no bytes.
constexpr std::uint64_t prp_pages(std::uint64_t address, std::uint64_t length, std::uint32_t page) {
    return length == 0 ? 0 : ((address & (page - 1)) + length + page - 1) / page;
}

/// A run of host memory inside one page.
struct PrpSegment {
    std::uint64_t address = 0;
    std::uint32_t length = 0;
};

/// Where a walk stands: done, in need of a PRP List, or ended by a fault. Trivially copyable, so
/// that it can wait in a command slot for its list to arrive.
struct PrpWalk {
    std::uint64_t remaining = 0;  // data bytes not yet placed
    std::uint64_t list = 0;       // address of the list entries wanted next
    std::uint32_t list_bytes = 0;
    std::uint32_t page = 0;
    Error error = Error::None;  // Unaligned: a PRP has an offset where none is allowed

    bool done() const { return remaining == 0 && error == Error::None; }
    bool needs_list() const { return remaining != 0 && error == Error::None; }
};

namespace detail {

// Points the walk at the entries from `list` on: to the end of their page, or as many as are left.
inline void want_list(PrpWalk& walk, std::uint64_t list) {
    const std::uint64_t entries = (walk.remaining + walk.page - 1) / walk.page;
    const std::uint64_t room = (walk.page - (list & (walk.page - 1))) / 8;
    walk.list = list;
    walk.list_bytes = static_cast<std::uint32_t>((entries < room ? entries : room) * 8);
}

}  // namespace detail

/// A walk that stands at `list` with `remaining` bytes (not 0) still to be placed: for who keeps
/// no more of it than that.
inline PrpWalk prp_walk_at(std::uint64_t list, std::uint64_t remaining, std::uint32_t page) {
    PrpWalk walk;
    walk.page = page;
    walk.remaining = remaining;
    detail::want_list(walk, list);
    return walk;
}

/// Begins a walk: visits the segments that PRP1 and PRP2 name themselves (visit(PrpSegment)).
template <class Visitor>
PrpWalk begin_prp(std::uint64_t prp1, std::uint64_t prp2, std::uint64_t length, std::uint32_t page,
                  Visitor&& visit) {
    LMSIM_ASSERT(page >= 16 && (page & (page - 1)) == 0);
    PrpWalk walk;
    walk.page = page;
    if (length == 0) {
        return walk;
    }
    if ((prp1 & 3) != 0) {
        walk.remaining = length;
        walk.error = Error::Unaligned;
        return walk;
    }
    const std::uint64_t room = page - (prp1 & (page - 1));
    const std::uint64_t first = length < room ? length : room;
    visit(PrpSegment{prp1, static_cast<std::uint32_t>(first)});
    walk.remaining = length - first;
    if (walk.remaining == 0) {
        return walk;
    }
    if (walk.remaining <= page) {
        if ((prp2 & (page - 1)) != 0) {
            walk.error = Error::Unaligned;
            return walk;
        }
        visit(PrpSegment{prp2, static_cast<std::uint32_t>(walk.remaining)});
        walk.remaining = 0;
        return walk;
    }
    if ((prp2 & 7) != 0) {
        walk.error = Error::Unaligned;
        return walk;
    }
    detail::want_list(walk, prp2);
    return walk;
}

/// Goes on with the bytes at walk.list, of which there must be walk.list_bytes. Where the list does
/// not end in its page, the last entry of the page points to the next list page, which begins at
/// offset 0: each list page but the first therefore places data, and no chain can loop for ever.
template <class Visitor>
PrpWalk continue_prp(PrpWalk walk, const std::uint8_t* bytes, std::size_t size, Visitor&& visit) {
    LMSIM_ASSERT(walk.needs_list());
    if (size < walk.list_bytes) {
        walk.error = Error::Truncated;
        return walk;
    }
    const std::uint32_t entries = walk.list_bytes / 8;
    for (std::uint32_t i = 0; i < entries; ++i) {
        const auto entry = load_le<std::uint64_t>(bytes + 8 * std::size_t{i});
        if ((entry & (walk.page - 1)) != 0) {
            walk.error = Error::Unaligned;
            return walk;
        }
        if (i + 1 == entries && walk.remaining > walk.page) {
            detail::want_list(walk, entry);
            return walk;
        }
        const std::uint64_t length = walk.remaining < walk.page ? walk.remaining : walk.page;
        visit(PrpSegment{entry, static_cast<std::uint32_t>(length)});
        walk.remaining -= length;
    }
    return walk;
}

/// A host's choice for a transfer of `length` bytes from `address` on, contiguous in its memory:
/// PRP1, PRP2, and how many list entries must stand at `list` (0 = PRP2 is a page or unused).
struct PrpPair {
    std::uint64_t prp1 = 0;
    std::uint64_t prp2 = 0;
    std::uint64_t list_entries = 0;
};

/// `list` must be aligned to a page; it is used only if more than two pages are touched.
inline PrpPair make_prps(std::uint64_t address, std::uint64_t length, std::uint32_t page,
                         std::uint64_t list) {
    const std::uint64_t pages = prp_pages(address, length, page);
    const std::uint64_t second = (address & ~std::uint64_t{page - 1}) + page;
    if (pages <= 1) {
        return {address, 0, 0};
    }
    if (pages == 2) {
        return {address, second, 0};
    }
    LMSIM_ASSERT((list & (page - 1)) == 0);
    return {address, list, pages - 1};
}

/// List pages that `entries` data entries take, chain entries included.
constexpr std::uint64_t prp_list_pages(std::uint64_t entries, std::uint32_t page) {
    const std::uint64_t room = page / 8;
    return entries <= room ? (entries != 0) : (entries - 2) / (room - 1) + 1;
}

/// Writes a PRP List for `entries` data pages from `data` on, into list pages that are contiguous
/// and stand at `list`; `to` holds prp_list_pages() pages.
inline void write_prp_list(std::uint8_t* to, std::uint64_t list, std::uint64_t data,
                           std::uint64_t entries, std::uint32_t page) {
    const std::uint64_t room = page / 8;
    std::uint64_t slot = 0;
    for (std::uint64_t i = 0; i < entries; ++i) {
        const bool last_of_page = slot % room == room - 1;
        if (last_of_page && i + 1 < entries) {
            store_le<std::uint64_t>(to + 8 * slot, list + 8 * (slot + 1));
            ++slot;
        }
        store_le<std::uint64_t>(to + 8 * slot, data + i * page);
        ++slot;
    }
}

}  // namespace lmsim::wire
