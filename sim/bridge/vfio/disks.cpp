#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <regex>
#include <sstream>

#include "sim/bridge/vfio/system.hpp"

/// Disks of the kernel's nvme driver, and who uses them.
namespace lmsim::sim::vfio_kernel {

namespace {

constexpr std::uint64_t sector = 512;  // what sysfs counts in (Linux, Documentation/ABI)

/// proc writes blanks in names as \040.
std::string unescaped(const std::string& text) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\' && i + 3 < text.size()) {
            plain += static_cast<char>(std::strtol(text.substr(i + 1, 3).c_str(), nullptr, 8));
            i += 3;
        } else {
            plain += text[i];
        }
    }
    return plain;
}

/// Where it is mounted; `number` is "259:0". A file system over several disks has a number of its
/// own, and names one of them as its source.
std::vector<std::string> mounts(std::ifstream mountinfo, const std::string& number,
                                const std::string& source) {
    std::vector<std::string> found;
    for (std::string text; std::getline(mountinfo, text);) {
        std::istringstream words(text);
        std::string id, parent, device, root, point, word, type, from;
        words >> id >> parent >> device >> root >> point;
        while (words >> word && word != "-") {
        }
        words >> type >> from;
        if (device == number || unescaped(from) == source) {
            found.push_back(unescaped(point));
        }
    }
    return found;
}

bool is_swap(std::ifstream swaps, const std::string& source) {
    for (std::string text; std::getline(swaps, text);) {
        std::istringstream words(text);
        std::string name;
        words >> name;
        if (unescaped(name) == source) {
            return true;
        }
    }
    return false;
}

}  // namespace

void System::look_at_disks(PciFunction& function) const {
    const std::string folder = "sys/bus/pci/devices/" + function.bdf + "/nvme";
    const std::vector<std::string> controllers = list(folder);
    if (controllers.empty()) {
        return;
    }
    function.controller = controllers.front();
    // With multipathing a namespace is a path, nvme0c1n2, of the disk nvme0n2.
    static const std::regex disk_or_path("(nvme[0-9]+)(c[0-9]+)?(n[0-9]+)");
    for (const std::string& name : list(folder + "/" + function.controller)) {
        std::smatch parts;
        if (std::regex_match(name, parts, disk_or_path)) {
            function.disks.push_back(disk(parts[1].str() + parts[3].str()));
        }
    }
}

Disk System::disk(const std::string& name) const {
    Disk disk;
    disk.name = name;
    const std::string folder = "sys/class/block/" + name;
    if (const auto sectors = line(folder + "/size")) {
        disk.bytes = std::strtoull(sectors->c_str(), nullptr, 10) * sector;
    }
    find_uses(name, disk);
    for (const std::string& part : list(folder)) {
        if (exists(folder + "/" + part + "/partition")) {
            find_uses(part, disk);
        }
    }
    if (disk.uses.empty() && try_claim(name) == EBUSY) {
        disk.uses.push_back(
            name + " is claimed: by a program, or by a file system that is mounted elsewhere");
    }
    return disk;
}

void System::find_uses(const std::string& block, Disk& disk) const {
    const std::string folder = "sys/class/block/" + block;
    const std::string source = "/dev/" + block;
    const std::string number = line(folder + "/dev").value_or("none");
    for (const std::string& point :
         mounts(std::ifstream(path("proc/self/mountinfo")), number, source)) {
        disk.uses.push_back(fmt::format("{} is mounted at {}", block, point));
    }
    if (is_swap(std::ifstream(path("proc/swaps")), source)) {
        disk.uses.push_back(block + " is swap space");
    }
    for (const std::string& holder : list(folder + "/holders")) {
        const auto mapped = line("sys/class/block/" + holder + "/dm/name");
        disk.uses.push_back(
            fmt::format("{} is held by {}{}", block, holder, mapped ? " (" + *mapped + ")" : ""));
    }
    for (const std::string& id : list("sys/fs/btrfs")) {
        if (exists("sys/fs/btrfs/" + id + "/devices/" + block)) {
            disk.uses.push_back(fmt::format("{} is part of the mounted btrfs {}", block, id));
        }
    }
}

}  // namespace lmsim::sim::vfio_kernel
