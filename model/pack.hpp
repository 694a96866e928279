#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "model/assert.hpp"

// Packed states: what the explorer stores, compares and hashes. A State names its members once:
//
//     template <class Visitor, class Self>
//     static constexpr void fields(Visitor& visit, Self& self) {
//         visit(self.state, self.target);       // integers, bools, enums, nested states, arrays
//         visit.array(self.items, self.count);  // the first `count` items; the rest is reset
//     }
//
// or has a free function fields(visitor, state) in its namespace. The bytes are little-endian and
// without padding, the same on every machine.
namespace lmsim {

namespace pack_detail {

template <class State, class Visitor, class = void>
struct has_member_fields : std::false_type {};
template <class State, class Visitor>
struct has_member_fields<
    State, Visitor,
    std::void_t<decltype(State::fields(std::declval<Visitor&>(), std::declval<State&>()))>>
    : std::true_type {};

template <class Visitor, class State>
constexpr void visit_fields(Visitor& visitor, State& state) {
    if constexpr (has_member_fields<State, Visitor>::value) {
        State::fields(visitor, state);
    } else {
        fields(visitor, state);
    }
}

template <class T>
constexpr auto to_bits(T value) {
    if constexpr (std::is_enum_v<T>) {
        return to_bits(static_cast<std::underlying_type_t<T>>(value));
    } else if constexpr (std::is_same_v<T, bool>) {
        return static_cast<std::uint8_t>(value ? 1 : 0);
    } else {
        static_assert(std::is_integral_v<T>, "a field is an integer, bool, enum, array or state");
        return static_cast<std::make_unsigned_t<T>>(value);
    }
}
template <class T>
using BitsOf = decltype(to_bits(std::declval<T>()));

/// Little-endian, also in constant expressions; one instruction where the machine is little-endian.
template <class Bits>
constexpr void store(std::uint8_t* out, Bits bits) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    if (!__builtin_is_constant_evaluated()) {
        __builtin_memcpy(out, &bits, sizeof(bits));
        return;
    }
#endif
    for (std::size_t i = 0; i < sizeof(bits); ++i) {
        out[i] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(bits) >> (8 * i));
    }
}
template <class Bits>
constexpr Bits load(const std::uint8_t* in, std::size_t size = sizeof(Bits)) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    if (!__builtin_is_constant_evaluated() && size == sizeof(Bits)) {
        Bits bits{};
        __builtin_memcpy(&bits, in, sizeof(bits));
        return bits;
    }
#endif
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < size; ++i) {
        bits |= static_cast<std::uint64_t>(in[i]) << (8 * i);
    }
    return static_cast<Bits>(bits);
}

template <class T>
inline constexpr bool is_scalar = std::is_integral_v<T> || std::is_enum_v<T>;

template <class T>
struct is_std_array : std::false_type {};
template <class T, std::size_t N>
struct is_std_array<std::array<T, N>> : std::true_type {};
template <class T>
inline constexpr bool is_array = std::is_array_v<T> || is_std_array<T>::value;

template <class T>
constexpr std::size_t extent(const T& items) {
    if constexpr (std::is_array_v<T>) {
        return std::extent_v<T>;
    } else {
        return items.size();
    }
}

// What the three visitors share: how a list of fields falls apart into scalars.
template <class Self>
struct Visitor {
    template <class... Fields>
    constexpr void operator()(Fields&... list) {
        (one(list), ...);
    }
    template <class Items, class Count>
    constexpr void array(Items& items, Count& count) {
        self().counted(items, count);
    }

  protected:
    template <class Items>
    constexpr void some(Items& items, std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            one(items[i]);
        }
    }
    template <class Field>
    constexpr void one(Field& field) {
        using Type = std::remove_const_t<Field>;
        if constexpr (is_scalar<Type>) {
            self().scalar(field);
        } else if constexpr (is_array<Type>) {
            some(field, extent(field));
        } else {
            visit_fields(self(), field);
        }
    }
    constexpr Self& self() { return static_cast<Self&>(*this); }
};

struct Sizer : Visitor<Sizer> {
    std::size_t size = 0;
    bool worst_case = false;

    template <class T>
    constexpr void scalar(T&) {
        size += sizeof(BitsOf<std::remove_const_t<T>>);
    }
    template <class Items, class Count>
    constexpr void counted(Items& items, Count& count) {
        scalar(count);
        some(items, worst_case ? extent(items) : static_cast<std::size_t>(count));
    }
};

struct Writer : Visitor<Writer> {
    std::uint8_t* out = nullptr;
    std::size_t room = 0;
    std::size_t size = 0;

