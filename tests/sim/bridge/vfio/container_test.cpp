#include "sim/bridge/vfio/container.hpp"

#include <unistd.h>

#include <cerrno>

#include "sim/bridge/vfio/migratable.hpp"
#include "tests/catch.hpp"

/// What VFIO does is tested in guests of the lab (tests/lab/closed-loop, mtty and iommufd); here,
/// what is said without it.
namespace lmsim::sim::vfio_kernel {

TEST_CASE("a machine without VFIO, or a function that is not there, is told in words") {
    const auto container = Container::open(Access::Group);
    if (::access("/dev/vfio/vfio", R_OK | W_OK) != 0) {
        REQUIRE_FALSE(container.ok());
        CHECK(container.error().find("/dev/vfio/vfio: ") == 0);
        CHECK(container.error().find("modprobe vfio-pci") != std::string::npos);
    } else if (container.ok()) {
        auto opened = Container::open(Access::Group);
        CHECK(opened.value()->access() == Access::Group);
        const auto device = opened.value()->open_device("ffff:ff:1f.7");
        REQUIRE_FALSE(device.ok());
        CHECK(device.error().find("ffff:ff:1f.7: no such PCI function") == 0);
    }
}

TEST_CASE("a machine without iommufd is told in words") {
    const auto container = Container::open(Access::Cdev);
    if (::access("/dev/iommu", R_OK | W_OK) != 0) {
        REQUIRE_FALSE(container.ok());
        CHECK(container.error().find("/dev/iommu: ") == 0);
        CHECK(container.error().find("CONFIG_VFIO_DEVICE_CDEV") != std::string::npos);
    } else if (container.ok()) {
        auto opened = Container::open(Access::Cdev);
        CHECK(opened.value()->access() == Access::Cdev);
        const auto device = opened.value()->open_device("ffff:ff:1f.7");
        REQUIRE_FALSE(device.ok());
        CHECK(device.error().find("ffff:ff:1f.7: no such PCI function") == 0);
    }
}

namespace {

/// Maps pieces up to an address, and from there on fails.
class Full : public Container {
  public:
    Full(std::uint64_t end, int error) : end_(end), error_(error) {}
    Result<Fd> open_device(const std::string&, const std::string&) override { return Fd(); }
    Result<std::uint64_t> unmap(std::uint64_t address, std::uint64_t size) override {
        unmapped = std::to_string(address) + "+" + std::to_string(size);
        errno = 0;
        return size;
    }
    Access access() const override { return Access::Group; }
    std::string unmapped;

  protected:
    bool map_piece(std::uint64_t address, std::uint8_t*, std::uint64_t size) override {
        errno = error_;
        return address + size <= end_;
    }

  private:
    std::uint64_t end_;
    int error_;
};

}  // namespace

TEST_CASE("memory that cannot be mapped is told with what helps, and no part of it stays mapped") {
    std::uint8_t bytes[4 * 4096];
    Full enough(sizeof bytes, 0);
    CHECK(enough.map(0, bytes, sizeof bytes, 4096).empty());
    Full locked(8192, ENOMEM);
    CHECK(locked.map(0, bytes, sizeof bytes, 4096) ==
          "VFIO cannot map 4096 bytes of memory at 0x2000: Cannot allocate memory; RLIMIT_MEMLOCK "
          "bounds what stays in memory for devices: ulimit -l unlimited, or root");
    CHECK(locked.unmapped == "0+8192");
    Full reserved(0, EINVAL);
    CHECK(reserved.map(4096, bytes, 8192) ==
          "VFIO cannot map 8192 bytes of memory at 0x1000: Invalid argument; the IOMMU may not "
          "reach so far, or have reserved a part (/sys/kernel/iommu_groups/*/reserved_regions)");
}

TEST_CASE("a mediated device is named by its UUID") {
    CHECK(is_uuid("83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"));
    CHECK_FALSE(is_uuid("83b8f4f2-509f-382f-3c1e-e6bfe0fa100"));
    CHECK_FALSE(is_uuid("83b8f4f2-509f-382f-3c1e-e6bfe0fa10012"));
    CHECK_FALSE(is_uuid("83b8f4f2x509f-382f-3c1e-e6bfe0fa1001"));
    CHECK_FALSE(is_uuid("g3b8f4f2-509f-382f-3c1e-e6bfe0fa1001"));
    CHECK_FALSE(is_uuid("0000:01:00.0"));
    const std::array<std::uint8_t, 16> bytes = uuid_bytes("83b8f4f2-509F-382f-3c1e-e6bfe0fa1001");
    CHECK(bytes == std::array<std::uint8_t, 16>{0x83, 0xb8, 0xf4, 0xf2, 0x50, 0x9f, 0x38, 0x2f,
                                                0x3c, 0x1e, 0xe6, 0xbf, 0xe0, 0xfa, 0x10, 0x01});
    CHECK(Migratable::is_named("mdev:83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"));
    CHECK(Migratable::is_named("vfio:0000:01:00.0"));
    CHECK_FALSE(Migratable::is_named("0000:01:00.0"));
    CHECK_FALSE(Migratable::is_named("vfio-user:/tmp/socket"));
    CHECK(sysfs_folder("0000:01:00.0") == "/sys/bus/pci/devices/0000:01:00.0");
    CHECK(sysfs_folder("83b8f4f2-509f-382f-3c1e-e6bfe0fa1001") ==
          "/sys/bus/mdev/devices/83b8f4f2-509f-382f-3c1e-e6bfe0fa1001");
}

TEST_CASE("a mediated device that is not there, or is named otherwise, is told in words") {
    const auto absent = Migratable::open({"mdev:83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"}, {});
    REQUIRE_FALSE(absent.ok());
    CHECK(absent.error().find("no such mediated device in /sys/bus/mdev/devices") !=
          std::string::npos);
    for (const char* name : {"mdev:", "mdev:17", "0000:01:00.0"}) {
        const auto other = Migratable::open({name}, {});
        REQUIRE_FALSE(other.ok());
        CHECK(other.error().find("expected mdev:UUID") != std::string::npos);
    }
}

}  // namespace lmsim::sim::vfio_kernel
