#include "model/check/block_ranges.hpp"

#include <algorithm>

namespace lmsim::check {

void BlockRanges::add(std::uint64_t first, std::uint64_t count) {
    Range wide{first, first + std::min(count, ~first)};
    // All ranges that touch it become part of it.
    const auto begin =
        std::lower_bound(ranges_.begin(), ranges_.end(), wide.first,
                         [](const Range& r, std::uint64_t at) { return r.end < at; });
    auto end = begin;
    for (; end != ranges_.end() && end->first <= wide.end; ++end) {
        wide.first = std::min(wide.first, end->first);
        wide.end = std::max(wide.end, end->end);
    }
    if (wide.first == wide.end) {
        return;
    }
    if (begin == end) {
        ranges_.insert(begin, wide);
    } else {
        *begin = wide;
        ranges_.erase(begin + 1, end);
    }
}

void BlockRanges::remove(std::uint64_t first, std::uint64_t count) {
    const std::uint64_t last = first + std::min(count, ~first);
    const auto begin =
        std::lower_bound(ranges_.begin(), ranges_.end(), first,
                         [](const Range& r, std::uint64_t at) { return r.end <= at; });
    auto end = begin;
    while (end != ranges_.end() && end->first < last) {
        ++end;
    }
    if (begin == end) {
        return;
    }
    const Range before{begin->first, std::max(begin->first, first)};
    const Range after{std::min((end - 1)->end, last), (end - 1)->end};
    auto at = ranges_.erase(begin, end);
    if (after.first < after.end) {
        at = ranges_.insert(at, after);
    }
    if (before.first < before.end) {
        ranges_.insert(at, before);
    }
}

}  // namespace lmsim::check
