#include "model/explore/search/delta.hpp"

#include <cstring>
#include <utility>

#include "model/assert.hpp"

namespace lmsim::explore {

namespace {

constexpr std::size_t word_bytes = 8;
constexpr std::size_t number_bytes = 4;
constexpr std::size_t block_words = 4;
constexpr std::size_t most_left_out = 255;

std::uint64_t word_at(const std::uint8_t* bytes, std::size_t word) {
    std::uint64_t value;
    std::memcpy(&value, bytes + word * word_bytes, word_bytes);
    return value;
}

/// The bytes of a word that differ; mostly it is one. `difference` is not 0.
std::uint8_t* put_word(const std::uint8_t* state, std::uint64_t difference, std::uint8_t* out) {
    constexpr std::uint64_t low = 0x7f7f'7f7f'7f7f'7f7f;
    // The highest bit of each byte that is not 0, then these bits side by side.
    const std::uint64_t differs = (((difference & low) + low) | difference) & ~low;
    auto mask = static_cast<unsigned>((differs >> 7) * 0x0102'0408'1020'4080 >> 56);
    *out++ = static_cast<std::uint8_t>(mask);
    for (; mask != 0; mask &= mask - 1) {
        *out++ = state[__builtin_ctz(mask)];
    }
    return out;
}

}  // namespace

Delta::Delta(std::vector<std::uint8_t> initial, bool of_numbers)
    : initial_(std::move(initial)), of_numbers_(of_numbers), bytes_(initial_.size()) {
    LMSIM_ASSERT(!of_numbers || bytes_ % number_bytes == 0);
    constexpr std::size_t unit = word_bytes * block_words;
    initial_.resize((bytes_ + unit - 1) / unit * unit, 0);
    words_ = initial_.size() / word_bytes;
}

std::size_t Delta::encode_numbers(const std::uint8_t* state, std::uint8_t* out) const {
    const std::size_t count = bytes_ / number_bytes;
    std::uint8_t* next = out + (count + 7) / 8;
    std::memset(out, 0, (count + 7) / 8);
    for (std::size_t i = 0; i < count; ++i) {
        const std::uint8_t* const number = state + i * number_bytes;
        if (std::memcmp(number, initial_.data() + i * number_bytes, number_bytes) != 0) {
            out[i / 8] |= static_cast<std::uint8_t>(1U << i % 8);
            std::memcpy(next, number, number_bytes);
            next += number_bytes;
        }
    }
    return static_cast<std::size_t>(next - out);
}

void Delta::decode_numbers(const std::uint8_t* data, std::uint8_t* state) const {
    const std::size_t count = bytes_ / number_bytes;
    const std::uint8_t* next = data + (count + 7) / 8;
    std::memcpy(state, initial_.data(), initial_.size());
    for (std::size_t i = 0; i < count; ++i) {
        if ((data[i / 8] >> i % 8 & 1) != 0) {
            std::memcpy(state + i * number_bytes, next, number_bytes);
            next += number_bytes;
        }
    }
}

std::size_t Delta::encode(const std::uint8_t* state, std::uint8_t* out) const {
    if (of_numbers_) {
        return encode_numbers(state, out);
    }
    const std::uint8_t* base = initial_.data();
    std::uint8_t* next = out;
    std::size_t last = 0;  // first word after the last one that was written
    for (std::size_t block = 0; block < words_; block += block_words) {
        std::uint64_t difference[block_words];
        for (std::size_t i = 0; i < block_words; ++i) {
            difference[i] = word_at(state, block + i) ^ word_at(base, block + i);
        }
        if ((difference[0] | difference[1] | difference[2] | difference[3]) == 0) {
            continue;
        }
        for (std::size_t i = 0; i < block_words; ++i) {
            if (difference[i] == 0) {
                continue;
            }
            const std::size_t word = block + i;
            std::size_t left_out = word - last;
            for (; left_out >= most_left_out; left_out -= most_left_out) {
                *next++ = most_left_out;
            }
            *next++ = static_cast<std::uint8_t>(left_out);
            next = put_word(state + word * word_bytes, difference[i], next);
            last = word + 1;
        }
    }
    return static_cast<std::size_t>(next - out);
}

void Delta::decode(const std::uint8_t* data, std::size_t length, std::uint8_t* state) const {
    if (of_numbers_ && length != 0) {
        return decode_numbers(data, state);
    }
    std::memcpy(state, initial_.data(), initial_.size());
    const std::uint8_t* const end = data + length;
    std::size_t word = 0;
    while (data != end) {
        while (*data == most_left_out) {
            word += most_left_out;
            ++data;
        }
        word += *data++;
        LMSIM_ASSERT(word < words_);
        std::uint8_t* const bytes = state + word * word_bytes;
        for (unsigned mask = *data++; mask != 0; mask &= mask - 1) {
            bytes[__builtin_ctz(mask)] = *data++;
        }
        ++word;
    }
}

}  // namespace lmsim::explore
