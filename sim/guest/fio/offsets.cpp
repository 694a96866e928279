#include "sim/guest/fio/offsets.hpp"

#include <algorithm>

namespace lmsim::sim::fio {

namespace {

std::uint64_t positions(const BlockSizes& sizes, std::uint64_t region) {
    const std::uint64_t overhang = sizes.min > sizes.align ? sizes.min - sizes.align : 0;
    return region > overhang ? (region - overhang) / sizes.align : 0;
}

}  // namespace

Lengths::Lengths(const BlockSizes& sizes) : min_(sizes.min), max_(sizes.max) {
    for (const SizeShare& share : sizes.split) {
        by_percent_.insert(by_percent_.end(), share.percent, share.bytes);
    }
    if (!sizes.split.empty()) {
        by_percent_.resize(100, sizes.split.back().bytes);  // fio gives what is left to the last
    }
}

std::uint64_t Lengths::draw_varied(Random& draws) const {
    if (!by_percent_.empty()) {
        return by_percent_[draws.below(100)];
    }
    const std::uint64_t length = min_ + draws.below(max_);
    return std::min(max_, length - length % min_);
}

Extents::Extents(const Job& job, std::uint64_t size, std::uint64_t seed, const std::string& stream)
    : size_(size),
      random_(job.random),
      mapped_(job.random_map),
      wraps_(job.time_based),
      order_(seed, stream + "/order"),
      choice_(seed, stream + "/choice"),
      offset_(seed, stream + "/offset"),
      length_(seed, stream + "/length") {
    std::uint64_t most = 0;
    for (std::size_t i = 0; i < directions; ++i) {
        Side side(job.sizes[i]);
        side.align = job.sizes[i].align;
        side.blocks = positions(job.sizes[i], size);
        side.random_percent = job.random_percent[i];
        side.map = i;
        for (std::size_t j = i; j-- > 0;) {
            if (sides_[j].align == side.align && sides_[j].blocks == side.blocks) {
                side.map = j;
            }
        }
        if (job.uses(static_cast<Direction>(i))) {
            LMSIM_ASSERT(side.blocks != 0);
            most = std::max(most, side.blocks);
        }
        sides_.push_back(std::move(side));
    }
    if (random_ && job.distribution != Distribution::Uniform) {
        skew_ = std::make_shared<SkewedRanks>(job.distribution, job.skew, most);
        const std::uint64_t rotation =
            job.centered
                ? static_cast<std::uint64_t>(static_cast<Uint128>(most) * job.center / 1'000'000U)
                : order_.below(most);
        for (Side& side : sides_) {
            if (side.blocks == 0) continue;
            side.rotation = rotation % side.blocks;
            side.spread = Permutation(side.blocks, 0);
        }
    }
    begin_pass();
}

void Extents::begin_pass() {
    for (std::size_t i = 0; i < directions; ++i) {
        sides_[i].position = 0;
        if (random_ && mapped_ && sides_[i].blocks != 0) {
            maps_[i] = {Permutation(sides_[i].blocks, order_.next()), 0};
        }
    }
}

/// Ranks are spread over the region, as fio's hash does, so that hot blocks are no neighbours; here
/// no two ranks share a block.
std::uint64_t Extents::skewed_block(const Side& side, Time at) {
    std::uint64_t rank = (*skew_)(offset_.at(at).next());
    if (rank >= side.blocks) rank %= side.blocks;
    const std::uint64_t turned = side.spread.at(rank) + side.rotation;
    return turned < side.blocks ? turned : turned - side.blocks;
}

bool Extents::random_block(Side& side, Time at, std::uint64_t& block) {
    if (skew_) {
        block = skewed_block(side, at);
        return true;
    }
    if (!mapped_) {
        block = offset_.at(at).below(side.blocks);
        return true;
    }
    Map& map = maps_[side.map];
    if (map.used == map.order.count()) {
        if (!wraps_) {
            return false;
        }
        map = {Permutation(side.blocks, order_.next()), 0};
    }
    block = map.order.at(map.used++);
    return true;
}

/// The place in the region; false if none is left in this pass.
bool Extents::place(Side& side, Time at, std::uint64_t& offset) {
    const bool at_end = side.position + side.lengths.smallest() > size_;
    const bool jump =
        random_ &&
        (side.random_percent == 100 || at_end ||
         choice_.at(at).below(100) <
             side.random_percent);  // fio's partly sequential jobs jump from the end, too
    if (jump) {
        std::uint64_t block = 0;
        const bool found = random_block(side, at, block);
        offset = block * side.align;
        return found;
    }
    if (at_end && !wraps_) return false;
    offset = at_end ? 0 : side.position;
    return true;
}

Extents::Piece Extents::next(Direction direction, Time at) {
    Side& side = sides_[static_cast<std::size_t>(direction)];
    Piece piece;
    if (!place(side, at, piece.offset)) return piece;
    piece.length = side.lengths.draw(length_.at(at));
    if (piece.offset + piece.length > size_) piece.length = side.lengths.smallest();
    side.position = piece.offset + piece.length;
    return piece;
}

}  // namespace lmsim::sim::fio
