#pragma once

#include "sim/bridge/vfio_user/client.hpp"

namespace lmsim::sim::vfio_user {

/// What a driver reads in PCI configuration space.
struct PciFunction {
    std::uint16_t vendor = 0;
    std::uint16_t device = 0;
    std::uint32_t class_code = 0;       // base class, sub-class, interface: 010802h for NVMe
    std::uint16_t msix_capability = 0;  // where it is; 0: there is none
    std::uint16_t msix_vectors = 0;
};
constexpr std::uint32_t nvme_class = 0x01'08'02;

Result<PciFunction> probe_pci(Client& client);

/// Memory Space Enable and Bus Master Enable: without them it answers nothing and reaches nothing.
std::string enable_function(Client& client);

/// MSI-X Enable in its capability, as far as there is one.
std::string enable_msix(Client& client, const PciFunction& function, bool on);

}  // namespace lmsim::sim::vfio_user
