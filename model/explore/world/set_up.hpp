#pragma once

#include "model/explore/world/play.hpp"
#include "model/nvme/machines.hpp"

namespace lmsim::explore::world {

/// All VFs of the source run with an I/O queue pair each, those of the destination wait; the PFs
/// have their drivers. The guest has submitted nothing.
template <class W>
void Play<W>::set_up() {
    using check::What;
    w.running = 1;
    for (std::uint8_t host = 0; host < hosts; ++host) {
        nvme::initialize(w.device[host], s.device, vfs);
        enable(host, 0);
        w.pf[host].queue.depth = host::ProofPfQueue::tags;
        for (std::uint8_t vf = 0; vf < vfs; ++vf) {
            VfSide& side = w.vf[host][vf];
            side.device = vfio::make_device(s.config.features, false);
            wire::SecondaryController entry;  // of the PF's list
            entry.scid = static_cast<std::uint16_t>(vf + 1);
            side.flow.cntlid = host::cntlid_of(entry, s.driver);
            side.flow.csvi = s.formats.csvi;
            side.flow.csuuidi = s.formats.csuuidi;
            side.flow.piece = s.piece;
            side.flow.limit = Scratch::room;
        }
    }
    tell(What::VmRuns, check::source);
    for (std::uint8_t vf = 0; vf < vfs; ++vf) {
        enable(check::source, static_cast<std::uint8_t>(vf + 1));
        auto& c = w.device[check::source].controller[vf + 1];
        c.sq[1].base = io_sq;
        c.sq[1].size = io_ring();
        c.sq[1].cqid = 1;
        c.sq[1].attributes = 1;
        c.sq[1].life = static_cast<std::uint8_t>(nvme::SqLife::Active);
        c.cq[1].base = io_cq;
        c.cq[1].size = cq_ring();
        c.cq[1].attributes = 3;
        c.cq[1].vector = 1;
        c.cq[1].users = 1;
        c.cq[1].life = static_cast<std::uint8_t>(nvme::CqLife::Ready);
        w.vf[check::source][vf].struck = false;
        tell_queue(What::QueueCreated, check::source, vf, 1, 0);
        tell_queue(What::QueueCreated, check::source, vf, 1, 0, check::flag::is_cq);
    }
    if constexpr (hosts == 2) {
        begin_migration();
    }
}

}  // namespace lmsim::explore::world
