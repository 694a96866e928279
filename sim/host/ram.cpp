#include "sim/host/ram.hpp"

#include "sim/host/page_bits.hpp"

namespace lmsim::sim {

/// Moves the cursor to the next dirty page, once around; there is one.
bool RamSender::find_next() {
    if (left_ == 0) {
        return false;
    }
    std::size_t word = cursor_ / 64;
    std::uint64_t bits = dirty_[word] & (~std::uint64_t{0} << (cursor_ % 64));
    if (bits == 0) {
        word = first_with_pages(dirty_, word + 1);
        word = word == dirty_.size() ? first_with_pages(dirty_, 0) : word;
        LMSIM_ASSERT(word != dirty_.size());
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

/// At most so many pages, from the cursor on, of the 64 of its word.
void RamSender::send_word(std::uint64_t most, Sent& sent) {
    const std::uint64_t word = cursor_ / 64;
    std::uint64_t bits = dirty_[word] & (~std::uint64_t{0} << (cursor_ % 64));
    std::uint64_t count = ~bits == 0 ? 64 : static_cast<std::uint64_t>(__builtin_popcountll(bits));
    for (; count > most; --count) {
        bits &= ~(std::uint64_t{1} << (63U - static_cast<unsigned>(__builtin_clzll(bits))));
    }
    dirty_[word] &= ~bits;
    left_ -= count;
    const std::uint64_t zeros = from_.give(word, bits, to_);
    sent.zero += zeros;
    sent.normal += count - zeros;
    cursor_ = word * 64 + 64U - static_cast<unsigned>(__builtin_clzll(bits));
    cursor_ = cursor_ == from_.pages() ? 0 : cursor_;
}

RamSender::Sent RamSender::send(std::uint64_t pages) {
    Sent sent;
    while (sent.pages() < pages && find_next()) {
        if (chunk_ != 0 && !cleared_[cursor_ / chunk_]) {
            clear_log();
        }
        send_word(pages - sent.pages(), sent);
    }
    return sent;
}

}  // namespace lmsim::sim
