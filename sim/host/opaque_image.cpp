#include "sim/host/opaque_image.hpp"

#include <algorithm>
#include <cstring>

#include "model/assert.hpp"
#include "sim/core/kernel.hpp"

namespace lmsim::sim {

namespace {

std::uint64_t mixed(std::uint64_t hash, const OpaqueBlock& block) {
    hash = Kernel::mix(hash ^ block.token);
    return Kernel::mix(hash ^ (block.position + block.length));
}

}  // namespace

std::vector<std::uint8_t> OpaqueBlock::encode() const {
    const std::uint64_t words[] = {position, length, token, records, tail, last};
    static_assert(sizeof(words) == bytes);
    std::vector<std::uint8_t> encoded(bytes);
    std::memcpy(encoded.data(), words, bytes);
    return encoded;
}

OpaqueBlock OpaqueBlock::decode(const std::uint8_t* from) {
    std::uint64_t words[bytes / 8];
    std::memcpy(words, from, bytes);
    return {words[0], words[1], words[2], words[3], words[4], words[5]};
}

// --- Saving -------------------------------------------------------------------------------------

void OpaqueImage::begin(std::uint64_t chunk, std::uint32_t ahead, std::uint64_t content) {
    *this = {};
    chunk_ = chunk;
    ahead_ = ahead;
    content_ = content;
}

void OpaqueImage::add(std::uint64_t bytes, bool last) {
    if (bytes != 0) {
        images_.push_back(bytes);
    }
    added_ += bytes;
    last_ = last_ || last;
}

std::uint64_t OpaqueImage::next_chunk() const {
    if (saving_ != 0 || images_.empty()) {
        return 0;
    }
    if (chunk_ == 0) {
        return images_.front();
    }
    return records_.size() < ahead_ ? std::min(chunk_, images_.front()) : 0;
}

void OpaqueImage::saving() {
    saving_ = next_chunk();
    LMSIM_ASSERT(saving_ != 0);
    images_.front() -= saving_;
    if (images_.front() == 0) {
        images_.pop_front();
    }
}

void OpaqueImage::saved() {
    records_.push_back(saving_);
    available_ += saving_;
    saving_ = 0;
}

OpaqueBlock OpaqueImage::take(std::uint64_t length) {
    LMSIM_ASSERT(length != 0 && length <= available_);
    OpaqueBlock block;
    block.position = position_;
    block.length = length;
    block.token = Kernel::mix(content_ ^ Kernel::mix(position_));
    available_ -= length;
    position_ += length;
    block.tail = length;
    while (!records_.empty() && block.tail >= records_.front()) {
        block.tail -= records_.front();
        records_.pop_front();
        ++block.records;
    }
    if (block.tail != 0) {
        records_.front() -= block.tail;
    }
    block.last = last_ && left() == 0 ? 1 : 0;
    hash_ = mixed(hash_, block);
    return block;
}

// --- Loading ------------------------------------------------------------------------------------

bool OpaqueLoad::take(const OpaqueBlock& block) {
    if (block.position != position_ || block.length == 0 || block.tail > block.length ||
        complete_) {
        return false;
    }
    position_ += block.length;
    tail_ += block.length;
    if (block.records != 0) {
        whole_ += tail_ - block.tail;
        records_ += block.records;
        tail_ = block.tail;
    }
    complete_ = block.last != 0;
    hash_ = mixed(hash_, block);
    return true;
}

}  // namespace lmsim::sim
