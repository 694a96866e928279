#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace lmsim::sim::hw {

/// What Linux tells of the link of a PCI function; nothing of what it does not tell.
struct LinkFacts {
    std::string speed;  // "16.0 GT/s PCIe"
    std::optional<std::uint32_t> lanes;
    std::optional<std::uint32_t> mps;   // bytes: Max_Payload_Size
    std::optional<std::uint32_t> mrrs;  // bytes: Max_Read_Request_Size

    /// 1 to 6; nothing for a speed that is none.
    std::optional<std::uint32_t> generation() const;
};

/// The folder of a PCI function however the user wrote its address, "01:00.0" too; of a device that
/// is no PCI function, one that is not there.
std::string link_folder(const std::string& device);
/// From the folder of a PCI function, "/sys/bus/pci/devices/0000:01:00.0". A folder that is not
/// there tells nothing.
LinkFacts read_link(const std::string& folder);

}  // namespace lmsim::sim::hw
