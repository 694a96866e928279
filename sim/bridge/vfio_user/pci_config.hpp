#pragma once

#include <array>
#include <cstdint>

namespace lmsim::sim::vfio_user {

/// The configuration space of an NVMe function as PCI Express has it, 4 KiB: header, PCI Power
/// Management, MSI-X and PCI Express capability (NVMe over PCIe Transport 1.2, 3.8). Writes change
/// writable bits alone.
class PciConfig {
  public:
    static constexpr std::uint32_t size = 4096;
    /// Vendor and device ID, those of the subsystem too: out of what QEMU leaves for experiments
    /// (docs/specs/pci-ids.rst); drivers find us by class.
    static constexpr std::uint16_t vendor_id = 0x1af4;
    static constexpr std::uint16_t device_id = 0x10f5;
    static constexpr std::uint32_t bar_size = 16384;
    static constexpr std::uint32_t msix_table = 0x2000;  // in BAR 0, behind the doorbells
    static constexpr std::uint32_t msix_pba = 0x3000;

    static constexpr std::uint16_t most_vectors = (msix_pba - msix_table) / 16;

    /// `vectors` of MSI-X, 1 to most_vectors.
    explicit PciConfig(std::uint16_t vectors);

    void read(std::uint32_t offset, std::uint8_t* to, std::uint32_t length) const;
    void write(std::uint32_t offset, const std::uint8_t* from, std::uint32_t length);

    bool bus_master() const;
    /// Was a Function Level Reset asked for since the last look?
    bool take_reset_request();
    /// A byte that was written at this offset, but for a request to reset the function.
    static std::uint8_t without_reset(std::uint32_t offset, std::uint8_t value);
    /// As after a reset: what software has written is gone.
    void reset();
    /// MSI-X Enable as it is: a client of VFIO does not set it itself.
    void show_msix(bool on);

  private:
    void put(std::uint32_t offset, std::uint32_t value, unsigned bytes, std::uint32_t writable = 0);

    std::array<std::uint8_t, size> bytes_{};
    std::array<std::uint8_t, size> initial_{};
    std::array<std::uint8_t, size> writable_{};
    bool reset_requested_ = false;
};

}  // namespace lmsim::sim::vfio_user
