#include "model/nvme/lba_map.hpp"

#include <algorithm>

namespace lmsim::nvme {

namespace {

// The bits of a word that lie in [first, first + count), which begins before the word's end.
std::uint64_t mask(std::uint32_t word, std::uint32_t first, std::uint32_t end) {
    const std::uint32_t from = std::max(first, word * 64);
    const std::uint32_t to = std::min(end, word * 64 + 64);
    const std::uint32_t width = to - from;
    const std::uint64_t ones = width == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << width) - 1;
    return ones << (from % 64);
}

}  // namespace

void LbaMap::clear() {
    stretches_.clear();
    count_ = 0;
}

void LbaMap::change(std::uint64_t slba, std::uint64_t blocks, bool to) {
    const std::uint64_t end = slba + blocks;
    const std::uint64_t needed = (end + stretch - 1) / stretch;
    if (to && stretches_.size() < needed) {
        stretches_.resize(needed);
    }
    const std::uint64_t last = std::min(end, stretches_.size() * stretch);
    while (slba < last) {
        const std::uint64_t border = (slba / stretch + 1) * stretch;
        const std::uint64_t upto = std::min(last, border);
        change_within(stretches_[slba / stretch], static_cast<std::uint32_t>(slba % stretch),
                      static_cast<std::uint32_t>(upto - slba), to);
        slba = upto;
    }
}

void LbaMap::change_within(Stretch& at, std::uint32_t first, std::uint32_t count, bool to) {
    const std::uint32_t before = at.allocated;
    if (before == (to ? stretch : 0)) {
        return;  // all of it is as it shall be
    }
    if (count == stretch) {
        at.allocated = to ? count : 0;
    } else {
        if (at.bits.empty()) {
            at.bits.assign(stretch / 64, before == 0 ? 0 : ~std::uint64_t{0});
        }
        for (std::uint32_t word = first / 64; word * 64 < first + count; ++word) {
            const std::uint64_t bits = mask(word, first, first + count);
            const auto had = static_cast<std::uint32_t>(__builtin_popcountll(at.bits[word] & bits));
            at.bits[word] = to ? at.bits[word] | bits : at.bits[word] & ~bits;
            at.allocated += to ? static_cast<std::uint32_t>(__builtin_popcountll(bits)) : 0;
            at.allocated -= had;
        }
    }
    if (at.allocated == 0 || at.allocated == stretch) {
        at.bits = {};
    }
    count_ = count_ - before + at.allocated;
}

bool LbaMap::test(std::uint64_t lba) const { return next_allocated(lba, lba + 1) == lba; }

std::uint64_t LbaMap::next(std::uint64_t from, std::uint64_t end, bool wanted) const {
    while (from < end) {
        const std::uint64_t index = from / stretch;
        if (index >= stretches_.size()) {
            return wanted ? end : from;
        }
        const Stretch& at = stretches_[index];
        const std::uint64_t border = (index + 1) * stretch;
        if (at.bits.empty()) {
            if ((at.allocated != 0) == wanted) {
                return from;
            }
            from = border;
            continue;
        }
        const std::uint64_t word = at.bits[from % stretch / 64];
        const std::uint64_t left = (wanted ? word : ~word) >> (from % 64);
        if (left != 0) {
            return std::min(end, from + static_cast<std::uint64_t>(__builtin_ctzll(left)));
        }
        from = (from / 64 + 1) * 64;
    }
    return end;
}

std::uint64_t LbaMap::next_allocated(std::uint64_t from, std::uint64_t end) const {
    return next(from, end, true);
}

std::uint64_t LbaMap::next_free(std::uint64_t from, std::uint64_t end) const {
    return next(from, end, false);
}

}  // namespace lmsim::nvme
