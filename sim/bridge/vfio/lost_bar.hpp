#pragma once

#include <cstddef>

namespace lmsim::sim::vfio_kernel {

/// When a mapped BAR is taken away (the function is removed, or its memory decoding is off), the
/// kernel sends SIGBUS to whoever touches it. From now on the BAR reads as ones instead, as on a
/// bus, and what is written reaches nobody, though it is read again. That page of it stays so, even
/// if the function comes back.
void survive_lost_bar(void* bar, std::size_t size);
/// Before it is unmapped.
void forget_bar(void* bar);

}  // namespace lmsim::sim::vfio_kernel
