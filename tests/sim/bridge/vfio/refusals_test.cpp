#include <memory>

#include "sim/bridge/vfio/borrow.hpp"
#include "tests/catch.hpp"
#include "tests/sim/bridge/vfio/fake_kernel.hpp"

/// Each thing for which a function is not taken has a message of its own, and then nothing has been
/// changed.
namespace lmsim::sim::vfio_kernel {

namespace {

constexpr const char* bdf = "0000:01:00.0";

/// A machine on which the function can be had.
std::shared_ptr<FakeKernel> good() {
    auto kernel = std::make_shared<FakeKernel>();
    kernel->add(bdf, "nvme", 7);
    kernel->add_disk(bdf, "nvme0", "nvme0n1");
    kernel->add("0000:00:01.0", "pcieport", 7, "0x060400");
    return kernel;
}

Wanted wanted(unsigned sriov = 0, const std::string& name = bdf) {
    Wanted wanted;
    wanted.bdfs = {name};
    wanted.sriov = sriov;
    return wanted;
}

/// The only reason, and that nothing was written.
std::string refused(const std::shared_ptr<FakeKernel>& kernel, const Wanted& wanted) {
    const auto loan = Loan::take(kernel, wanted);
    CHECK(kernel->log().empty());
    return loan ? "it was not refused" : loan.error();
}

}  // namespace

TEST_CASE("an address that is none, that nothing has, or that is named twice is refused") {
    const auto kernel = good();
    CHECK(refused(kernel, wanted(0, "nvme0")) ==
          "\"nvme0\" is no PCI address; expected one like 0000:01:00.0 (domain, bus, device and "
          "function, hexadecimal; lspci -D lists them)");
    CHECK(refused(kernel, wanted(0, "0000:05:00.0")) ==
          "0000:05:00.0: there is no such PCI function; NVMe controllers are 0000:01:00.0");
    Wanted twice = wanted();
    twice.bdfs.push_back("01:00.0");
    CHECK(refused(kernel, twice) == "0000:01:00.0: it is named twice");
    const auto empty = std::make_shared<FakeKernel>();
    CHECK(refused(empty, wanted()) ==
          "0000:01:00.0: there is no such PCI function; this machine shows no NVMe controller at "
          "all");
}

TEST_CASE("a function that is no NVMe controller is refused") {
    const auto kernel = good();
    kernel->add("0000:02:00.0", "", 8, "0x020000");
    CHECK(refused(kernel, wanted(0, "0000:02:00.0")) ==
          "0000:02:00.0: it is no NVMe controller: its class is 020000, not 010802");
}

TEST_CASE("without an IOMMU, or behind none, a function is refused") {
    const auto none = std::make_shared<FakeKernel>();
    none->add(bdf, "nvme", -1);
    CHECK(refused(none, wanted()) ==
          "0000:01:00.0: no IOMMU is on: switch it on in the firmware's set-up (VT-d, AMD-Vi, "
          "SMMU) and, for Intel's, boot with intel_iommu=on");
    none->add("0000:02:00.0", "nvme", 3);
    CHECK(refused(none, wanted()) ==
          "0000:01:00.0: it is behind no IOMMU, although this machine has one: VFIO cannot keep "
          "its DMA within bounds (another slot may be behind it)");
}

TEST_CASE("a function that another driver has is refused") {
    const auto kernel = good();
    kernel->add("0000:02:00.0", "uio_pci_generic", 8);
    CHECK(refused(kernel, wanted(0, "0000:02:00.0")) ==
          "0000:02:00.0: the driver uio_pci_generic has it, and only the kernel's nvme or vfio-pci "
          "would be replaced: unbind it first (echo 0000:02:00.0 > "
          "/sys/bus/pci/drivers/uio_pci_generic/unbind), if nobody needs it");
}

TEST_CASE("a function whose disks are in use is refused, and by whom is said") {
    const auto kernel = good();
    kernel->file("proc/self/mountinfo", "22 1 259:0 / /mnt rw - ext4 /dev/nvme0n1 rw\n");
    kernel->file("proc/swaps", "Filename Type\n/dev/nvme0n1 partition\n");
    CHECK(refused(kernel, wanted()) ==
          "0000:01:00.0: it is in use: nvme0n1 is mounted at /mnt, nvme0n1 is swap space; whoever "
          "takes it away takes their data away");
}

TEST_CASE("a group with functions of other drivers is refused, and they are named") {
    const auto kernel = good();
    kernel->add("0000:01:00.1", "nvme", 7);
    kernel->add("0000:01:00.2", "snd_hda_intel", 7, "0x040300");
    kernel->add("0000:01:00.3", "", 7);
    CHECK(refused(kernel, wanted()) ==
          "0000:01:00.0: its IOMMU group 7 can only be taken as a whole, and in it are "
          "0000:01:00.1 (nvme), 0000:01:00.2 (snd_hda_intel): unbind them, or use a slot of which "
          "the IOMMU tells functions apart (PCIe ACS)");
    Wanted both = wanted();
    both.bdfs.push_back("0000:01:00.1");
    kernel->drop("sys/bus/pci/devices/0000:01:00.2/driver");
    CHECK(refusals(*kernel, both).empty());
}

TEST_CASE("a PF with VFs of the kernel's is refused, and they are named") {
    const auto kernel = good();
    kernel->add_sriov(bdf, 4);
    kernel->write("sys/bus/pci/devices/0000:01:00.0/sriov_numvfs", "2");
    kernel->drop("log");
    kernel->drop("sys/bus/pci/devices/0000:01:00.2/driver");
    CHECK(refused(kernel, wanted(2)) ==
          "0000:01:00.0: it has VFs already: 0000:01:00.1 (nvme), 0000:01:00.2 (no driver); a PF "
          "is taken without any: end them first, if nobody needs them (echo 0 > "
          "/sys/bus/pci/devices/0000:01:00.0/sriov_numvfs)");
}

TEST_CASE("a VF of a PF that VFIO has is refused without its token") {
    const auto kernel = good();
    kernel->add_sriov(bdf, 4);
    kernel->write("sys/bus/pci/devices/0000:01:00.0/sriov_numvfs", "1");
    kernel->point("sys/bus/pci/devices/0000:01:00.0/driver", "../vfio-pci");
    kernel->point("sys/bus/pci/devices/0000:01:00.1/driver", "../vfio-pci");
    kernel->drop("log");
    Wanted vf = wanted(0, "0000:01:00.1");
    CHECK(refused(kernel, vf) ==
          "0000:01:00.1: it is a VF of 0000:01:00.0, which vfio-pci has, and opens only with the "
          "VF token of whoever has the PF (--vf-token UUID); or take the PF and let it have VFs: "
          "0000:01:00.0 --sriov N");
    vf.vf_token = "83d8f4f2-509f-382f-3c1e-e6bfe0fa1001";
    CHECK(refusals(*kernel, vf).empty());
    // One of the kernel's PF needs none.
    kernel->point("sys/bus/pci/devices/0000:01:00.0/driver", "../nvme");
    vf.vf_token.clear();
    CHECK(refusals(*kernel, vf).empty());
}

TEST_CASE("VFs of what has none, of VFs, and more than there can be are refused") {
    const auto kernel = good();
    CHECK(refused(kernel, wanted(2)) ==
          "0000:01:00.0: it has no SR-IOV, so it cannot have the 2 VFs of --sriov");
    kernel->add_sriov(bdf, 4);
    CHECK(refused(kernel, wanted(5)) ==
          "0000:01:00.0: it can have 4 VFs at most (sriov_totalvfs), not the 5 of --sriov");
    CHECK(refusals(*kernel, wanted(4)).empty());
    kernel->write("sys/bus/pci/devices/0000:01:00.0/sriov_numvfs", "1");
    kernel->drop("log");
    CHECK(refused(kernel, wanted(1, "0000:01:00.1")) ==
          "0000:01:00.1: it is a VF of 0000:01:00.0, and VFs have none: name the PF with --sriov");
    kernel->point("sys/bus/pci/devices/0000:01:00.0/driver", "../vfio-pci");
    CHECK(refused(kernel, wanted(2)) ==
          "0000:01:00.0: it has 1 VFs already, not the 2 of --sriov: end them first (lmsim hw "
          "release 0000:01:00.0), or ask for as many");
    CHECK(refusals(*kernel, wanted(1)).empty());
}

TEST_CASE("who may not write to sysfs or open the group is told which file it is") {
    const auto kernel = good();
    kernel->forbidden["sys/bus/pci/devices/0000:01:00.0/driver_override"] = EACCES;
    CHECK(refused(kernel, wanted()) ==
          "0000:01:00.0: /sys/bus/pci/devices/0000:01:00.0/driver_override must be written: "
          "Permission denied; run this as root, or let root bind it to vfio-pci beforehand and "
          "give you /dev/vfio/7");
    kernel->point("sys/bus/pci/devices/0000:01:00.0/driver", "../vfio-pci");
    CHECK(refusals(*kernel, wanted()).empty());
    kernel->forbidden["dev/vfio/7"] = EACCES;
    CHECK(refused(kernel, wanted()) ==
          "0000:01:00.0: /dev/vfio/7: Permission denied; run this as root, or let root give you "
          "that file");
    kernel->forbidden["dev/vfio/7"] = EBUSY;
    CHECK(refused(kernel, wanted()) ==
          "0000:01:00.0: somebody else has it, or its group, open (/dev/vfio/7)");
}

TEST_CASE("a machine without VFIO, or on which it may not be used, is told so") {
    const auto kernel = good();
    kernel->add_sriov(bdf, 4);
    SECTION("no right") {
        kernel->forbidden["dev/vfio/vfio"] = EACCES;
        CHECK(refused(kernel, wanted()) ==
              "/dev/vfio/vfio: Permission denied; run this as root, or let root give you that "
              "file");
    }
    SECTION("no file") {
        kernel->drop("dev/vfio/vfio");
        CHECK(refused(kernel, wanted()) ==
              "/dev/vfio/vfio: No such file or directory; this kernel offers no VFIO here (in a "
              "container, the file has to be handed in)");
    }
    SECTION("iommufd alone") {
        kernel->drop("dev/vfio/vfio");
        kernel->file("dev/iommu", "");
        CHECK(no_vfio(*kernel, wanted()).empty());
        kernel->forbidden["dev/iommu"] = EACCES;
        CHECK(refused(kernel, wanted()) ==
              "/dev/iommu: Permission denied; run this as root, or let root give you that file");
    }
    SECTION("no module") {
        kernel->drop("sys/bus/pci/drivers/vfio-pci");
        CHECK(no_vfio(*kernel, wanted()) ==
              "the kernel's vfio-pci is not loaded (modprobe vfio-pci)");
        CHECK(refused(kernel, wanted()) ==
              "the kernel's vfio-pci is not loaded, and modprobe vfio-pci did not help (modprobe "
              "fails); expected a kernel with CONFIG_VFIO_PCI and its modules in /lib/modules");
        kernel->module_error.clear();
        const auto loan = Loan::take(kernel, wanted());
        CHECK(loan.ok());
    }
    SECTION("no parameter for VFs") {
        kernel->drop("sys/module/vfio_pci");
        CHECK(refused(kernel, wanted(1)) ==
              "this kernel's vfio-pci lets no PF have VFs: it has no parameter enable_sriov");
    }
}

}  // namespace lmsim::sim::vfio_kernel
