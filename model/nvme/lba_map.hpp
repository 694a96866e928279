#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace lmsim::nvme {

/// Which blocks of one namespace are allocated: written and not deallocated since. Exact, one bit
/// for a block; a stretch of 32768 blocks that is all of one kind takes no bits.
class LbaMap {
  public:
    void set(std::uint64_t slba, std::uint64_t blocks) { change(slba, blocks, true); }
    void clear(std::uint64_t slba, std::uint64_t blocks) { change(slba, blocks, false); }
    void clear();

    std::uint64_t count() const { return count_; }
    bool test(std::uint64_t lba) const;
    /// The first allocated (or free) block from `from` on and before `end`; `end` if there is none.
    std::uint64_t next_allocated(std::uint64_t from, std::uint64_t end) const;
    std::uint64_t next_free(std::uint64_t from, std::uint64_t end) const;

  private:
    static constexpr std::uint64_t stretch = 32'768;
    struct Stretch {
        std::uint32_t allocated = 0;
        std::vector<std::uint64_t> bits;  // empty: none or all are allocated, as `allocated` says
    };

    void change(std::uint64_t slba, std::uint64_t blocks, bool to);
    void change_within(Stretch& at, std::uint32_t first, std::uint32_t count, bool to);
    std::uint64_t next(std::uint64_t from, std::uint64_t end, bool wanted) const;

    std::vector<Stretch> stretches_;  // those behind the last one are free
    std::uint64_t count_ = 0;
};

}  // namespace lmsim::nvme
