#pragma once

#include <cstddef>
#include <cstdint>

namespace lmsim::sim {

constexpr std::uintptr_t huge_page = std::uintptr_t{2} << 20;  // bytes: of x86, and of most others

/// Of memory that was not touched yet: what lies in it on whole pages of 2 MiB gets such pages
/// where the kernel has some. Many megabytes that are used a line here and a line there, as
/// hundreds of controllers are, take more small pages than a processor keeps in mind.
void prefer_huge_pages(void* memory, std::size_t bytes);

}  // namespace lmsim::sim
