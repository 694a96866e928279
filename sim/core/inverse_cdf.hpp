#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "sim/core/units.hpp"

namespace lmsim::sim {

/// A piecewise-linear inverse distribution function in integers. One 64-bit draw u stands for the
/// probability u / 2^64. A table over the top 12 bits finds the piece (or the few pieces, in a thin
/// tail).
class InverseCdf {
  public:
    /// From `from` (a probability times 2^64) on, values rise from `low` to `high` over the piece.
    struct Piece {
        std::uint64_t from = 0;
        std::uint64_t low = 0;
        std::uint64_t high = 0;
    };

    /// Pieces in order, the first from 0, each wider than it is high (asserted: keep values <
    /// 2^50).
    explicit InverseCdf(const std::vector<Piece>& pieces)
        : table_(std::make_shared<const Table>(pieces)) {}

    std::uint64_t operator()(std::uint64_t random) const {
        const Table& table = *table_;
        std::size_t i = table.first[random >> (64U - index_bits)];
        while (i + 1 < table.steps.size() && table.steps[i + 1].from <= random) ++i;
        const Step& step = table.steps[i];
        const Uint128 rise = static_cast<Uint128>(random - step.from) * step.slope;
        return step.low + static_cast<std::uint64_t>(rise >> 64U);
    }

    /// Exact mean of the continuous distribution, rounded down.
    std::uint64_t mean() const { return table_->mean; }

  private:
    static constexpr unsigned index_bits = 12;
    struct Step {
        std::uint64_t from;
        std::uint64_t low;
        std::uint64_t slope;  // rise per draw, times 2^64
    };
    struct Table {
        explicit Table(const std::vector<Piece>& pieces);

        std::vector<Step> steps;
        std::array<std::uint16_t, 1U << index_bits> first{};
        std::uint64_t mean = 0;
    };
    std::shared_ptr<const Table> table_;  // of all copies
};

}  // namespace lmsim::sim
