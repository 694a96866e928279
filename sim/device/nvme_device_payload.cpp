#include <cstring>

#include "model/nvme/namespaces.hpp"
#include "model/wire/bits.hpp"
#include "model/wire/nvm.hpp"
#include "sim/device/nvme_device.hpp"
#include "sim/device/prp_walk.hpp"

namespace lmsim::sim {

// Payload: only a device behind a bridge moves any. Its namespaces hold bytes, and its functions
// reach the memory of real peers.

void NvmeDevice::attach_dma(std::uint16_t function, Dma& dma) { functions_[function].dma = &dma; }

/// The answer to a DMA read, out of a peer's memory.
void NvmeDevice::answer_from_peer(const DownItem& item, Dma& dma) {
    const bool fixed =
        item.what != read_data && static_cast<nvme::Read>(item.what) != nvme::Read::CommandData;
    if (fixed) {
        std::vector<std::uint8_t> bytes(item.length);
        const bool there = dma.read(item.address, bytes.data(), item.length);
        return done(item, there ? bytes.data() : nullptr, there);
    }
    std::uint8_t* const begin =
        data(item.function, item.ticket, static_cast<std::uint32_t>(item.length));
    std::uint8_t* to = begin;
    bool there = true;
    const bool inside = walk_prp(PeerHost{dma}, item.address, item.value, item.length,
                                 [&](std::uint64_t address, std::uint64_t piece) {
                                     there = there && dma.read(address, to, piece);
                                     to += piece;
                                 });
    done(item, item.what == read_data ? nullptr : begin, inside && there);
}

/// False if part of it has no memory.
bool NvmeDevice::write_to_peer(const UpItem& item, Dma& dma) {
    const std::vector<std::uint8_t> bytes = outgoing_.front().all();
    outgoing_.pop_front();
    const std::uint8_t* from = bytes.data();
    bool there = true;
    const bool inside = walk_prp(PeerHost{dma}, item.address, item.token, item.length,
                                 [&](std::uint64_t address, std::uint64_t length) {
                                     there = dma.write(address, from, length) && there;
                                     from += length;
                                 });
    return inside && there;
}

NvmeDevice::Target NvmeDevice::target_of(std::uint16_t function, std::uint32_t nsid) const {
    const nvme::Namespace& ns = subsystem_->ns[nsid - 1];
    return {{ns.nguid[0], ns.nguid[1]},
            ns.format,
            ns.blocks != 0 && nvme::attached(subsystem_->controller[function], nsid)};
}

void NvmeDevice::keep_target(std::uint16_t function, std::uint32_t ticket) {
    std::vector<Target>& targets = functions_[function].targets;
    if (targets.empty()) {
        targets.resize(nvme::SimBounds::slots);
    }
    const std::uint32_t slot = nvme::Ticket::slot(ticket);
    const nvme::Slot& command = subsystem_->controller[function].slot[slot];
    const bool one = command.nsid >= 1 && command.nsid <= nvme::SimBounds::namespaces;
    targets[slot] = one ? target_of(function, command.nsid) : Target{};
}

/// The namespace is another one than when the media began. The model says the status; if it lets
/// the command succeed, that was before the change, and the data are gone with the old namespace.
bool NvmeDevice::move_nothing(std::uint16_t function, std::uint32_t ticket) {
    const auto& c = subsystem_->controller[function];
    const nvme::Slot& command = c.slot[nvme::Ticket::slot(ticket)];
    if (command.opcode == rules_.value(spec::Id::OpcodeNvmRead)) {
        std::memset(data(function, ticket, command.length), 0, command.length);
    }
    return command.opcode != rules_.value(spec::Id::OpcodeNvmCompare) ||
           !nvme::attached(c, command.nsid);
}

/// The media are done: the bytes move. False if the media failed or, of a Compare, differ.
bool NvmeDevice::move_payload(std::uint16_t function, std::uint32_t ticket) {
    const auto& c = subsystem_->controller[function];
    const std::uint32_t slot = nvme::Ticket::slot(ticket);
    if (slot == nvme::no_slot || nvme::Ticket::generation(ticket) != c.generation ||
        c.slot[slot].stage != nvme::Stage::Media) {
        return true;
    }
    const nvme::Slot& command = c.slot[slot];
    const auto is = [&](spec::Id opcode) { return command.opcode == rules_.value(opcode); };
    if (command.sqid == 0) {
        return erase_formatted(function);
    }
    if (is(spec::Id::OpcodeNvmFlush)) {
        return store_->flush();
    }
    const Target& was = functions_[function].targets[slot];
    const Target now_is = target_of(function, command.nsid);
    if (!now_is.attached || now_is.format != was.format || now_is.nguid[0] != was.nguid[0] ||
        now_is.nguid[1] != was.nguid[1]) {
        return move_nothing(function, ticket);  // deleted, made anew, formatted or detached
    }
    const std::uint32_t shift = block_shift_of(command.nsid);
    const std::uint64_t at = command.slba << shift;
    if (is(spec::Id::OpcodeNvmWriteZeroes)) {
        return store_->deallocate(command.nsid, at, std::uint64_t{command.dw15} << shift);
    }
    std::uint8_t* const bytes = data(function, ticket, command.length);
    if (is(spec::Id::OpcodeNvmRead)) {
        return store_->read(command.nsid, at, bytes, command.length);
    }
    if (is(spec::Id::OpcodeNvmWrite)) {
        return store_->write(command.nsid, at, bytes, command.length);
    }
    if (is(spec::Id::OpcodeNvmCompare)) {
        std::vector<std::uint8_t> there(command.length);
        return store_->read(command.nsid, at, there.data(), command.length) &&
               std::memcmp(there.data(), bytes, command.length) == 0;
    }
    bool all = true;
    for (std::uint32_t i = 0; i < command.dw15; ++i) {
        const wire::DsmRange range =
            wire::decode_dsm_range(bytes + i * rules_.value(spec::Id::DsmRangeSize), rules_);
        all = store_->deallocate(command.nsid, range.slba << shift,
                                 std::uint64_t{range.nlb} << shift) &&
              all;
    }
    return all;
}

std::uint32_t NvmeDevice::block_shift_of(std::uint32_t nsid) const {
    return nvme::block_shift(params_.config, subsystem_->ns[nsid - 1].format);
}

bool NvmeDevice::erase(std::uint32_t nsid) {
    return store_->deallocate(nsid, 0, subsystem_->ns[nsid - 1].blocks << block_shift_of(nsid));
}

bool NvmeDevice::erase_formatted(std::uint16_t function) {
    bool all = true;
    for (std::uint32_t nsid = 1; nsid <= nvme::SimBounds::namespaces; ++nsid) {
        if (subsystem_->ns[nsid - 1].formatter == function + 1) {
            all = erase(nsid) && all;
        }
    }
    return all;
}

/// Sanitize and the deletion of a namespace take the data with them, without the media's time.
void NvmeDevice::erase_after(const nvme::Slot& command) {
    const auto is = [&](spec::Id opcode) { return command.opcode == rules_.value(opcode); };
    if (command.sqid != 0 || command.status != 0 ||
        (!is(spec::Id::OpcodeAdminSanitize) && !is(spec::Id::OpcodeAdminNamespaceManagement))) {
        return;
    }
    for (std::uint32_t nsid = 1; nsid <= nvme::SimBounds::namespaces; ++nsid) {
        const nvme::Namespace& ns = subsystem_->ns[nsid - 1];
        const bool named = is(spec::Id::OpcodeAdminSanitize) ||
                           command.nsid == wire::nsid_broadcast || command.nsid == nsid;
        if (named && (is(spec::Id::OpcodeAdminSanitize) || ns.blocks == 0)) {
            store_->deallocate(nsid, 0, std::uint64_t{INT64_MAX});
        }
    }
}

}  // namespace lmsim::sim
