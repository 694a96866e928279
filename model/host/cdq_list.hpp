#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "model/spec/rules.hpp"

/// The PRP list of a discontiguous Controller Data Queue (NVMe Base 2.3, 5.2.4.1.1 and 4.3.1), as a
/// host writes it.
namespace lmsim::host {

constexpr std::uint64_t controller_page = 4096;  // CC.MPS

/// A run of memory as the device sees it: an IOMMU may make one of many pages.
struct DmaSegment {
    std::uint64_t address = 0;  // of a page
    std::uint64_t bytes = 0;
};

/// How a host cuts a queue's memory, and its list, into pages.
class CdqListShape {
  public:
    explicit CdqListShape(const spec::Rules& rules)
        : page_(rules.on(spec::Id::RfcKernelPages) ? kernel_page : controller_page),
          whole_(rules.on(spec::Id::RfcPrpPerSegment)),
          chained_(!rules.on(spec::Id::RfcListUnchained)) {}

    std::uint64_t page() const { return page_; }
    bool chained() const { return chained_; }
    /// Bytes that the entry at the beginning of a segment of `bytes` stands for.
    std::uint64_t piece(std::uint64_t bytes) const {
        return whole_ ? bytes : std::min(bytes, page_);
    }
    std::uint64_t entries(const DmaSegment* segments, std::size_t count) const {
        std::uint64_t entries = 0;
        for (std::size_t i = 0; i < count; ++i) {
            entries +=
                (segments[i].bytes + piece(segments[i].bytes) - 1) / piece(segments[i].bytes);
        }
        return entries;
    }

  private:
    static constexpr std::uint64_t kernel_page = 16384;  // of the kernel that R004-05 runs on
    std::uint64_t page_;
    bool whole_;
    bool chained_;
};

/// Writes the list of a queue in `count` segments. `list_at(i)` is the address of its page i, of
/// CdqListShape::page() bytes; `store(address, value)` writes 8 bytes, little-endian.
template <class ListAt, class Store>
void write_cdq_list(const DmaSegment* segments, std::size_t count, const spec::Rules& rules,
                    ListAt&& list_at, Store&& store) {
    const CdqListShape shape(rules);
    std::uint64_t left = shape.entries(segments, count);
    const std::uint64_t room = shape.page() / 8;
    std::uint64_t page = 0;
    std::uint64_t slot = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const std::uint64_t piece = shape.piece(segments[i].bytes);
        for (std::uint64_t at = 0; at < segments[i].bytes; at += piece, --left) {
            const bool leads_on = slot == room - 1 && left > 1 && shape.chained();
            if (leads_on || slot == room) {
                ++page;
                if (leads_on) {
                    store(list_at(page - 1) + 8 * slot, list_at(page));
                }
                slot = 0;
            }
            store(list_at(page) + 8 * slot++, segments[i].address + at);
        }
    }
}

}  // namespace lmsim::host
