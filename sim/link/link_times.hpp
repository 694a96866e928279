#pragma once

#include <array>
#include <cstdint>

#include "sim/link/pcie.hpp"

namespace lmsim::sim {

/// How long transactions of a size take on the link (PcieCost). Sizes are few, and two divisions
/// for each transaction would cost as much as a step of the model: answers are kept.
class LinkTimes {
  public:
    explicit LinkTimes(const PcieCost& cost) : cost_(cost) {}

    Ps write(std::uint64_t bytes) {
        return known(writes_, bytes, [&] { return cost_.write_bytes(bytes); });
    }
    Ps request(std::uint64_t bytes) {
        return known(requests_, bytes, [&] { return cost_.request_bytes(bytes); });
    }
    Ps completion(std::uint64_t bytes) {
        return known(completions_, bytes, [&] { return cost_.completion_bytes(bytes); });
    }
    /// Of a register's read.
    Ps read() { return cost_.time(cost_.read_header); }

  private:
    struct Known {
        std::uint64_t bytes = 0;  // nothing at all takes no time
        Ps time = 0;
    };
    static constexpr unsigned index_bits = 4;
    using Table = std::array<Known, std::size_t{1} << index_bits>;

    template <class OnTheWire>
    Ps known(Table& table, std::uint64_t bytes, OnTheWire&& on_the_wire) {
        Known& one = table[bytes * 0x9e37'79b9'7f4a'7c15 >> (64 - index_bits)];
        if (one.bytes != bytes) {
            one = {bytes, cost_.time(on_the_wire())};
        }
        return one.time;
    }

    PcieCost cost_;
    Table writes_;
    Table requests_;
    Table completions_;
};

}  // namespace lmsim::sim
