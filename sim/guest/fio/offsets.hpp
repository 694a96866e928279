#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sim/core/random.hpp"
#include "sim/guest/fio/job.hpp"
#include "sim/guest/fio/permutation.hpp"
#include "sim/guest/fio/skew.hpp"

namespace lmsim::sim::fio {

/// Draws the lengths of one direction: one size, a range as fio rounds it (whole multiples of the
/// smallest, the largest twice as likely), or a split.
class Lengths {
  public:
    explicit Lengths(const BlockSizes& sizes);

    std::uint64_t smallest() const { return min_; }
    std::uint64_t draw(Random& draws) const { return min_ == max_ ? min_ : draw_varied(draws); }

  private:
    std::uint64_t draw_varied(Random& draws) const;

    std::uint64_t min_;
    std::uint64_t max_;
    std::vector<std::uint64_t> by_percent_;  // 100 entries, or none
};

/// Where the I/Os of a job go within its region. Sequential jobs walk from start to end, each
/// direction on its own. A random job with a random map visits every block position once, in a
/// random order, reads and writes sharing it if their blocks are of one size. Near the end of the
/// region an I/O that would not fit has the smallest size.
class Extents {
  public:
    /// Bytes one after the other, of which the next block is taken.
    struct Piece {
        std::uint64_t offset = 0;  // in the region
        std::uint64_t length = 0;  // 0: no place is left in this pass
    };

    Extents(const Job& job, std::uint64_t size, std::uint64_t seed, const std::string& stream);

    /// Its place and length, drawn at this time.
    Piece next(Direction direction, Time at);

    /// Starts again: sequential positions at 0, a new order of random blocks.
    void begin_pass();

  private:
    struct Side {
        explicit Side(const BlockSizes& sizes) : lengths(sizes) {}
        Lengths lengths;
        std::uint64_t position = 0;
        std::uint64_t align = 0;
        std::uint64_t blocks = 0;
        std::uint64_t rotation = 0;  // of the hot blocks
        Permutation spread;          // of the hot blocks
        unsigned random_percent = 100;
        std::size_t map = 0;
    };
    struct Map {
        Permutation order;
        std::uint64_t used = 0;
    };

    bool place(Side& side, Time at, std::uint64_t& offset);
    bool random_block(Side& side, Time at, std::uint64_t& block);
    std::uint64_t skewed_block(const Side& side, Time at);

    std::uint64_t size_;
    bool random_;
    bool mapped_;
    bool wraps_;
    std::vector<Side> sides_;
    std::array<Map, directions> maps_;
    std::shared_ptr<const SkewedRanks> skew_;
    Random order_;  // of random maps
    EpochRandom choice_;
    EpochRandom offset_;
    EpochRandom length_;
};

}  // namespace lmsim::sim::fio
