#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace lmsim::sim::trace {

/// Writes Protocol Buffers' wire format at a place that has room for it: "Encoding", protobuf.dev.
/// Nothing is checked and nothing allocated.
class ProtoWriter {
  public:
    explicit ProtoWriter(char* at) : at_(at) {}
    char* at() const { return at_; }

    /// Most that a varint takes, and most that a field of a number takes.
    static constexpr std::size_t varint_bytes = 10;
    static constexpr std::size_t number_bytes = 2 + varint_bytes;
    /// Most that a text or a message takes beside what is in it.
    static constexpr std::size_t frame_bytes = 2 + 4;

    void varint(std::uint64_t value) {
        while (value >= 0x80) {
            *at_++ = static_cast<char>(value | 0x80U);
            value >>= 7U;
        }
        *at_++ = static_cast<char>(value);
    }
    void number(std::uint32_t field, std::uint64_t value) {
        varint(field << 3U);
        varint(value);
    }
    void fixed64(std::uint32_t field, std::uint64_t value) {
        varint(field << 3U | 1U);
        for (unsigned shift = 0; shift < 64; shift += 8) {
            *at_++ = static_cast<char>(value >> shift);
        }
    }
    void real(std::uint32_t field, double value) {
        std::uint64_t bits = 0;
        std::memcpy(&bits, &value, sizeof bits);
        fixed64(field, bits);
    }
    void text(std::uint32_t field, std::string_view value) {
        varint(field << 3U | 2U);
        varint(value.size());
        std::memcpy(at_, value.data(), value.size());
        at_ += value.size();
    }

    /// A message in a field. Its length is not known yet: it gets `Bytes` bytes, which any reader
    /// of varints takes although it could be shorter. Ends with end<Bytes>(begin).
    template <unsigned Bytes>
    char* begin(std::uint32_t field) {
        varint(field << 3U | 2U);
        char* const begin = at_;
        at_ += Bytes;
        return begin;
    }
    template <unsigned Bytes>
    void end(char* begin) const {
        auto length = static_cast<std::uint64_t>(at_ - begin) - Bytes;
        for (unsigned i = 0; i + 1 < Bytes; ++i) {
            begin[i] = static_cast<char>(length | 0x80U);
            length >>= 7U;
        }
        begin[Bytes - 1] = static_cast<char>(length);
    }

  private:
    char* at_;
};

}  // namespace lmsim::sim::trace
