#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "model/explore/system.hpp"
#include "model/explore/world/words.hpp"

namespace lmsim::explore::world {

/// A System whose states fall apart into units, which its actions look at one by one (look_at() of
/// model/watch.hpp), and whose canonical form falls apart into pieces.
class PartedSystem : public System {
  public:
    static constexpr std::size_t most_units = 32;
    static constexpr std::size_t most_pieces = 16;
    static constexpr std::size_t most_groups = 4;

    /// The unit of each byte of a state. What stands in unit 0 is looked at by all actions.
    virtual const std::vector<std::uint8_t>& unit_of() const = 0;
    virtual std::size_t pieces() const = 0;
    /// 0: of the whole; from 1 on: of the parts that are alike, of which each has as many pieces.
    virtual std::size_t group_of(std::size_t piece) const = 0;
    virtual std::size_t place_in_group(std::size_t piece) const = 0;
    /// Do two states have one form if these groups have changed places?
    virtual bool interchangeable() const = 0;
    virtual void piece(const std::uint8_t* state, std::size_t piece, Words& out) = 0;
};

/// The sum of the hashes of the pieces of each group.
using GroupSums = std::array<std::uint64_t, PartedSystem::most_groups>;

inline std::uint64_t hash_of_piece(const Words& words, std::size_t piece_of_group) {
    return Words::mix(words.hash(), piece_of_group);
}

/// Of a form; the same whatever the order of interchangeable groups.
inline std::uint64_t fingerprint_of(const GroupSums& sums, bool interchangeable) {
    std::uint64_t all = sums[0];
    for (std::size_t group = 1; group < sums.size(); ++group) {
        all += Words::mix(Words::mix(sums[group], 1), interchangeable ? 1 : group);
    }
    return all;
}

}  // namespace lmsim::explore::world
