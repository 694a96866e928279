#include "sim/bridge/vfio_user/pci_config.hpp"

#include <algorithm>

#include "model/assert.hpp"

namespace lmsim::sim::vfio_user {

namespace {

// Offsets of the header (PCI Local Bus 3.0, 6.1) and of the capabilities, which are ours.
constexpr std::uint32_t command = 0x04;
constexpr std::uint32_t bar0 = 0x10;
constexpr std::uint32_t power = 0x40;
constexpr std::uint32_t power_state = power + 4;  // D0 is 0, D3hot 3
constexpr std::uint32_t msix = 0x50;
constexpr std::uint32_t express = 0x60;

constexpr std::uint32_t bus_master_enable = 1U << 2;
constexpr std::uint32_t device_control = express + 8;
constexpr std::uint32_t initiate_flr = 1U << 15;
constexpr std::uint32_t msix_enable_byte = msix + 3;  // bit 7 of it
constexpr std::uint8_t msix_enabled = 0x80;

}  // namespace

/// The byte-wise little-endian value, and which of its bits software may change.
void PciConfig::put(std::uint32_t offset, std::uint32_t value, unsigned bytes,
                    std::uint32_t writable) {
    for (unsigned i = 0; i < bytes; ++i) {
        initial_[offset + i] = static_cast<std::uint8_t>(value >> (8 * i));
        writable_[offset + i] = static_cast<std::uint8_t>(writable >> (8 * i));
    }
}

PciConfig::PciConfig(std::uint16_t vectors) {
    LMSIM_ASSERT(vectors >= 1 && vectors <= most_vectors);
    constexpr std::uint32_t id = vendor_id | std::uint32_t{device_id} << 16;
    put(0x00, id, 4);
    put(command, 0, 2, 0x0546);  // Memory Space, Bus Master, parity, SERR#, Interrupt Disable
    put(0x06, 0x0010, 2);        // there is a list of capabilities
    put(0x08, 0x0108'0201, 4);   // NVMe I/O controller, revision 1
    put(0x0c, 0, 1, 0xff);       // Cache Line Size
    put(bar0, 0x4, 4, ~(bar_size - 1));  // 64-bit memory
    put(bar0 + 4, 0, 4, ~0U);
    put(0x2c, id, 4);
    put(0x34, power, 1);
    put(0x3c, 0, 1, 0xff);  // Interrupt Line; no pin: MSI-X alone
    // PCI Power Management 1.2: D3hot keeps the state (No_Soft_Reset).
    put(power, 0x0003'0001 | msix << 8, 4);
    put(power_state, 0x0008, 2, 0x0003);
    put(msix, 0x11 | express << 8, 2);
    put(msix + 2, vectors - 1U, 2, 0xc000);  // Enable, Function Mask
    put(msix + 4, msix_table, 4);            // both in BAR 0
    put(msix + 8, msix_pba, 4);
    // PCI Express capability, version 2, an endpoint (PCIe 4.0, 7.5.3).
    put(express, 0x0002'0010, 4);
    put(express + 4, 0x1000'8001, 4);        // Function Level Reset, role-based errors, MPS 256
    put(device_control, 0x2810, 2, 0xfcff);  // neither extended tags nor phantom functions
    put(express + 0xa, 0, 2);
    put(express + 0xc, 0x0040'0044, 4);  // x4 of 16 GT/s, no ASPM, which may be (bit 22)
    put(express + 0x10, 0, 2, 0x01fb);
    put(express + 0x12, 0x0044, 2);
    put(express + 0x24, 0x0000'0010, 4);  // completion timeout can be disabled
    put(express + 0x28, 0, 2, 0x0010);    // no ranges of it
    put(express + 0x2c, 0x0000'001e, 4);  // 2.5 to 16 GT/s
    put(express + 0x30, 0x0004, 2, 0x000f);
    bytes_ = initial_;
}

void PciConfig::read(std::uint32_t offset, std::uint8_t* to, std::uint32_t length) const {
    LMSIM_ASSERT(offset <= size && length <= size - offset);
    std::copy_n(bytes_.begin() + offset, length, to);
}

void PciConfig::write(std::uint32_t offset, const std::uint8_t* from, std::uint32_t length) {
    LMSIM_ASSERT(offset <= size && length <= size - offset);
    for (std::uint32_t i = 0; i < length; ++i) {
        const std::uint32_t at = offset + i;
        // A state that there is not is discarded (PCI Power Management 1.2, 3.2.4).
        if (at == power_state && (from[i] & 3) != 0 && (from[i] & 3) != 3) {
            continue;
        }
        bytes_[at] =
            static_cast<std::uint8_t>((bytes_[at] & ~writable_[at]) | (from[i] & writable_[at]));
    }
    // Initiate Function Level Reset always reads as 0.
    std::uint8_t& high = bytes_[device_control + 1];
    if ((high & initiate_flr >> 8) != 0) {
        high = static_cast<std::uint8_t>(high & ~(initiate_flr >> 8));
        reset_requested_ = true;
    }
}

bool PciConfig::bus_master() const { return (bytes_[command] & bus_master_enable) != 0; }

bool PciConfig::take_reset_request() {
    const bool asked = reset_requested_;
    reset_requested_ = false;
    return asked;
}

std::uint8_t PciConfig::without_reset(std::uint32_t offset, std::uint8_t value) {
    const bool control = offset == device_control + 1;
    return static_cast<std::uint8_t>(control ? value & ~(initiate_flr >> 8) : value);
}

void PciConfig::reset() { bytes_ = initial_; }

void PciConfig::show_msix(bool on) {
    std::uint8_t& byte = bytes_[msix_enable_byte];
    byte = static_cast<std::uint8_t>(on ? byte | msix_enabled : byte & ~msix_enabled);
}

}  // namespace lmsim::sim::vfio_user
