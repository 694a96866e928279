#pragma once

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
    static constexpr std::size_t most_orders = 2;

    /// The unit of each byte of a state. What stands in unit 0 is looked at by all actions.
    virtual const std::vector<std::uint8_t>& unit_of() const = 0;
    virtual std::size_t pieces() const = 0;
    /// In how many orders interchangeable parts can stand: the least form counts.
    virtual std::size_t orders() const = 0;
    virtual void piece(const std::uint8_t* state, std::size_t order, std::size_t piece,
                       Words& out) = 0;
};

}  // namespace lmsim::explore::world
