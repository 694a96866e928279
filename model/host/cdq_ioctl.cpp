#include "model/host/cdq_ioctl.hpp"

#include <cstring>
#include <tuple>

#include "model/wire/bits.hpp"

namespace lmsim::host {
namespace {

/// Where the members stand, and which bytes are nobody's.
struct Layout {
    std::size_t entries, tpt_fd, id, cqs, mos, size;
    std::size_t gap, gap_end;  // behind size_nbyte
};
constexpr Layout lp64{8, 16, 20, 22, 24, 32, 4, 8};
constexpr Layout i386{4, 12, 16, 18, 20, 24, 4, 4};

constexpr const Layout& layout_of(CdqAbi abi) { return abi == CdqAbi::Lp64 ? lp64 : i386; }

constexpr std::uint64_t page = 4096;
constexpr std::uint32_t entry_bytes = 32;

}  // namespace

bool operator==(const CdqIoctl& a, const CdqIoctl& b) {
    return std::tie(a.size, a.entries, a.tpt_fd, a.id, a.cqs, a.mos) ==
           std::tie(b.size, b.entries, b.tpt_fd, b.id, b.cqs, b.mos);
}

std::size_t ioctl_size(CdqAbi abi) { return layout_of(abi).size; }

std::uint32_t ioctl_number(CdqAbi abi, bool posted) {
    constexpr std::uint32_t read = 2;   // of the kernel's answer, by the program
    constexpr std::uint32_t write = 1;  // of the program's request
    const std::uint32_t direction = posted ? read : read | write;
    return direction << 30 | static_cast<std::uint32_t>(ioctl_size(abi)) << 16 |
           static_cast<std::uint32_t>('N') << 8 | 0x50;
}

void encode(const CdqIoctl& command, CdqAbi abi, std::uint8_t* to) {
    const Layout& at = layout_of(abi);
    std::memset(to, 0, at.size);
    wire::store_le(to, command.size);
    wire::store_le(to + at.entries, command.entries);
    wire::store_le(to + at.tpt_fd, static_cast<std::uint32_t>(command.tpt_fd));
    wire::store_le(to + at.id, command.id);
    wire::store_le(to + at.cqs, command.cqs);
    wire::store_le(to + at.mos, command.mos);
}

wire::Result<CdqIoctl> decode_cdq_ioctl(const std::uint8_t* data, std::size_t size, CdqAbi abi) {
    const Layout& at = layout_of(abi);
    if (size < at.size) {
        return wire::Fault{wire::Error::Truncated, size};
    }
    for (std::size_t i = 0; i < at.size; ++i) {
        const bool padding = (i >= at.gap && i < at.gap_end) || i >= at.mos + 2;
        if (padding && data[i] != 0) {
            return wire::Fault{wire::Error::Reserved, i};
        }
    }
    CdqIoctl command;
    command.size = wire::load_le<std::uint32_t>(data);
    command.entries = wire::load_le<std::uint64_t>(data + at.entries);
    command.tpt_fd = static_cast<std::int32_t>(wire::load_le<std::uint32_t>(data + at.tpt_fd));
    command.id = wire::load_le<std::uint16_t>(data + at.id);
    command.cqs = wire::load_le<std::uint16_t>(data + at.cqs);
    command.mos = wire::load_le<std::uint16_t>(data + at.mos);
    return command;
}

CdqCall enter_kernel(std::uint32_t number, const std::uint8_t* argument, std::size_t size,
                     const spec::Rules& rules) {
    using vfio::Errno;
    const bool of_32 = number == ioctl_number(CdqAbi::I386);
    const CdqAbi abi = of_32 ? CdqAbi::I386 : CdqAbi::Lp64;
    if (number != ioctl_number(abi) || (of_32 && !rules.on(spec::Id::CdqIoctlKnows32))) {
        return {Errno::NotTty, {}};
    }
    const wire::Result<CdqIoctl> command = decode_cdq_ioctl(argument, size, abi);
    if (!command) {
        return {command.error() == wire::Error::Truncated ? Errno::Fault : Errno::Invalid, {}};
    }
    if (command->size > rules.value(spec::Id::CdqIoctlLargest) * page) {
        return {Errno::Invalid, {}};
    }
    return {Errno::Ok, *command};
}

OwnerEvent owner_event(const CdqIoctl& command, std::uint8_t ticket, std::uint8_t context) {
    OwnerEvent event;
    event.ticket = ticket;
    if (command.size == 0) {
        event.kind = OwnerEvent::Kind::Delete;
        event.cdqid = static_cast<std::uint8_t>(command.id);
        return event;
    }
    const auto flag = [&](std::uint8_t bit, bool on) {
        event.flags = static_cast<std::uint8_t>(event.flags | (on ? bit : 0));
    };
    event.flags = context;
    flag(asks::unaligned, command.entries % page != 0);
    flag(asks::malformed, command.size % entry_bytes != 0);
    flag(asks::other_type, command.mos != 0);
    flag(asks::with_event, command.tpt_fd != -1);
    return event;
}

}  // namespace lmsim::host
