#pragma once

#include <cstddef>
#include <cstdint>

#include "model/host/cdq_owner.hpp"
#include "model/wire/result.hpp"

/// NVME_IOCTL_CDQ, by which a program asks for a Controller Data Queue and gives it back: the
/// interface posted in 2026, whose structure has two shapes.
namespace lmsim::host {

/// How the compiler of the program aligns 64-bit members: on 8 bytes (LP64), or on 4 (i386).
enum class CdqAbi : std::uint8_t { Lp64, I386 };

/// struct nvme_cdq_cmd.
struct CdqIoctl {
    std::uint32_t size = 0;     // size_nbyte; 0: delete the queue `id`
    std::uint64_t entries = 0;  // the program's address of the ring
    std::int32_t tpt_fd = -1;   // an eventfd; -1: none
    std::uint16_t id = 0;       // CDQID, out of a create and into a delete
    std::uint16_t cqs = 0;      // CNTLID of the MC
    std::uint16_t mos = 0;      // QT
};
bool operator==(const CdqIoctl& a, const CdqIoctl& b);

/// Bytes of the structure: 32 or 24.
std::size_t ioctl_size(CdqAbi abi);
/// The number of the ioctl; the size of the structure is part of it. `posted`: as it was, _IOR;
/// else _IOWR, for the structure goes both ways (R004-23).
std::uint32_t ioctl_number(CdqAbi abi, bool posted = false);

/// Writes ioctl_size() bytes, padding as 0.
void encode(const CdqIoctl& command, CdqAbi abi, std::uint8_t* to);
/// Faults: Truncated; Reserved (padding that is not 0, R004-29).
wire::Result<CdqIoctl> decode_cdq_ioctl(const std::uint8_t* data, std::size_t size, CdqAbi abi);

/// What an LP64 kernel makes of a call before it takes anything.
struct CdqCall {
    vfio::Errno error = vfio::Errno::Ok;
    CdqIoctl command;  // if it is taken
};
/// ENOTTY: a number that it does not know; that of the other shape is one unless HO-CIO-02 is on.
/// EFAULT: the program has mapped fewer bytes (`size`) at the argument's address than it takes.
/// EINVAL: padding that is not 0, or a ring beyond HO-CIO-03. What is wrong with the queue itself
/// the owner says.
CdqCall enter_kernel(std::uint32_t number, const std::uint8_t* argument, std::size_t size,
                     const spec::Rules& rules);

/// What the caller asks of the owner by it. `ticket` names the call; the rest of `context` is what
/// the structure does not say: asks::scattered, large, unprivileged, and bad_event of a descriptor
/// that is no eventfd.
OwnerEvent owner_event(const CdqIoctl& command, std::uint8_t ticket, std::uint8_t context);

}  // namespace lmsim::host
