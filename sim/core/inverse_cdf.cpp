#include "sim/core/inverse_cdf.hpp"

#include <algorithm>

namespace lmsim::sim {

InverseCdf::Table::Table(const std::vector<Piece>& pieces) {
    LMSIM_ASSERT(!pieces.empty() && pieces.size() < 65536 && pieces.front().from == 0);
    Uint128 twice_area = 0;  // of value x probability, times 2^64
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        const Piece& piece = pieces[i];
        const bool is_last = i + 1 == pieces.size();
        LMSIM_ASSERT(is_last || piece.from < pieces[i + 1].from);
        LMSIM_ASSERT(piece.low <= piece.high);
        const Uint128 end = is_last ? static_cast<Uint128>(1) << 64U : pieces[i + 1].from;
        const Uint128 width = end - piece.from;
        const Uint128 slope = (static_cast<Uint128>(piece.high - piece.low) << 64U) / width;
        LMSIM_ASSERT(slope >> 64U == 0);
        LMSIM_ASSERT(piece.high < 1ULL << 62U);
        steps.push_back({piece.from, piece.low, static_cast<std::uint64_t>(slope)});
        twice_area += width * (piece.low + piece.high);
    }
    mean = static_cast<std::uint64_t>(twice_area >> 65U);
    // Cell by cell this would be most of what a run does before its first event.
    constexpr std::uint64_t cell_width = std::uint64_t{1} << (64U - index_bits);
    auto cell = first.begin();
    for (std::size_t piece = 0; piece < steps.size(); ++piece) {
        const bool is_last = piece + 1 == steps.size();
        const std::uint64_t next = is_last ? 0 : steps[piece + 1].from;
        const std::uint64_t cells = next / cell_width + (next % cell_width != 0 ? 1 : 0);
        const auto end = is_last ? first.end() : first.begin() + cells;
        std::fill(cell, end, static_cast<std::uint16_t>(piece));
        cell = end;
    }
}

}  // namespace lmsim::sim
