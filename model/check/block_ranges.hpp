#pragma once

#include <cstdint>
#include <vector>

namespace lmsim::check {

/// A set of blocks: ranges that neither touch nor overlap, in order.
class BlockRanges {
  public:
    void add(std::uint64_t first, std::uint64_t count);
    void remove(std::uint64_t first, std::uint64_t count);
    void clear() { ranges_.clear(); }
    bool empty() const { return ranges_.empty(); }

  private:
    struct Range {
        std::uint64_t first;
        std::uint64_t end;
    };
    std::vector<Range> ranges_;
};

}  // namespace lmsim::check
