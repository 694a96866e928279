#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "sim/bridge/vfio/borrow.hpp"

/// Whether functions can and may be taken from the kernel. Facts: Linux,
/// Documentation/driver-api/vfio.rst, and what drivers/vfio answers.
namespace lmsim::sim::vfio_kernel {

namespace {

std::string listed(const std::vector<std::string>& items, const char* between = ", ") {
    return fmt::format("{}", fmt::join(items, between));
}

bool contains(const std::vector<std::string>& all, const std::string& one) {
    return std::find(all.begin(), all.end(), one) != all.end();
}

std::string with_driver(const std::string& bdf, const std::string& driver) {
    return fmt::format("{} ({})", bdf, driver.empty() ? "no driver" : driver);
}

/// Drivers that share a group with VFIO: they do no DMA of their own, or are VFIO's.
bool shares_group(const std::string& driver) {
    return driver.empty() || driver == "pcieport" || driver == "pci-stub" ||
           driver.find("vfio") != std::string::npos;
}

std::string no_function(const System& system, const std::string& bdf) {
    const std::vector<std::string> others = system.nvme_functions();
    return fmt::format("{}: there is no such PCI function; {}", bdf,
                       others.empty() ? "this machine shows no NVMe controller at all"
                                      : "NVMe controllers are " + listed(others));
}

std::string no_iommu(const System& system, const PciFunction& function) {
    if (system.has_iommu()) {
        return fmt::format(
            "{}: it is behind no IOMMU, although this machine has one: VFIO cannot keep its DMA "
            "within bounds (another slot may be behind it)",
            function.bdf);
    }
    return fmt::format(
        "{}: no IOMMU is on: switch it on in the firmware's set-up (VT-d, AMD-Vi, SMMU) and, for "
        "Intel's, boot with intel_iommu=on",
        function.bdf);
}

std::string other_driver(const PciFunction& function) {
    if (function.driver.empty() || function.driver == kernel_driver ||
        function.driver == vfio_driver) {
        return {};
    }
    const bool vfio = function.driver.find("vfio") != std::string::npos;
    return fmt::format(
        "{}: the driver {} has it, and only the kernel's nvme or vfio-pci would be replaced: "
        "unbind it first (echo {} > /sys/bus/pci/drivers/{}/unbind), if nobody needs it{}",
        function.bdf, function.driver, function.bdf, function.driver,
        vfio ? fmt::format("; what that driver migrates is vfio:{} (hw migrate, hw compare)",
                           function.bdf)
             : "");
}

/// Of a function that nobody will bind to another driver.
std::string no_vfio_driver(const System& system, const PciFunction& function) {
    if (system.vfio_has(function.bdf)) {
        return {};
    }
    const std::string& bdf = function.bdf;
    const std::string has =
        function.driver.empty()
            ? std::string("it has no driver")
            : fmt::format("the driver {} has it, which is none of VFIO's", function.driver);
    const std::string unbind =
        function.driver.empty()
            ? std::string()
            : fmt::format("echo {} > /sys/bus/pci/drivers/{}/unbind; ", bdf, function.driver);
    return fmt::format(
        "{}: {}; vfio:{} is had as it is and bound to nothing: bind it to the VFIO driver that "
        "migrates it, if nobody needs it ({}echo DRIVER > /sys/bus/pci/devices/{}/driver_override; "
        "echo {} > /sys/bus/pci/drivers_probe)",
        bdf, has, bdf, unbind, bdf, bdf);
}

std::string in_use(const PciFunction& function) {
    std::vector<std::string> uses;
    for (const Disk& disk : function.disks) {
        uses.insert(uses.end(), disk.uses.begin(), disk.uses.end());
    }
    if (uses.empty()) {
        return {};
    }
    return fmt::format("{}: it is in use: {}; whoever takes it away takes their data away",
                       function.bdf, listed(uses));
}

/// vfio-pci takes no PF that has VFs, and what its VFs are would be lost with them.
std::string has_vfs(const System& system, const PciFunction& function) {
    if (function.sriov_numvfs == 0 || function.driver == vfio_driver) {
        return {};
    }
    std::vector<std::string> vfs;
    for (const std::string& vf : function.vfs) {
        vfs.push_back(with_driver(vf, system.driver(vf)));
    }
    return fmt::format(
        "{}: it has VFs already: {}; a PF is taken without any: end them first, if nobody needs "
        "them (echo 0 > /sys/bus/pci/devices/{}/sriov_numvfs)",
        function.bdf, listed(vfs), function.bdf);
}

std::string unviable(const PciFunction& function, const std::vector<std::string>& wanted) {
    std::vector<std::string> others;
    for (const Neighbour& other : function.neighbours) {
        if (!shares_group(other.driver) && !contains(wanted, other.bdf)) {
            others.push_back(with_driver(other.bdf, other.driver));
        }
    }
    if (others.empty()) {
        return {};
    }
    return fmt::format(
        "{}: its IOMMU group {} can only be taken as a whole, and in it are {}: unbind them, or "
        "use a slot of which the IOMMU tells functions apart (PCIe ACS)",
        function.bdf, function.group, listed(others));
}

std::string no_token(const System& system, const PciFunction& function, const Wanted& wanted,
                     const std::vector<std::string>& bdfs) {
    if (function.physfn.empty() || !wanted.vf_token.empty() || contains(bdfs, function.physfn) ||
        system.driver(function.physfn) != vfio_driver) {
        return {};
    }
    return fmt::format(
        "{}: it is a VF of {}, which vfio-pci has, and opens only with the VF token of whoever has "
        "the PF (--vf-token UUID); or take the PF and let it have VFs: {} --sriov N",
        function.bdf, function.physfn, function.physfn);
}

std::string no_vfs(const PciFunction& function, unsigned sriov) {
    if (sriov == 0) {
        return {};
    }
    const std::string& bdf = function.bdf;
    if (!function.physfn.empty()) {
        return fmt::format("{}: it is a VF of {}, and VFs have none: name the PF with --sriov", bdf,
                           function.physfn);
    }
    if (function.sriov_totalvfs.value_or(0) == 0) {
        return fmt::format("{}: it has no SR-IOV, so it cannot have the {} VFs of --sriov", bdf,
                           sriov);
    }
    if (sriov > *function.sriov_totalvfs) {
        return fmt::format("{}: it can have {} VFs at most (sriov_totalvfs), not the {} of --sriov",
                           bdf, *function.sriov_totalvfs, sriov);
    }
    if (function.sriov_numvfs != 0 && function.sriov_numvfs != sriov &&
        function.driver == vfio_driver) {
        return fmt::format(
            "{}: it has {} VFs already, not the {} of --sriov: end them first (lmsim hw release "
            "{}), or ask for as many",
            bdf, function.sriov_numvfs, sriov, bdf);
    }
    return {};
}

/// May this process tell the kernel so?
std::string no_right_to_write(const System& system, const PciFunction& function,
                              const std::string& name) {
    const std::string file = pci_devices + function.bdf + "/" + name;
    const int error = system.try_write(file);
    if (error == 0) {
        return {};
    }
    return fmt::format(
        "{}: /{} must be written: {}; run this as root, or let root bind it to vfio-pci beforehand "
        "and give you /dev/vfio/{}",
        function.bdf, file, std::strerror(error), function.group);
}

std::string no_right(const System& system, const PciFunction& function, unsigned sriov) {
    if (function.group.empty()) {
        return {};
    }
    if (function.driver != vfio_driver) {
        return no_right_to_write(system, function, "driver_override");
    }
    const std::string group = "dev/vfio/" + function.group;
    if (system.is_open(function)) {
        return fmt::format("{}: somebody else has it, or its group, open (/{})", function.bdf,
                           group);
    }
    const int error = system.try_open(group);
    if (error == EACCES || error == EPERM) {
        return fmt::format("{}: /{}: {}; run this as root, or let root give you that file",
                           function.bdf, group, std::strerror(error));
    }
    return sriov == 0 ? std::string() : no_right_to_write(system, function, "sriov_numvfs");
}

/// The group's file, or the function's own: either will do.
std::string no_right_to_open(const System& system, const PciFunction& function) {
    if (function.group.empty() || !system.vfio_has(function.bdf)) {
        return {};
    }
    const std::string group = "dev/vfio/" + function.group;
    const std::string cdev = system.vfio_device(function.bdf);
    if (system.is_open(function)) {
        return fmt::format("{}: somebody else has it, or its group, open (/{})", function.bdf,
                           group);
    }
    const int error = system.try_open(group);
    if (error == 0 || (!cdev.empty() && system.try_open("dev/vfio/devices/" + cdev) == 0)) {
        return {};
    }
    return fmt::format("{}: /{}: {}; run this as root, or let root give you that file",
                       function.bdf, group, std::strerror(error));
}

/// What is the matter with each function.
std::vector<std::string> about(const System& system, const std::string& bdf, const Wanted& wanted,
                               const std::vector<std::string>& bdfs) {
    const auto found = system.function(bdf);
    if (!found) {
        return {no_function(system, bdf)};
    }
    const PciFunction& function = found.value();
    std::vector<std::string> all;
    if (function.class_code != nvme_class) {
        all.push_back(fmt::format("{}: it is no NVMe controller: its class is {:06x}, not {:06x}",
                                  bdf, function.class_code, nvme_class));
    }
    all.push_back(function.group.empty() ? no_iommu(system, function) : "");
    all.push_back(other_driver(function));
    all.push_back(in_use(function));
    all.push_back(has_vfs(system, function));
    all.push_back(unviable(function, bdfs));
    all.push_back(no_token(system, function, wanted, bdfs));
    const unsigned sriov = bdf == bdfs.front() ? wanted.sriov : 0;
    all.push_back(no_vfs(function, sriov));
    all.push_back(no_right(system, function, sriov));
    return all;
}

}  // namespace

bool wants_token(const System& system, const PciFunction& function) {
    return !function.physfn.empty() && system.vfio_has(function.physfn);
}

std::vector<std::string> refusals_as_it_is(const System& system, const std::string& bdf,
                                           const std::string& vf_token) {
    const auto found = system.function(bdf);
    if (!found) {
        return {found.error() + " (lspci -D lists them)"};
    }
    const PciFunction& function = found.value();
    std::vector<std::string> all = {function.group.empty() ? no_iommu(system, function) : "",
                                    no_vfio_driver(system, function), unviable(function, {}),
                                    no_right_to_open(system, function)};
    if (wants_token(system, function) && vf_token.empty()) {
        all.push_back(fmt::format(
            "{}: it is a VF of {}, which {} has, and opens only with the VF token of whoever has "
            "the PF (--vf-token UUID)",
            bdf, function.physfn, system.driver(function.physfn)));
    }
    all.erase(std::remove(all.begin(), all.end(), std::string()), all.end());
    return all;
}

std::string no_vfio(const System& system, const Wanted& wanted) {
    if (!system.has_driver(vfio_driver)) {
        return "the kernel's vfio-pci is not loaded (modprobe vfio-pci)";
    }
    std::string file = "dev/vfio/vfio";
    int error = system.try_open(file);
    if (error == ENOENT && system.exists("dev/iommu")) {  // a kernel without containers
        file = "dev/iommu";
        error = system.try_open(file);
    }
    if (error == EACCES || error == EPERM) {
        return fmt::format("/{}: {}; run this as root, or let root give you that file", file,
                           std::strerror(error));
    }
    if (error != 0) {
        return fmt::format(
            "/dev/vfio/vfio: {}; this kernel offers no VFIO here (in a container, "
            "the file has to be handed in)",
            std::strerror(error));
    }
    if (wanted.sriov != 0 && !system.exists("sys/module/vfio_pci/parameters/enable_sriov")) {
        return "this kernel's vfio-pci lets no PF have VFs: it has no parameter enable_sriov";
    }
    return {};
}

std::vector<std::string> refusals(const System& system, const Wanted& wanted) {
    std::vector<std::string> all;
    std::vector<std::string> bdfs;
    for (const std::string& text : wanted.bdfs) {
        const auto bdf = pci_address(text);
        if (!bdf) {
            return {bdf.error()};
        }
        if (contains(bdfs, bdf.value())) {
            return {fmt::format("{}: it is named twice", bdf.value())};
        }
        bdfs.push_back(bdf.value());
    }
    for (const std::string& bdf : bdfs) {
        for (std::string& words : about(system, bdf, wanted, bdfs)) {
            if (!words.empty()) {
                all.push_back(std::move(words));
            }
        }
    }
    return all;
}

}  // namespace lmsim::sim::vfio_kernel
