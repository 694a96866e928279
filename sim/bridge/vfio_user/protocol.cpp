#include "sim/bridge/vfio_user/protocol.hpp"

#include "model/wire/bits.hpp"

namespace lmsim::sim::vfio_user {

std::string_view name_of(Command command) {
    switch (command) {
        case Command::VERSION: return "VERSION";
        case Command::DMA_MAP: return "DMA_MAP";
        case Command::DMA_UNMAP: return "DMA_UNMAP";
        case Command::DEVICE_GET_INFO: return "DEVICE_GET_INFO";
        case Command::DEVICE_GET_REGION_INFO: return "DEVICE_GET_REGION_INFO";
        case Command::DEVICE_GET_REGION_IO_FDS: return "DEVICE_GET_REGION_IO_FDS";
        case Command::DEVICE_GET_IRQ_INFO: return "DEVICE_GET_IRQ_INFO";
        case Command::DEVICE_SET_IRQS: return "DEVICE_SET_IRQS";
        case Command::REGION_READ: return "REGION_READ";
        case Command::REGION_WRITE: return "REGION_WRITE";
        case Command::DMA_READ: return "DMA_READ";
        case Command::DMA_WRITE: return "DMA_WRITE";
        case Command::DEVICE_RESET: return "DEVICE_RESET";
        case Command::REGION_WRITE_MULTI: return "REGION_WRITE_MULTI";
        case Command::DEVICE_FEATURE: return "DEVICE_FEATURE";
        case Command::MIG_DATA_READ: return "MIG_DATA_READ";
        case Command::MIG_DATA_WRITE: return "MIG_DATA_WRITE";
    }
    return {};
}

Header decode_header(const std::uint8_t* from) {
    Header header;
    header.id = wire::load_le<std::uint16_t>(from);
    header.command = static_cast<Command>(wire::load_le<std::uint16_t>(from + 2));
    header.message_size = wire::load_le<std::uint32_t>(from + 4);
    header.flags = wire::load_le<std::uint32_t>(from + 8);
    header.error = wire::load_le<std::uint32_t>(from + 12);
    return header;
}

void encode_header(const Header& header, std::uint8_t* to) {
    wire::store_le(to, header.id);
    wire::store_le(to + 2, static_cast<std::uint16_t>(header.command));
    wire::store_le(to + 4, header.message_size);
    wire::store_le(to + 8, header.flags);
    wire::store_le(to + 12, header.error);
}

}  // namespace lmsim::sim::vfio_user
