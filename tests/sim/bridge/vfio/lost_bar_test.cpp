#include "sim/bridge/vfio/lost_bar.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>

#include "tests/catch.hpp"

namespace lmsim::sim::vfio_kernel {

TEST_CASE("a BAR that is taken away while it is mapped reads as ones") {
    // A file that is cut off under its mapping: its pages end with SIGBUS, as those of a BAR.
    const int file = ::memfd_create("bar", 0);
    REQUIRE(::ftruncate(file, 8192) == 0);
    void* const bar = ::mmap(nullptr, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    REQUIRE(bar != MAP_FAILED);
    survive_lost_bar(bar, 8192);
    volatile std::uint32_t* const at = static_cast<std::uint32_t*>(bar);
    CHECK(at[0] == 0);
    REQUIRE(::ftruncate(file, 0) == 0);
    CHECK(at[1024] == 0xffff'ffff);
    at[2] = 5;
    CHECK(at[3] == 0xffff'ffff);
    forget_bar(bar);
    ::munmap(bar, 8192);
    ::close(file);
}

}  // namespace lmsim::sim::vfio_kernel
