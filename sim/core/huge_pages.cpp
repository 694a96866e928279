#include "sim/core/huge_pages.hpp"

#include <sys/mman.h>

#include <cstdint>

namespace lmsim::sim {

void prefer_huge_pages(void* memory, std::size_t bytes) {
    constexpr std::uintptr_t huge = std::uintptr_t{2} << 20;
    const auto begin = reinterpret_cast<std::uintptr_t>(memory);
    const std::uintptr_t first = (begin + huge - 1) / huge * huge;
    const std::uintptr_t end = (begin + bytes) / huge * huge;
    if (first < end) {
        // Whether there are any is the kernel's business: it is as right without.
        ::madvise(reinterpret_cast<void*>(first), end - first, MADV_HUGEPAGE);
    }
}

}  // namespace lmsim::sim
