#pragma once

#include <cstdint>

#include "model/spec/rules.hpp"
#include "model/wire/sqe.hpp"

namespace lmsim::wire {

/// A submission queue entry by its rows: admin commands are read and written where Rules says, so
/// that a dialect can place a field elsewhere.
class SqeFields {
  public:
    SqeFields(const Sqe& sqe, const spec::Rules& rules) : rules_(rules) { encode(sqe, bytes_); }

    /// A field that a dialect has moved beyond the entry reads as 0.
    std::uint64_t get(spec::Id id) const {
        const spec::Place place = rules_.place(id);
        return place.end_byte() <= Sqe::size ? load_bits(bytes_, place) : 0;
    }
    bool flag(spec::Id id) const { return get(id) != 0; }
    std::uint8_t u8(spec::Id id) const { return static_cast<std::uint8_t>(get(id)); }
    std::uint16_t u16(spec::Id id) const { return static_cast<std::uint16_t>(get(id)); }
    std::uint32_t u32(spec::Id id) const { return static_cast<std::uint32_t>(get(id)); }

    void set(spec::Id id, std::uint64_t value) {
        const spec::Place place = rules_.place(id);
        if (place.end_byte() <= Sqe::size) {
            store_bits(bytes_, place, value);
        }
    }
    Sqe sqe() const { return decode_sqe(bytes_); }

  private:
    std::uint8_t bytes_[Sqe::size];
    const spec::Rules& rules_;
};

}  // namespace lmsim::wire
