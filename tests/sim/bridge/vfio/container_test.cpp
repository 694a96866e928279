#include "sim/bridge/vfio/container.hpp"

#include <unistd.h>

#include "tests/catch.hpp"

/// What VFIO does is tested in a guest of the lab (tests/lab/viommu); here, what is said without
/// it.
namespace lmsim::sim::vfio {

TEST_CASE("a machine without VFIO, or a function that is not there, is told in words") {
    const auto container = Container::open();
    if (::access("/dev/vfio/vfio", R_OK | W_OK) != 0) {
        REQUIRE_FALSE(container.ok());
        CHECK(container.error().find("/dev/vfio/vfio: ") == 0);
        CHECK(container.error().find("modprobe vfio-pci") != std::string::npos);
    } else if (container.ok()) {
        auto opened = Container::open();
        const auto device = opened.value()->open_device("ffff:ff:1f.7");
        REQUIRE_FALSE(device.ok());
        CHECK(device.error().find("ffff:ff:1f.7: no such PCI function") == 0);
    }
}

}  // namespace lmsim::sim::vfio
