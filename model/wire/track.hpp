#pragma once

#include <cstddef>
#include <cstdint>

#include "model/spec/rules.hpp"
#include "model/wire/result.hpp"
#include "model/wire/sqe.hpp"

/// Track Send (NVMe Base 2.3, 5.2.28) as far as it tracks memory, and Track Receive (5.2.27).
/// Granularities are the n of granules of 2^n * 4 KiB.
namespace lmsim::wire {

/// Bytes of a granule; 0 for an n that 64 bits cannot say.
constexpr std::uint64_t granule_bytes(std::uint32_t n) {
    return n < 52 ? std::uint64_t{4096} << n : 0;
}

/// The management operations of Track Send (figure 492).
enum class TrackOperation : std::uint8_t { LogUserDataChanges, TrackMemoryChanges, Reserved };

TrackOperation track_operation(const Sqe& sqe, const spec::Rules& rules);

/// Track Send, Track Memory Changes (5.2.28.1.2).
struct TrackMemory {
    bool start = false;  // TACT
    std::uint16_t cntlid = 0;
};
bool operator==(const TrackMemory& a, const TrackMemory& b);

/// Track Receive, of which Tracked Memory Changes (5.2.27.1.1) is the only operation.
struct TrackReceive {
    bool memory_changes = true;  // false: SEL is reserved
    std::uint8_t sel = 0;        // as on the wire
    std::uint16_t cntlid = 0;
    std::uint64_t dwords = 1;  // length, at least 1; on the wire as NUMDL's rule says
};
bool operator==(const TrackReceive& a, const TrackReceive& b);

/// An entry with opcode and command dwords; CID and PRPs are the caller's.
Sqe encode(const TrackMemory& command, const spec::Rules& rules);
Sqe encode(const TrackReceive& command, const spec::Rules& rules);

/// Any entry decodes; what it asks for may still be refused.
TrackMemory decode_track_memory(const Sqe& sqe, const spec::Rules& rules);
TrackReceive decode_track_receive(const Sqe& sqe, const spec::Rules& rules);

/// What a controller could track instead: DW0 and DW1 of a completion with Not Enough Resources
/// (figures 499 and 500).
struct TrackHints {
    std::uint16_t mrtg = 0;   // granularity; what it counts is open, see the rules
    std::uint32_t nmrtd = 0;  // descriptors
};
bool operator==(const TrackHints& a, const TrackHints& b);

/// The same as the completion has them.
struct TrackHintWords {
    std::uint32_t dw0 = 0;
    std::uint32_t dw1 = 0;
};
TrackHintWords encode(const TrackHints& hints, const spec::Rules& rules);
TrackHints decode_track_hints(const TrackHintWords& words, const spec::Rules& rules);

/// Memory from an address on; of a report, `granules` of it were written.
struct MemoryRange {
    std::uint64_t address = 0;
    std::uint32_t granules = 0;
};
bool operator==(const MemoryRange& a, const MemoryRange& b);

/// Bytes of a Track Memory Changes structure of so many descriptors.
std::uint64_t track_memory_size(std::uint64_t descriptors, const spec::Rules& rules);

/// Writes a Track Memory Changes structure (figure 497), track_memory_size() bytes.
void encode_track_memory(std::uint8_t granularity, const MemoryRange* ranges, std::uint32_t count,
                         std::uint8_t* to, const spec::Rules& rules);

/// A Track Memory Changes structure in the caller's bytes, which must outlive it, as must the
/// rules. Its values are as they stand: whether a controller takes them is its own affair.
class TrackMemoryView {
  public:
    TrackMemoryView() = default;
    /// Only the header has to be there. Faults: Truncated.
    static Result<TrackMemoryView> parse_header(const std::uint8_t* data, std::size_t size,
                                                const spec::Rules& rules);
    /// Faults: Truncated.
    static Result<TrackMemoryView> parse(const std::uint8_t* data, std::size_t size,
                                         const spec::Rules& rules);
    /// What a reader finds wrong in itself: BadVersion, OutOfRange (RNMRTD = 0, a granularity
    /// beyond 64 bits, a range beyond them), Unaligned, Reserved. No error: nothing.
    Fault check() const;

    std::uint8_t version() const { return version_; }
    std::uint8_t granularity() const { return granularity_; }
    std::uint64_t count() const { return count_; }  // RNMRTD
    MemoryRange operator[](std::uint64_t i) const;

  private:
    const std::uint8_t* data_ = nullptr;
    const spec::Rules* rules_ = nullptr;
    std::uint64_t count_ = 0;
    std::uint8_t version_ = 0;
    std::uint8_t granularity_ = 0;
};

/// The header of a Tracked Memory Changes structure (figure 489), without its count.
struct TrackedHeader {
    bool more = false;       // MTR
    bool suspended = false;  // SUSP
    std::uint16_t cntlid = 0;
    std::uint16_t granularity = 0;  // RPMRG
};
bool operator==(const TrackedHeader& a, const TrackedHeader& b);

/// Writes a Tracked Memory Changes structure, descriptor by descriptor, into a buffer of any size.
/// A buffer that is too short for the header gets the beginning of it.
class TrackedMemoryWriter {
  public:
    TrackedMemoryWriter(std::uint8_t* to, std::uint64_t size, const spec::Rules& rules);
    /// Descriptors that fit.
    std::uint64_t room() const { return room_; }
    std::uint64_t count() const { return count_; }
    /// There must be room.
    void add(const MemoryRange& range);
    /// The header; last, for it holds the count.
    void finish(const TrackedHeader& header);

  private:
    std::uint8_t* to_;
    std::uint64_t size_;
    const spec::Rules& rules_;
    std::uint64_t room_ = 0;
    std::uint64_t count_ = 0;
};

/// A Tracked Memory Changes structure in the caller's bytes, which must outlive it, as must the
/// rules. What follows the last descriptor is undefined and not looked at.
class TrackedMemoryView {
  public:
    TrackedMemoryView() = default;
    /// Faults: Truncated, BadVersion, OutOfRange (NTMCD = 0 with MTR = 1; a granularity beyond 64
    /// bits; a range that is empty or beyond them), Unaligned, Reserved.
    static Result<TrackedMemoryView> parse(const std::uint8_t* data, std::size_t size,
                                           const spec::Rules& rules);
    const TrackedHeader& header() const { return header_; }
    std::uint64_t count() const { return count_; }  // NTMCD
    MemoryRange operator[](std::uint64_t i) const;

  private:
    const std::uint8_t* data_ = nullptr;
    const spec::Rules* rules_ = nullptr;
    TrackedHeader header_;
    std::uint64_t count_ = 0;
};

}  // namespace lmsim::wire
