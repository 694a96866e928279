#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "model/pack.hpp"

namespace lmsim::explore {

/// Which bytes of a State are those of its fields; the rest is padding, which says nothing. With
/// the rest at 0, states are alike if their bytes are. Of counted arrays all items are fields: what
/// lies past the count has to be cleared by whoever lowers it.
template <class State>
class FieldMask {
  public:
    static_assert(std::is_trivially_copyable_v<State> && sizeof(State) % 8 == 0);
    static constexpr std::size_t words = sizeof(State) / 8;

    FieldMask() {
        const State state{};
        Marker marker;
        marker.base = reinterpret_cast<const std::uint8_t*>(&state);
        marker.mask = reinterpret_cast<std::uint8_t*>(mask_);
        pack_detail::visit_fields(marker, state);
    }

    void clear_rest(std::uint8_t* state) const {
        for (std::size_t i = 0; i < words; ++i) {
            std::uint64_t word;
            std::memcpy(&word, state + 8 * i, 8);
            word &= mask_[i];
            std::memcpy(state + 8 * i, &word, 8);
        }
    }

  private:
    struct Marker : pack_detail::Visitor<Marker> {
        const std::uint8_t* base = nullptr;
        std::uint8_t* mask = nullptr;

        template <class T>
        void scalar(T& value) {
            std::memset(mask + (reinterpret_cast<const std::uint8_t*>(&value) - base), 0xff,
                        sizeof value);
        }
        template <class Items, class Count>
        void counted(Items& items, Count& count) {
            scalar(count);
            this->some(items, pack_detail::extent(items));
        }
    };

    std::uint64_t mask_[words] = {};
};

/// A hash of words that is the same in every run. Two words at a time, in four lanes: what is
/// hashed is whole states, once for each transition.
inline std::uint64_t hash_words(const std::uint8_t* bytes, std::size_t words) {
    __extension__ typedef unsigned __int128 Wide;
    constexpr std::uint64_t odd[4] = {0x9e37'79b9'7f4a'7c15, 0xd1b5'4a32'd192'ed03,
                                      0x8cb9'2ba7'2f3d'8dd7, 0xaef1'7502'108e'f2d9};
    const auto word = [&](std::size_t i) {
        std::uint64_t value = 0;
        if (i < words) {
            std::memcpy(&value, bytes + 8 * i, 8);
        }
        return value;
    };
    const auto fold = [](std::uint64_t a, std::uint64_t b) {
        const Wide product = static_cast<Wide>(a) * b;
        return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
    };
    std::uint64_t lane[4] = {words + 1, odd[1], odd[2], odd[3]};
    for (std::size_t i = 0; i < words; i += 8) {
        for (std::size_t k = 0; k < 4; ++k) {
            lane[k] = fold(lane[k] ^ word(i + 2 * k), odd[k] ^ word(i + 2 * k + 1));
        }
    }
    return fold(lane[0] ^ lane[2] ^ odd[0], lane[1] ^ (lane[3] << 1 | lane[3] >> 63) ^ odd[1]);
}

}  // namespace lmsim::explore
