#include "sim/host/media_content.hpp"

#include <algorithm>

namespace lmsim::sim {

std::uint64_t MediaContent::token(std::uint64_t lba) const {
    std::uint64_t one = 0;
    read(lba, 1, &one);
    return one;
}

void MediaContent::read(std::uint64_t lba, std::uint64_t blocks, std::uint64_t* to) const {
    const std::uint64_t end = lba + blocks;
    while (lba < end) {
        const Group* written = find(lba / group);
        const std::uint64_t border = std::min(end, (lba / group + 1) * group);
        for (; lba < border; ++lba, ++to) {
            const std::uint64_t here = written == nullptr ? 0 : (*written)[lba % group];
            *to = here != 0 ? here : first_.test(lba) ? first_token : 0;
        }
    }
}

void MediaContent::put(std::uint64_t lba, std::uint64_t blocks, std::uint64_t token) {
    if (token == first_token) {
        first_.set(lba, blocks);
    } else {
        first_.clear(lba, blocks);
    }
    const std::uint64_t kept = token == first_token ? 0 : token;
    const std::uint64_t end = lba + blocks;
    while (lba < end) {
        const std::uint64_t border = std::min(end, (lba / group + 1) * group);
        if (kept != 0 || find(lba / group) != nullptr) {
            Group& written = written_[lba / group];
            std::fill(written.begin() + static_cast<std::ptrdiff_t>(lba % group),
                      written.begin() + static_cast<std::ptrdiff_t>((border - 1) % group + 1),
                      kept);
        }
        lba = border;
    }
}

void MediaContent::put(std::uint64_t lba, const std::uint64_t* tokens, std::uint64_t blocks) {
    for (std::uint64_t i = 0; i < blocks;) {
        std::uint64_t alike = 1;
        while (i + alike < blocks && tokens[i + alike] == tokens[i]) {
            ++alike;
        }
        put(lba + i, alike, tokens[i]);
        i += alike;
    }
}

bool MediaContent::holds_data(std::uint64_t lba, std::uint64_t blocks) const {
    const std::uint64_t end = lba + blocks;
    if (first_.next_allocated(lba, end) != end) {
        return true;
    }
    for (; lba < end; ++lba) {
        if (token(lba) != 0) {
            return true;
        }
    }
    return false;
}

std::uint64_t MediaContent::differences(const MediaContent& other, std::uint64_t blocks) const {
    std::uint64_t sum = 0;
    const auto compare = [&](std::uint64_t index) {
        for (std::uint64_t lba = index * group; lba < std::min(blocks, (index + 1) * group);
             ++lba) {
            sum += token(lba) == other.token(lba) ? 0 : 1;
        }
    };
    // Groups that either has written are compared block by block; the order is no matter.
    for (const auto& one : written_) {
        compare(one.first);
    }
    for (const auto& one : other.written_) {
        if (find(one.first) == nullptr) {
            compare(one.first);
        }
    }
    for (std::uint64_t at = 0; at < blocks;) {
        const std::uint64_t here = first_.next_allocated(at, blocks);
        const std::uint64_t there = other.first_.next_allocated(at, blocks);
        if (here == there) {
            at = here == blocks ? blocks
                                : std::min(first_.next_free(here, blocks),
                                           other.first_.next_free(here, blocks));
            continue;
        }
        at = std::min(here, there);
        const std::uint64_t border = std::min(
            {blocks, std::max(here, there), (at / group + 1) * group,
             here < there ? first_.next_free(at, blocks) : other.first_.next_free(at, blocks)});
        const bool counted = find(at / group) != nullptr || other.find(at / group) != nullptr;
        sum += counted ? 0 : border - at;
        at = border;
    }
    return sum;
}

}  // namespace lmsim::sim
