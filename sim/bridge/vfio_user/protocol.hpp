#pragma once

#include <cstdint>
#include <string_view>

/// The vfio-user protocol 0.1 (QEMU, docs/interop/vfio-user.rst): numbers and layouts, little
/// endian. Offsets are from the end of the header.
namespace lmsim::sim::vfio_user {

constexpr std::uint16_t major_version = 0;
constexpr std::uint16_t minor_version = 1;

/// What a message asks (vfio-user 0.1, Commands).
enum class Command : std::uint16_t {
    VERSION = 1,
    DMA_MAP = 2,
    DMA_UNMAP = 3,
    DEVICE_GET_INFO = 4,
    DEVICE_GET_REGION_INFO = 5,
    DEVICE_GET_REGION_IO_FDS = 6,
    DEVICE_GET_IRQ_INFO = 7,
    DEVICE_SET_IRQS = 8,
    REGION_READ = 9,
    REGION_WRITE = 10,
    DMA_READ = 11,
    DMA_WRITE = 12,
    DEVICE_RESET = 13,
    REGION_WRITE_MULTI = 15,
    DEVICE_FEATURE = 16,
    MIG_DATA_READ = 17,
    MIG_DATA_WRITE = 18,
};

/// "REGION_READ"; "command 99" is left to the caller: empty then.
std::string_view name_of(Command command);

/// The head of each message, 16 bytes (vfio-user 0.1, Header).
struct Header {
    static constexpr std::uint32_t size = 16;

    std::uint16_t id = 0;
    Command command = Command::VERSION;
    std::uint32_t message_size = size;  // bytes, this header included
    std::uint32_t flags = 0;
    std::uint32_t error = 0;  // errno, of a reply with flag_error
};
constexpr std::uint32_t type_mask = 0xf;
constexpr std::uint32_t type_command = 0;
constexpr std::uint32_t type_reply = 1;
constexpr std::uint32_t flag_no_reply = 1U << 4;
constexpr std::uint32_t flag_error = 1U << 5;

Header decode_header(const std::uint8_t* from);
void encode_header(const Header& header, std::uint8_t* to);

// Limits that both sides of ours name in VERSION.
constexpr std::uint32_t max_data_transfer = 1U << 20;  // bytes of one read or write
constexpr std::uint32_t max_message_fds = 16;
constexpr std::uint32_t max_dma_maps = 65535;
/// No message is longer: the largest data transfer with its own header, and some room.
constexpr std::uint32_t max_message = max_data_transfer + 4096;

// Sizes of the fixed parts of payloads.
constexpr std::uint32_t version_size = 4;
constexpr std::uint32_t dma_map_size = 32;
constexpr std::uint32_t dma_unmap_size = 24;
constexpr std::uint32_t device_info_size = 16;
constexpr std::uint32_t region_info_size = 32;
constexpr std::uint32_t irq_info_size = 16;
constexpr std::uint32_t irq_set_size = 20;
constexpr std::uint32_t region_access_size = 16;
constexpr std::uint32_t dma_access_size = 16;
constexpr std::uint32_t write_multi_size = 8;
constexpr std::uint32_t write_multi_entry = 24;
constexpr std::uint32_t feature_size = 8;
constexpr std::uint32_t migration_data_size = 8;

// DMA_MAP flags.
constexpr std::uint32_t map_readable = 1U << 0;
constexpr std::uint32_t map_writeable = 1U << 1;

/// DMA_UNMAP flags: everything, whatever address and size say (VFIO_DMA_UNMAP_FLAG_ALL).
constexpr std::uint32_t unmap_all = 1U << 1;

// DEVICE_GET_INFO: struct vfio_device_info flags, and the indexes of VFIO PCI devices.
constexpr std::uint32_t device_reset = 1U << 0;
constexpr std::uint32_t device_pci = 1U << 1;
constexpr std::uint32_t bar0_region = 0;
constexpr std::uint32_t config_region = 7;
constexpr std::uint32_t region_count = 9;
constexpr std::uint32_t region_readable = 1U << 0;
constexpr std::uint32_t region_writeable = 1U << 1;
constexpr std::uint32_t msix_irq = 2;
constexpr std::uint32_t error_irq = 3;
constexpr std::uint32_t request_irq = 4;
constexpr std::uint32_t irq_count = 5;
constexpr std::uint32_t irq_eventfd = 1U << 0;
constexpr std::uint32_t irq_noresize = 1U << 3;

// DEVICE_SET_IRQS flags.
constexpr std::uint32_t irq_data_none = 1U << 0;
constexpr std::uint32_t irq_data_bool = 1U << 1;
constexpr std::uint32_t irq_data_eventfd = 1U << 2;
constexpr std::uint32_t irq_data_mask = 7;
constexpr std::uint32_t irq_action_mask = 1U << 3;
constexpr std::uint32_t irq_action_unmask = 1U << 4;
constexpr std::uint32_t irq_action_trigger = 1U << 5;

}  // namespace lmsim::sim::vfio_user
