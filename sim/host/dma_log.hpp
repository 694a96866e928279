#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace lmsim::sim {

/// What devices wrote to memory, in granules of whole pages: the log of an IOMMU or of a device.
class DmaLog {
  public:
    DmaLog() = default;
    DmaLog(std::uint64_t pages, std::uint64_t granule)
        : pages_(pages), granule_(granule), bits_((pages + granule - 1) / granule / 64 + 1, 0) {}

    void wrote(std::uint64_t page) {
        const std::uint64_t at = page / granule_;
        bits_[at / 64] |= std::uint64_t{1} << (at % 64);
    }
    void clear() { std::fill(bits_.begin(), bits_.end(), 0); }
    /// Granules that were written.
    std::uint64_t count() const {
        std::uint64_t granules = 0;
        for (const std::uint64_t bits : bits_) {
            granules += static_cast<std::uint64_t>(__builtin_popcountll(bits));
        }
        return granules;
    }
    /// Calls mark(first page, pages) for each, and forgets them; returns how many pages.
    template <class Mark>
    std::uint64_t take(Mark&& mark) {
        std::uint64_t pages = 0;
        for (std::size_t i = 0; i < bits_.size(); ++i) {
            for (std::uint64_t bits = bits_[i]; bits != 0; bits &= bits - 1) {
                const std::uint64_t at = i * 64 + static_cast<unsigned>(__builtin_ctzll(bits));
                const std::uint64_t first = at * granule_;
                const std::uint64_t count = std::min(granule_, pages_ - first);
                mark(first, count);
                pages += count;
            }
            bits_[i] = 0;
        }
        return pages;
    }

  private:
    std::uint64_t pages_ = 0;
    std::uint64_t granule_ = 1;
    std::vector<std::uint64_t> bits_;
};

}  // namespace lmsim::sim
