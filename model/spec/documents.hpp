#pragma once

#include <string_view>

/// The documents that rows cite. A row names one of these and a section of it.
namespace lmsim::spec::document {

inline constexpr std::string_view Base23 = "NVM Express Base Specification 2.3";
inline constexpr std::string_view Nvm12 = "NVM Command Set Specification 1.2";
inline constexpr std::string_view Pcie12 = "NVMe over PCIe Transport Specification 1.2";
inline constexpr std::string_view LinuxVfioUapi = "Linux 7.3 include/uapi/linux/vfio.h";
inline constexpr std::string_view LinuxVfioMain = "Linux 7.3 drivers/vfio/vfio_main.c";
inline constexpr std::string_view LinuxVfioPci = "Linux 7.3 drivers/vfio/pci/vfio_pci_core.c";
inline constexpr std::string_view LinuxVfioMlx5 = "Linux 7.3 drivers/vfio/pci/mlx5";
inline constexpr std::string_view LinuxErrno = "Linux 7.3 include/uapi/asm-generic/errno.h";
inline constexpr std::string_view LinuxReadWrite = "Linux 7.3 fs/read_write.c";
inline constexpr std::string_view LinuxNvme = "Linux 7.3 drivers/nvme/host";
inline constexpr std::string_view Qemu101 = "QEMU 10.1";
inline constexpr std::string_view CloudHypervisor = "Cloud Hypervisor, 2026-08-22 (ae44c297)";
inline constexpr std::string_view RfcVendor2022 =
    "linux-nvme, 2022-12-05, RFC PATCH 5/5 nvme-vfio: Add a document for the NVMe device";
inline constexpr std::string_view RfcHeader2025 =
    "linux-nvme, 2025-08-02, RFC PATCH 2/4 nvme: add live migration TP 4159 definitions";
inline constexpr std::string_view RfcNvme2025 =
    "linux-nvme, 2025-08-02, RFC PATCH 3/4 nvme: export helpers to implement vfio-nvme lm";
inline constexpr std::string_view RfcVfio2025 =
    "linux-nvme, 2025-08-02, RFC PATCH 4/4 vfio-nvme: implement TP4159 live migration cmds";
inline constexpr std::string_view RfcCdq2026 =
    "linux-nvme, 2026-04-24, PATCH RFC 0/5 nvme: Controller Data Queue (CDQ) support";
inline constexpr std::string_view Lmsim = "lmsim docs/vendor-area.md";
inline constexpr std::string_view LmsimDrafts = "lmsim docs/profiles.md";

}  // namespace lmsim::spec::document
