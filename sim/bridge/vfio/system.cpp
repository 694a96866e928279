#include "sim/bridge/vfio/system.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <regex>

#include "sim/bridge/fd.hpp"
#include "sim/bridge/vfio/container.hpp"
#include "sim/core/text.hpp"

namespace lmsim::sim::vfio_kernel {

namespace {

unsigned long number(const std::optional<std::string>& text, int base) {
    return text ? std::strtoul(text->c_str(), nullptr, base) : 0;
}

}  // namespace

Result<std::string> pci_address(const std::string& text) {
    static const std::regex whole("([0-9a-fA-F]{4,8}:)?[0-9a-fA-F]{2}:[0-1][0-9a-fA-F]\\.[0-7]");
    if (!std::regex_match(text, whole)) {
        return Failure{
            fmt::format("{} is no PCI address; expected one like 0000:01:00.0 (domain, bus, "
                        "device and function, hexadecimal; lspci -D lists them)",
                        in_quotes(text))};
    }
    std::string address = text;
    std::transform(address.begin(), address.end(), address.begin(), [](unsigned char c) {
        return static_cast<char>(c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c);
    });
    const bool has_domain = std::count(address.begin(), address.end(), ':') == 2;
    return has_domain ? address : "0000:" + address;
}

System::System(std::string root) : root_(std::move(root)) {
    if (root_.empty() || root_.back() != '/') {
        root_ += '/';
    }
}

bool System::exists(const std::string& below) const {
    return ::access(path(below).c_str(), F_OK) == 0;
}

std::optional<std::string> System::line(const std::string& below) const {
    std::ifstream file(path(below));
    std::string text;
    if (!std::getline(file, text)) {
        return std::nullopt;
    }
    return text;
}

std::optional<std::string> System::link(const std::string& below) const {
    char target[4096];
    const ssize_t length = ::readlink(path(below).c_str(), target, sizeof target);
    if (length <= 0 || static_cast<std::size_t>(length) == sizeof target) {
        return std::nullopt;
    }
    const std::string whole(target, static_cast<std::size_t>(length));
    return whole.substr(whole.rfind('/') + 1);
}

std::vector<std::string> System::list(const std::string& below) const {
    std::vector<std::string> names;
    DIR* const folder = ::opendir(path(below).c_str());
    if (folder == nullptr) {
        return names;
    }
    while (const dirent* entry = ::readdir(folder)) {
        if (entry->d_name[0] != '.') {
            names.emplace_back(entry->d_name);
        }
    }
    ::closedir(folder);
    std::sort(names.begin(), names.end());
    return names;
}

bool System::has_function(const std::string& bdf) const { return exists(pci_devices + bdf); }
bool System::has_iommu() const { return !list("sys/kernel/iommu_groups").empty(); }
bool System::has_driver(const std::string& name) const {
    return exists("sys/bus/pci/drivers/" + name);
}

std::string System::driver(const std::string& device) const {
    return link(sysfs_folder(device).substr(1) + "/driver").value_or("");
}

/// Since Linux 6.1 what VFIO has is told in vfio-dev; before, by the names that its drivers have.
bool System::vfio_has(const std::string& bdf) const {
    const std::string name = driver(bdf);
    return !name.empty() && (name.find("vfio") != std::string::npos || !vfio_device(bdf).empty());
}

std::string System::vfio_device(const std::string& bdf) const {
    const std::vector<std::string> names = list(pci_devices + bdf + "/vfio-dev");
    return names.empty() ? std::string() : names.front();
}

std::vector<std::string> System::nvme_functions() const {
    std::vector<std::string> found;
    for (const std::string& bdf : list("sys/bus/pci/devices")) {
        if (number(line(pci_devices + bdf + "/class"), 16) == nvme_class) {
            found.push_back(bdf);
        }
    }
    return found;
}

Result<PciFunction> System::function(const std::string& bdf) const {
    if (!has_function(bdf)) {
        return Failure{bdf + ": there is no such PCI function"};
    }
    const std::string folder = pci_devices + bdf + "/";
    PciFunction function;
    function.bdf = bdf;
    function.vendor = static_cast<std::uint16_t>(number(line(folder + "vendor"), 16));
    function.device = static_cast<std::uint16_t>(number(line(folder + "device"), 16));
    function.class_code = static_cast<std::uint32_t>(number(line(folder + "class"), 16));
    function.driver = driver(bdf);
    function.driver_override = line(folder + "driver_override").value_or("");
    if (function.driver_override == "(null)") {
        function.driver_override.clear();
    }
    look_at_group(function);
    look_at_sriov(function);
    look_at_disks(function);
    return function;
}

void System::look_at_group(PciFunction& function) const {
    function.group = link(pci_devices + function.bdf + "/iommu_group").value_or("");
    if (function.group.empty()) {
        return;
    }
    for (const std::string& bdf : list("sys/kernel/iommu_groups/" + function.group + "/devices")) {
        if (bdf != function.bdf) {
            const auto code =
                static_cast<std::uint32_t>(number(line(pci_devices + bdf + "/class"), 16));
            function.neighbours.push_back({bdf, driver(bdf), code});
        }
    }
}

void System::look_at_sriov(PciFunction& function) const {
    const std::string folder = pci_devices + function.bdf + "/";
    if (const auto total = line(folder + "sriov_totalvfs")) {
        function.sriov_totalvfs = static_cast<unsigned>(number(total, 10));
    }
    function.sriov_numvfs = static_cast<unsigned>(number(line(folder + "sriov_numvfs"), 10));
    function.physfn = link(folder + "physfn").value_or("");
    for (unsigned vf = 0;; ++vf) {
        const auto bdf = link(folder + fmt::format("virtfn{}", vf));
        if (!bdf) {
            break;
        }
        function.vfs.push_back(*bdf);
    }
}

/// A group that somebody has says EBUSY; the character devices of iommufd take several, so that all
/// processes are looked at.
bool System::is_open(const PciFunction& function) const {
    if (function.group.empty()) {
        return false;
    }
    if (try_open("dev/vfio/" + function.group) == EBUSY) {
        return true;
    }
    const std::string name = vfio_device(function.bdf);
    for (const std::string& process : name.empty() ? std::vector<std::string>() : list("proc")) {
        const std::string fds = "proc/" + process + "/fd";
        for (const std::string& fd : list(fds)) {
            if (link(fds + "/" + fd).value_or("") == name) {
                return true;
            }
        }
    }
    return false;
}

int System::write(const std::string& below, const std::string& text) const {
    const Fd file(::open(path(below).c_str(), O_WRONLY | O_CLOEXEC));
    if (!file || ::write(file.get(), text.data(), text.size()) < 0) {
        return errno;
    }
    return 0;
}

int System::try_open(const std::string& below) const {
    const Fd file(::open(path(below).c_str(), O_RDWR | O_CLOEXEC));
    return file ? 0 : errno;
}

int System::try_write(const std::string& below) const {
    const Fd file(::open(path(below).c_str(), O_WRONLY | O_CLOEXEC));
    return file ? 0 : errno;
}

int System::try_claim(const std::string& disk) const {
    const Fd file(::open(path("dev/" + disk).c_str(), O_RDONLY | O_EXCL | O_CLOEXEC));
    return file ? 0 : errno;
}

std::string System::load_module(const std::string& name) const {
    const pid_t child = ::fork();
    if (child == 0) {
        for (const char* program : {"/sbin/modprobe", "/usr/sbin/modprobe", "/bin/modprobe"}) {
            ::execl(program, program, name.c_str(), static_cast<char*>(nullptr));
        }
        ::_exit(127);
    }
    int status = 0;
    if (child < 0 || ::waitpid(child, &status, 0) != child) {
        return std::strerror(errno);
    }
    if (status == 0) {
        return {};
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 127 ? "there is no modprobe"
                                                           : "modprobe fails";
}

}  // namespace lmsim::sim::vfio_kernel
