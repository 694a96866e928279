#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace lmsim::explore {

/// Writes states as their difference to the initial one: for each word of 8 bytes that differs how
/// many words are left out before it, a mask of its bytes, and those bytes. States under way
/// differ from the initial one in few places; whole, the frontier would be the larger part. Of
/// states made of numbers a bit for each, and those that differ.
class Delta {
  public:
    explicit Delta(std::vector<std::uint8_t> initial, bool of_numbers = false);

    std::size_t state_bytes() const { return bytes_; }
    /// Room for a state, with the padding that encode() and decode() touch.
    std::size_t padded_bytes() const { return initial_.size(); }
    /// The most that encode() writes.
    std::size_t most_encoded() const { return words_ * 10 + words_ / 255 + 2; }

    /// `state` has padded_bytes(), `out` most_encoded(). Returns the length that was written.
    std::size_t encode(const std::uint8_t* state, std::uint8_t* out) const;
    /// Into `state` of padded_bytes().
    void decode(const std::uint8_t* data, std::size_t length, std::uint8_t* state) const;

  private:
    std::size_t encode_numbers(const std::uint8_t* state, std::uint8_t* out) const;
    void decode_numbers(const std::uint8_t* data, std::uint8_t* state) const;

    std::vector<std::uint8_t> initial_;  // padded with zeros
    bool of_numbers_;
    std::size_t bytes_;
    std::size_t words_;
};

}  // namespace lmsim::explore
