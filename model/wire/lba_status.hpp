#pragma once

#include <cstddef>
#include <cstdint>

#include "model/spec/rules.hpp"
#include "model/wire/result.hpp"
#include "model/wire/sqe.hpp"

namespace lmsim::wire {

/// Get LBA Status (NVM Command Set 1.2, 4.2.1).
struct GetLbaStatus {
    std::uint32_t nsid = 0;
    std::uint64_t slba = 0;
    std::uint64_t dwords = 0;  // at most to be returned, 1 to 2^32; 0's based on the wire
    std::uint16_t rl = 0;      // blocks; 0 = to the end of the namespace
    bool allocated = true;     // ATYPE 02h: report allocated LBAs; other actions are not known
};
Sqe encode(const GetLbaStatus& command, const spec::Rules& rules);
GetLbaStatus decode_get_lba_status(const Sqe& sqe, const spec::Rules& rules);

/// A range of allocated blocks.
struct LbaRange {
    std::uint64_t slba = 0;
    std::uint32_t blocks = 0;  // a plain count
};

/// Writes an LBA Status Descriptor List into `size` bytes, which it clears.
class LbaStatusWriter {
  public:
    LbaStatusWriter(std::uint8_t* to, std::size_t size, const spec::Rules& rules);
    /// False when the list is full.
    bool add(const LbaRange& range);
    /// CMPC: does the list cover the whole range that was asked for?
    void end(bool whole);

  private:
    std::uint8_t* to_;
    std::size_t size_;
    const spec::Rules& rules_;
    std::size_t count_ = 0;
};

/// An LBA Status Descriptor List in the caller's bytes.
class LbaStatusView {
  public:
    LbaStatusView() = default;
    /// Faults: Truncated.
    static Result<LbaStatusView> parse(const std::uint8_t* data, std::size_t size,
                                       const spec::Rules& rules);
    std::size_t count() const { return count_; }
    bool whole() const { return whole_; }
    LbaRange operator[](std::size_t i) const;

  private:
    const std::uint8_t* data_ = nullptr;
    const spec::Rules* rules_ = nullptr;
    std::size_t count_ = 0;
    bool whole_ = false;
};

}  // namespace lmsim::wire
