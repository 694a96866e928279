#include "sim/core/huge_pages.hpp"

#include <sys/mman.h>

namespace lmsim::sim {

void prefer_huge_pages(void* memory, std::size_t bytes) {
    const auto begin = reinterpret_cast<std::uintptr_t>(memory);
    const std::uintptr_t first = (begin + huge_page - 1) / huge_page * huge_page;
    const std::uintptr_t end = (begin + bytes) / huge_page * huge_page;
    if (first < end) {
        // Whether there are any is the kernel's business: it is as right without.
        ::madvise(reinterpret_cast<void*>(first), end - first, MADV_HUGEPAGE);
    }
}

}  // namespace lmsim::sim