    template <class T>
    constexpr void scalar(T& value) {
        const auto bits = to_bits(value);
        LMSIM_ASSERT(room - size >= sizeof(bits));
        store(out + size, bits);
        size += sizeof(bits);
    }
    template <class Items, class Count>
    constexpr void counted(Items& items, Count& count) {
        LMSIM_ASSERT(static_cast<std::size_t>(count) <= extent(items));
        scalar(count);
        some(items, static_cast<std::size_t>(count));
    }
};

struct Reader : Visitor<Reader> {
    const std::uint8_t* in = nullptr;
    std::size_t room = 0;
    std::size_t size = 0;
    bool good = true;

    template <class T>
    constexpr void scalar(T& value) {
        using Bits = BitsOf<T>;
        if (room - size < sizeof(Bits)) {
            good = false;
            return;
        }
        const Bits bits = load<Bits>(in + size);
        size += sizeof(Bits);
        if constexpr (std::is_same_v<T, bool>) {
            good = good && bits <= 1;
        }
        value = static_cast<T>(bits);
    }
    template <class Items, class Count>
    constexpr void counted(Items& items, Count& count) {
        scalar(count);
        if (static_cast<std::size_t>(count) > extent(items)) {
            good = false;
            count = Count{};
        }
        some(items, static_cast<std::size_t>(count));
        for (std::size_t i = static_cast<std::size_t>(count); i < extent(items); ++i) {
            items[i] = {};
        }
    }
};

}  // namespace pack_detail

/// Bytes that pack() writes for this state.
template <class State>
constexpr std::size_t packed_size(const State& state) {
    pack_detail::Sizer sizer;
    pack_detail::visit_fields(sizer, state);
    return sizer.size;
}

/// Bytes that pack() writes at most: every counted array full.
template <class State>
constexpr std::size_t max_packed_size() {
    State state{};
    pack_detail::Sizer sizer;
    sizer.worst_case = true;
    pack_detail::visit_fields(sizer, state);
    return sizer.size;
}

/// Writes the fields of `state` to `out`, which has `room` bytes (asserted). Returns the size.
template <class State>
constexpr std::size_t pack(const State& state, std::uint8_t* out, std::size_t room) {
    pack_detail::Writer writer;
    writer.out = out;
    writer.room = room;
    pack_detail::visit_fields(writer, state);
    return writer.size;
}

/// Reads a state back. Returns the bytes used, 0 when `in` is too short or holds what pack() never
/// writes (a count over its array, a bool over 1); `state` is then unspecified.
template <class State>
constexpr std::size_t unpack(const std::uint8_t* in, std::size_t size, State& state) {
    pack_detail::Reader reader;
    reader.in = in;
    reader.room = size;
    pack_detail::visit_fields(reader, state);
    return reader.good ? reader.size : 0;
}

/// A hash of bytes that is the same on every machine, in every run. For tables, not for secrets.
constexpr std::uint64_t hash_bytes(const std::uint8_t* bytes, std::size_t size) {
    constexpr std::uint64_t factor = 0x9e3779b97f4a7c15;
    std::uint64_t hash = (size + 1) * factor;
    for (std::size_t at = 0; at < size; at += 8) {
        const std::size_t rest = size - at < 8 ? size - at : 8;
        hash = (hash ^ pack_detail::load<std::uint64_t>(bytes + at, rest)) * factor;
        hash ^= hash >> 29;
    }
    hash *= 0xbf58476d1ce4e5b9;
    return hash ^ (hash >> 32);
}

/// A state as bytes on the stack, for equality and for keys. Bytes past `size` are zero.
template <class State>
struct Packed {
    static constexpr std::size_t capacity = max_packed_size<State>();
    std::array<std::uint8_t, capacity> bytes{};
    std::size_t size = 0;

    constexpr explicit Packed(const State& state) : size(pack(state, bytes.data(), bytes.size())) {}

    constexpr std::uint64_t hash() const { return hash_bytes(bytes.data(), size); }
    friend constexpr bool operator==(const Packed& a, const Packed& b) {
        bool equal = a.size == b.size;
        for (std::size_t i = 0; equal && i < a.size; ++i) {
            equal = a.bytes[i] == b.bytes[i];
        }
        return equal;
    }
    friend constexpr bool operator!=(const Packed& a, const Packed& b) { return !(a == b); }
};

/// Equality over the packed bytes: items past a count do not matter.
template <class State>
constexpr bool packed_equal(const State& a, const State& b) {
    return Packed<State>(a) == Packed<State>(b);
}

template <class State>
constexpr std::uint64_t packed_hash(const State& state) {
    return Packed<State>(state).hash();
}

}  // namespace lmsim
