#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "model/spec/rules.hpp"
#include "model/wire/bits.hpp"
#include "model/wire/result.hpp"

namespace lmsim::wire {

/// Reads the fields of a structure of `size` bytes where Rules says. A field that a dialect has
/// placed beyond the structure reads as 0: never past the end.
class LayoutReader {
  public:
    LayoutReader(const std::uint8_t* base, std::size_t size, const spec::Rules& rules)
        : base_(base), size_(size), rules_(&rules) {}

    std::uint64_t get(spec::Id id) const {
        const spec::Place place = rules_->place(id);
        return place.end_byte() <= size_ ? load_bits(base_, place) : 0;
    }
    bool flag(spec::Id id) const { return get(id) != 0; }
    std::uint8_t u8(spec::Id id) const { return static_cast<std::uint8_t>(get(id)); }
    std::uint16_t u16(spec::Id id) const { return static_cast<std::uint16_t>(get(id)); }
    std::uint32_t u32(spec::Id id) const { return static_cast<std::uint32_t>(get(id)); }
    /// Does a field wider than 64 bits hold a number above 2^64 - 1?
    bool beyond_64_bits(spec::Id id) const {
        const spec::Place place = rules_->place(id);
        return place.end_byte() <= size_ && !upper_bits_zero(base_, place);
    }

  private:
    const std::uint8_t* base_;
    std::size_t size_;
    const spec::Rules* rules_;
};

/// Writes the fields of a structure of `size` bytes where Rules says; what does not fit into the
/// structure is left out.
class LayoutWriter {
  public:
    LayoutWriter(std::uint8_t* base, std::size_t size, const spec::Rules& rules)
        : base_(base), size_(size), rules_(&rules) {}

    void set(spec::Id id, std::uint64_t value) {
        const spec::Place place = rules_->place(id);
        if (place.end_byte() <= size_) {
            store_bits(base_, place, value);
        }
    }
    void set_flag(spec::Id id, bool value) { set(id, value ? 1 : 0); }

  private:
    std::uint8_t* base_;
    std::size_t size_;
    const spec::Rules* rules_;
};

/// Finds a set bit that none of the fields holds (a reserved one) in a structure; `at` of the fault
/// counts from `base`. A dialect's structure of more than 64 bytes is not looked at.
template <std::size_t N>
Fault find_reserved(const std::uint8_t* base, std::size_t size, const spec::Id (&fields)[N],
                    const spec::Rules& rules) {
    std::uint8_t rest[64];
    if (size > sizeof(rest)) {
        return {};
    }
    std::memcpy(rest, base, size);
    LayoutWriter writer(rest, size, rules);
    for (const spec::Id field : fields) {
        writer.set(field, 0);
    }
    for (std::size_t i = 0; i < size; ++i) {
        if (rest[i] != 0) {
            return {Error::Reserved, i};
        }
    }
    return {};
}

}  // namespace lmsim::wire
