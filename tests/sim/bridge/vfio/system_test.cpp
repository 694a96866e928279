#include "sim/bridge/vfio/system.hpp"

#include "tests/catch.hpp"
#include "tests/sim/bridge/vfio/fake_kernel.hpp"

namespace lmsim::sim::vfio_kernel {

namespace {

constexpr const char* bdf = "0000:01:00.0";

std::vector<std::string> uses(const FakeKernel& kernel) {
    return kernel.function(bdf).value().disks.at(0).uses;
}

}  // namespace

TEST_CASE("a PCI address is taken with and without its domain, and in either case") {
    CHECK(pci_address("0000:01:00.0").value() == "0000:01:00.0");
    CHECK(pci_address("01:1f.7").value() == "0000:01:1f.7");
    CHECK(pci_address("10000:AB:00.1").value() == "10000:ab:00.1");
    for (const char* text : {"", "1", "01:00", "01:00.8", "01:20.0", "0000:01:00.0 ", "nvme0",
                             "000:01:00.0", "../../etc"}) {
        INFO(text);
        const auto address = pci_address(text);
        REQUIRE_FALSE(address.ok());
        CHECK(address.error().find("is no PCI address; expected one like 0000:01:00.0") !=
              std::string::npos);
    }
}

TEST_CASE("a function is what sysfs says: ids, driver, group and who else is in it") {
    FakeKernel kernel;
    kernel.add(bdf, "nvme", 7);
    kernel.add("0000:01:00.1", "snd_hda_intel", 7, "0x040300");
    kernel.add("0000:02:00.0", "", 8);
    const PciFunction function = kernel.function(bdf).value();
    CHECK(function.vendor == 0x1b36);
    CHECK(function.device == 0x0010);
    CHECK(function.class_code == nvme_class);
    CHECK(function.driver == "nvme");
    CHECK(function.driver_override.empty());
    CHECK(function.group == "7");
    REQUIRE(function.neighbours.size() == 1);
    CHECK(function.neighbours[0].bdf == "0000:01:00.1");
    CHECK(function.neighbours[0].driver == "snd_hda_intel");
    CHECK(function.neighbours[0].class_code == 0x040300);
    CHECK_FALSE(function.sriov_totalvfs.has_value());
    CHECK(function.disks.empty());
    CHECK(kernel.nvme_functions() == std::vector<std::string>{bdf, "0000:02:00.0"});
    CHECK(kernel.function("0000:02:00.0").value().driver.empty());
    CHECK(kernel.has_iommu());
    CHECK_FALSE(kernel.function("0000:03:00.0").ok());
}

TEST_CASE("a PF knows its VFs and a VF its PF") {
    FakeKernel kernel;
    kernel.add(bdf, "nvme", 7);
    kernel.add_sriov(bdf, 4);
    CHECK(kernel.write("sys/bus/pci/devices/0000:01:00.0/sriov_numvfs", "2") == 0);
    const PciFunction pf = kernel.function(bdf).value();
    CHECK(pf.sriov_totalvfs == 4U);
    CHECK(pf.sriov_numvfs == 2);
    CHECK(pf.vfs == std::vector<std::string>{"0000:01:00.1", "0000:01:00.2"});
    CHECK(kernel.function("0000:01:00.2").value().physfn == bdf);
}

TEST_CASE("a function is open if its group is busy, or if a process has its character device") {
    FakeKernel kernel;
    kernel.add(bdf, "vfio-pci", 7);
    const auto is_open = [&] { return kernel.is_open(kernel.function(bdf).value()); };
    CHECK_FALSE(is_open());
    kernel.open_group(7);
    CHECK(is_open());
    kernel.close_group(7);
    kernel.file("sys/bus/pci/devices/0000:01:00.0/vfio-dev/vfio3/dev", "511:3\n");
    kernel.point("proc/12/fd/4", "/dev/vfio/devices/vfio2");
    CHECK_FALSE(is_open());
    kernel.point("proc/12/fd/5", "/dev/vfio/devices/vfio3");
    CHECK(is_open());
}

TEST_CASE("a disk that nobody uses is idle, by its own name or as a path of another disk") {
    FakeKernel kernel;
    kernel.add(bdf, "nvme", 7);
    const bool path = GENERATE(false, true);
    kernel.add_disk(bdf, "nvme1", path ? "nvme0n2" : "nvme1n2", path ? "nvme0c1n2" : "");
    kernel.file("proc/self/mountinfo", "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n");
    kernel.file("proc/swaps", "Filename Type Size Used Priority\n/dev/sda2 partition 1 0 -2\n");
    const PciFunction function = kernel.function(bdf).value();
    CHECK(function.controller == "nvme1");
    REQUIRE(function.disks.size() == 1);
    CHECK(function.disks[0].name == (path ? "nvme0n2" : "nvme1n2"));
    CHECK(function.disks[0].bytes == 1U << 20);
    CHECK(function.disks[0].uses.empty());
}

TEST_CASE("a disk is in use by what is mounted from it or from its partitions") {
    FakeKernel kernel;
    kernel.add(bdf, "nvme", 7);
    kernel.add_disk(bdf, "nvme0", "nvme0n1");
    kernel.add_partition("nvme0n1", "nvme0n1p2", "259:2");
    kernel.file("proc/self/mountinfo",
                "22 1 259:2 / /my\\040files rw shared:1 master:2 - ext4 /dev/root rw\n"
                "23 1 0:44 /sub /data rw - btrfs /dev/nvme0n1 rw\n");
    CHECK(uses(kernel) == std::vector<std::string>{"nvme0n1 is mounted at /data",
                                                   "nvme0n1p2 is mounted at /my files"});
}

TEST_CASE("a disk is in use by swap space, by what holds it, by btrfs, and by who claims it") {
    FakeKernel kernel;
    kernel.add(bdf, "nvme", 7);
    kernel.add_disk(bdf, "nvme0", "nvme0n1");
    kernel.add_partition("nvme0n1", "nvme0n1p1", "259:1");
    std::string expected;
    SECTION("swap") {
        kernel.file("proc/swaps", "Filename Type\n/dev/nvme0n1p1 partition\n");
        expected = "nvme0n1p1 is swap space";
    }
    SECTION("LVM") {
        kernel.file("sys/class/block/nvme0n1p1/holders/dm-3/x", "");
        kernel.file("sys/class/block/dm-3/dm/name", "vg-home\n");
        expected = "nvme0n1p1 is held by dm-3 (vg-home)";
    }
    SECTION("md") {
        kernel.file("sys/class/block/nvme0n1/holders/md0/x", "");
        expected = "nvme0n1 is held by md0";
    }
    SECTION("btrfs over several disks") {
        kernel.file("sys/fs/btrfs/abcd-1234/devices/nvme0n1/size", "1\n");
        expected = "nvme0n1 is part of the mounted btrfs abcd-1234";
    }
    SECTION("a claim of which nothing else tells") {
        kernel.forbidden["dev/nvme0n1"] = EBUSY;
        expected =
            "nvme0n1 is claimed: by a program, or by a file system that is mounted elsewhere";
    }
    CHECK(uses(kernel) == std::vector<std::string>{expected});
}

}  // namespace lmsim::sim::vfio_kernel
