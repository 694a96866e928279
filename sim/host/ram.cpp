#include "sim/host/ram.hpp"

namespace lmsim::sim {

/// Moves the cursor to the next dirty page, once around; there is one.
bool RamSender::find_next() {
    if (left_ == 0) {
        return false;
    }
    const std::size_t words = dirty_.size();
    std::size_t word = cursor_ / 64;
    std::uint64_t bits = dirty_[word] & (~std::uint64_t{0} << (cursor_ % 64));
    for (std::size_t tried = 0; bits == 0; ++tried) {
        LMSIM_ASSERT(tried <= words);
        word = word + 1 == words ? 0 : word + 1;
        bits = dirty_[word];
    }
    cursor_ = word * 64 + static_cast<std::uint64_t>(__builtin_ctzll(bits));
    return true;
}

/// Pages around the cursor that still have to go need no place in the log.
void RamSender::clear_log() {
    const std::uint64_t chunk = cursor_ / chunk_;
    cleared_[chunk] = true;
    const std::size_t end = std::min<std::size_t>((chunk + 1) * chunk_ / 64, dirty_.size());
    for (std::size_t word = chunk * chunk_ / 64; word < end; ++word) {
        from_.forget_dirty(word, dirty_[word]);
    }
}

/// Most of a large guest is zero pages: sends 64 of them at once. False if there are none here.
bool RamSender::send_zeros() {
    std::uint64_t& word = dirty_[cursor_ / 64];
    if (cursor_ % 64 != 0 || ~word != 0 || from_.has_bytes(cursor_ * page_size, 1) ||
        !from_.are_zero(cursor_)) {
        return false;
    }
    word = 0;
    left_ -= 64;
    to_.receive_zeros(cursor_);
    cursor_ = cursor_ + 64 == from_.pages() ? 0 : cursor_ + 64;
    return true;
}

RamSender::Sent RamSender::send(std::uint64_t pages) {
    Sent sent;
    while (sent.pages() < pages && find_next()) {
        if (chunk_ != 0 && !cleared_[cursor_ / chunk_]) {
            clear_log();
        }
        if (pages - sent.pages() >= 64 && send_zeros()) {
            sent.zero += 64;
            continue;
        }
        dirty_[cursor_ / 64] &= ~(std::uint64_t{1} << (cursor_ % 64));
        --left_;
        if (from_.is_zero(cursor_)) {
            ++sent.zero;
        } else {
            ++sent.normal;
        }
        to_.receive(cursor_, from_);
        cursor_ = cursor_ + 1 == from_.pages() ? 0 : cursor_ + 1;
    }
    return sent;
}

}  // namespace lmsim::sim
