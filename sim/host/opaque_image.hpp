#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "sim/core/event_queue.hpp"
#include "sim/core/units.hpp"

namespace lmsim::sim {

/// A stretch of an opaque device's state, as it goes from one host to the other. The bytes
/// themselves say nothing here: this stands for them, and tells a gap, another order and other
/// bytes.
struct OpaqueBlock {
    std::uint64_t position = 0;  // of its first byte, since the session began
    std::uint64_t length = 0;    // bytes
    std::uint64_t token = 0;     // its content
    std::uint64_t records = 0;   // saved at once each, that end in it
    std::uint64_t tail = 0;      // bytes behind the last such end
    std::uint64_t last = 0;      // 1: the state ends with it

    static constexpr std::size_t bytes = 48;
    std::vector<std::uint8_t> encode() const;
    /// From OpaqueBlock::bytes bytes.
    static OpaqueBlock decode(const std::uint8_t* from);
};

/// What the driver of an opaque device holds of a saving session: images that the device saves
/// chunk by chunk, ahead of the reader as far as there are buffers.
class OpaqueImage {
  public:
    /// `chunk` 0: an image is saved whole. `content` tells this device's bytes from others'.
    void begin(std::uint64_t chunk, std::uint32_t ahead, std::uint64_t content);
    /// The device is to save so many bytes more; the last image of the state ends it.
    void add(std::uint64_t bytes, bool last);

    /// Bytes of the chunk that may be saved now; 0: there is none, or no buffer for it.
    std::uint64_t next_chunk() const;
    void saving();
    void saved();
    bool is_saving() const { return saving_ != 0; }

    std::uint64_t available() const { return available_; }
    /// Bytes up to the end of the chunk at the reader's place.
    std::uint64_t record_left() const { return records_.empty() ? 0 : records_.front(); }
    /// More will come without another image.
    bool producing() const { return saving_ != 0 || !images_.empty(); }
    /// Bytes that are not read yet, saved or not.
    std::uint64_t left() const { return added_ - position_; }
    std::uint64_t position() const { return position_; }
    /// Takes so many of the available bytes.
    OpaqueBlock take(std::uint64_t length);
    /// Of all that was taken.
    std::uint64_t hash() const { return hash_; }

  private:
    std::uint64_t chunk_ = 0;
    std::uint32_t ahead_ = 2;
    std::uint64_t content_ = 0;
    std::deque<std::uint64_t> images_;   // bytes that are not saved yet
    std::deque<std::uint64_t> records_;  // saved and not read: bytes left of each
    std::uint64_t saving_ = 0;           // bytes of the chunk that is being saved
    std::uint64_t available_ = 0;
    std::uint64_t added_ = 0;
    std::uint64_t position_ = 0;
    std::uint64_t hash_ = 0;
    bool last_ = false;
};

/// The same on the other side: what has come, and what of it the device has to load now.
class OpaqueLoad {
  public:
    /// Takes a block; false if it is not the next one.
    bool take(const OpaqueBlock& block);
    /// Bytes of records that are whole and not loaded.
    std::uint64_t whole_bytes() const { return whole_; }
    std::uint64_t whole_records() const { return records_; }
    void loaded() { whole_ = records_ = 0; }
    /// The state has come to its end.
    bool complete() const { return complete_; }
    bool empty() const { return position_ == 0; }
    std::uint64_t position() const { return position_; }
    std::uint64_t hash() const { return hash_; }

  private:
    std::uint64_t position_ = 0;
    std::uint64_t tail_ = 0;
    std::uint64_t whole_ = 0;
    std::uint64_t records_ = 0;
    std::uint64_t hash_ = 0;
    bool complete_ = false;
};

}  // namespace lmsim::sim
