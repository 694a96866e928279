#pragma once

#include <algorithm>
#include <cstdint>

#include "model/nvme/admin.hpp"
#include "model/nvme/namespaces.hpp"
#include "model/wire/lba_status.hpp"

namespace lmsim::nvme {

/// Get LBA Status (NVM Command Set 1.2, 4.2.1), action 02h: the allocated ranges, as many as there
/// is room for. The host goes on behind the last one. Only where Config tracks allocation.
template <class Bounds>
Outcome get_lba_status(Context<Bounds>& ctx, std::uint16_t function, std::uint32_t slot,
                       const wire::Sqe& sqe) {
    using spec::Id;
    const wire::GetLbaStatus command = wire::decode_get_lba_status(sqe, ctx.rules);
    const Id bad = unusable(ctx, function, command.nsid);
    if (bad != Id::Count) {
        return refuse(ctx, bad);
    }
    if (ctx.rules.on(Id::LbaStatusAtypeReserved) && !command.allocated) {
        return refuse(ctx, Id::LbaStatusAtypeReserved);
    }
    const std::uint64_t size = ctx.subsystem.ns[command.nsid - 1].blocks;
    if (ctx.rules.on(Id::LbaStatusBeyondNamespace) &&
        (command.slba >= size || command.rl > size - command.slba)) {
        return refuse(ctx, Id::LbaStatusBeyondNamespace);
    }
    const LbaMap& map = ctx.env.allocated(command.nsid);
    const std::uint64_t end = command.rl == 0 ? size : command.slba + command.rl;
    const std::uint32_t bytes = ctx.controller(function).slot[slot].length;
    wire::LbaStatusWriter list(ctx.env.data(function, slot, bytes), bytes, ctx.rules);
    bool room = true;
    for (std::uint64_t at = map.next_allocated(command.slba, end); room && at < end;) {
        const std::uint64_t length = map.next_free(at, end) - at;
        const auto blocks =
            static_cast<std::uint32_t>(std::min<std::uint64_t>(length, 0xFFFF'FFFF));
        room = list.add({at, blocks});
        at = map.next_allocated(at + blocks, end);
    }
    list.end(room);
    return {0, 0, bytes};
}

}  // namespace lmsim::nvme
