#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace lmsim::sim {

/// The first word from this one on, of a log with a bit for each page, that has a page in it; the
/// end if none has. Most of a guest is clean: eight words are looked at together.
inline std::size_t first_with_pages(const std::vector<std::uint64_t>& log, std::size_t from) {
    const std::uint64_t* const words = log.data();
    const std::size_t end = log.size();
    for (; from + 8 <= end; from += 8) {
        const std::uint64_t* const w = words + from;
        if (((w[0] | w[1]) | (w[2] | w[3]) | (w[4] | w[5]) | (w[6] | w[7])) != 0) break;
    }
    while (from < end && words[from] == 0) ++from;
    return from;
}

}  // namespace lmsim::sim
