#include "sim/hw/calibrate_link.hpp"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>

#include "sim/bridge/vfio/container.hpp"
#include "sim/bridge/vfio/system.hpp"

namespace lmsim::sim::hw {

namespace {

// Configuration space (PCI Express Base 5.0, 7.5.1 and 7.5.3).
constexpr std::size_t capabilities_pointer = 0x34;
constexpr std::uint8_t pci_express = 0x10;
constexpr std::size_t device_control = 8;
constexpr int most_capabilities = 48;
constexpr std::uint32_t smallest_payload = 128;

std::string read_all(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::string first_line(const std::string& path) {
    const std::string all = read_all(path);
    return all.substr(0, all.find('\n'));
}

/// Device Control of the PCI Express capability. Who is not root sees 64 bytes, too few for it.
std::optional<std::uint32_t> read_device_control(const std::string& config) {
    const auto byte = [&](std::size_t at) { return static_cast<std::uint8_t>(config[at]); };
    std::size_t at = config.size() > capabilities_pointer ? byte(capabilities_pointer) : 0;
    for (int i = 0; i < most_capabilities && at != 0 && at + device_control + 2 <= config.size();
         ++i) {
        if (byte(at) == pci_express) {
            return byte(at + device_control) | std::uint32_t{byte(at + device_control + 1)} << 8;
        }
        at = byte(at + 1);
    }
    return std::nullopt;
}

}  // namespace

std::optional<std::uint32_t> LinkFacts::generation() const {
    const std::pair<const char*, std::uint32_t> speeds[] = {
        {"2.5 ", 1}, {"5.0 ", 2}, {"5 ", 2}, {"8.0 ", 3},
        {"8 ", 3},   {"16", 4},   {"32", 5}, {"64", 6},
    };
    for (const auto& [begin, generation] : speeds) {
        if (speed.rfind(begin, 0) == 0) {
            return generation;
        }
    }
    return std::nullopt;
}

std::string link_folder(const std::string& device) {
    const auto address = vfio_kernel::pci_address(device);
    return vfio_kernel::sysfs_folder(address ? address.value() : device);
}

LinkFacts read_link(const std::string& folder) {
    LinkFacts facts;
    facts.speed = first_line(folder + "/current_link_speed");
    const auto lanes =
        std::strtoul(first_line(folder + "/current_link_width").c_str(), nullptr, 10);
    if (lanes >= 1 && lanes <= 32) {
        facts.lanes = static_cast<std::uint32_t>(lanes);
    }
    if (const auto control = read_device_control(read_all(folder + "/config"))) {
        facts.mps = smallest_payload << (*control >> 5 & 7);
        facts.mrrs = smallest_payload << (*control >> 12 & 7);
    }
    return facts;
}

}  // namespace lmsim::sim::hw
