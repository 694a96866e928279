#include <algorithm>
#include <systemc>

#include "model/wire/nvm.hpp"
#include "sim/device/nvme_device.hpp"

namespace lmsim::sim {

// The content of the media, and the host's own way to it past the VFs. The host shares channels and
// link with the guest.

namespace {

/// A ticket that no command of a controller has: the slots of those are few.
std::uint32_t host_ticket(std::uint32_t number) {
    return number << 16 | 0xF000U | (number >> 16 & 0xFFFU);
}

/// Of something that takes `low` at `from` and `high` at `to`, as much as is due at `at`.
Ps between(Ps low, Ps high, std::uint64_t from, std::uint64_t to, std::uint64_t at) {
    const Int128 rise = static_cast<Int128>(high - low) * static_cast<Int128>(at - from);
    return low + static_cast<Ps>(rise / static_cast<Int128>(to - from));
}

}  // namespace

/// The time of one read, write or flush for a draw. Sizes between two of the list get what the same
/// draw is of both, in proportion.
Ps NvmeDevice::media_time(nvme::MediaOp op, std::uint64_t bytes, std::uint64_t random) const {
    const bool read = op == nvme::MediaOp::Read;
    if (op == nvme::MediaOp::Flush) {
        return params_.media_flush.at(random).ps;
    }
    const std::vector<SizedMedia>& sizes = params_.sizes;
    if (sizes.empty()) {
        return (read ? params_.media_read : params_.media_write).at(random).ps;
    }
    const auto time = [&](const SizedMedia& size) {
        return (read ? size.read : size.write).at(random).ps;
    };
    const auto above = std::find_if(sizes.begin(), sizes.end(),
                                    [&](const SizedMedia& size) { return size.bytes >= bytes; });
    if (above == sizes.end() || above == sizes.begin()) {
        return time(above == sizes.end() ? sizes.back() : sizes.front());
    }
    const SizedMedia& below = *(above - 1);
    return between(time(below), time(*above), below.bytes, above->bytes, bytes);
}

/// When somebody else's media are done with it.
Ps NvmeDevice::model_time(const MediaWork& work) {
    const Ps spent = media_model_->takes(work, now());
    if (spent < 0) {
        SC_REPORT_FATAL("lmsim", "a MediaModel says that a command takes less than no time");
    }
    media_.busy += spent;
    return now() + spent + work.extra;
}

void NvmeDevice::host_media(nvme::MediaOp op, const std::vector<HostPiece>& pieces,
                            std::uint64_t most, std::function<void()> done) {
    static_assert(nvme::SimBounds::slots < 0xF000);
    const std::uint32_t ticket = host_ticket(next_host_io_++);
    HostIo& io = host_ios_[ticket];
    io.done = std::move(done);
    io.left = 1;  // what follows
    Ps end = now();
    for (const HostPiece& piece : pieces) {
        std::uint64_t lba = piece.lba;
        for (std::uint64_t left = piece.bytes; left != 0;) {
            const std::uint64_t part = std::min(left, most);
            if (media_model_ != nullptr) {
                end = std::max(
                    end, model_time({op, 0, ticket, static_cast<std::uint32_t>(part), lba, 0}));
            } else if (die_media_) {
                ++io.left;
                die_media_->start({op, 0, ticket, static_cast<std::uint32_t>(part), lba, 0});
            } else {
                const Ps spent = media_time(op, part, host_random_.next());
                end = std::max(end, media_.take(now(), spent).end);
            }
            lba += part / params_.config.block_bytes;
            left -= part;
        }
    }
    post_once(end, static_cast<std::uint32_t>(Kind::Media), 0, ticket);
}

/// Is it a piece of the host's own I/O that the media have done?
bool NvmeDevice::host_done(const Event& event) {
    const auto found = host_ios_.find(static_cast<std::uint32_t>(event.b));
    if (event.a != 0 || found == host_ios_.end()) {
        return false;
    }
    if (--found->second.left == 0) {
        const std::function<void()> done = std::move(found->second.done);
        host_ios_.erase(found);
        done();
    }
    return true;
}

Ps NvmeDevice::host_link(bool up, std::uint64_t bytes) {
    // At most 8 MiB at once (PcieCost::time).
    constexpr std::uint64_t most = std::uint64_t{4} << 20;
    Pipe& pipe = up ? up_ : down_;
    Ps gone = now();
    for (std::uint64_t left = bytes; left != 0;) {
        const std::uint64_t part = std::min(left, most);
        const std::uint64_t wire =
            up ? params_.pcie.write_bytes(part) : params_.pcie.completion_bytes(part);
        gone = pipe.reserve(now(), params_.pcie.time(wire));
        left -= part;
    }
    return gone + params_.link_latency;
}

void NvmeDevice::allocate_blocks(std::uint32_t nsid, std::uint64_t blocks) {
    if (params_.config.track_allocation && blocks != 0) {
        allocated(nsid).set(0, blocks);
    }
}

void NvmeDevice::adopt_identity(std::uint32_t nsid, const NvmeDevice& from) {
    const nvme::Namespace& other = from.subsystem_->ns[nsid - 1];
    nvme::Namespace& own = subsystem_->ns[nsid - 1];
    own.nguid[0] = other.nguid[0];
    own.nguid[1] = other.nguid[1];
}

/// The media are done with a command of a VF: which changes that makes.
void NvmeDevice::tell_changes(const Event& event) {
    const auto function = static_cast<std::uint16_t>(event.a);
    const auto ticket = static_cast<std::uint32_t>(event.b);
    const auto& c = subsystem_->controller[function];
    const std::uint32_t slot = nvme::Ticket::slot(ticket);
    if (function == 0 || nvme::Ticket::generation(ticket) != c.generation ||
        slot == nvme::no_slot) {
        return;
    }
    const nvme::Slot& command = c.slot[slot];
    if (command.stage != nvme::Stage::Media || command.sqid == 0) {
        return;
    }
    const auto is = [&](spec::Id opcode) { return command.opcode == rules_.value(opcode); };
    if (is(spec::Id::OpcodeNvmWrite)) {
        return media_listener_->changed(
            {function, command.nsid, command.slba, command.dw15, false, ticket});
    }
    if (is(spec::Id::OpcodeNvmWriteZeroes)) {
        return media_listener_->changed(
            {function, command.nsid, command.slba, command.dw15, true, ticket});
    }
    if (is(spec::Id::OpcodeNvmDatasetManagement)) {
        const std::uint8_t* ranges = data(function, ticket, command.length);
        for (std::uint32_t i = 0; i < command.dw15; ++i) {
            const wire::DsmRange range =
                wire::decode_dsm_range(ranges + i * rules_.value(spec::Id::DsmRangeSize), rules_);
            if (range.nlb != 0) {
                media_listener_->changed(
                    {function, command.nsid, range.slba, range.nlb, true, ticket});
            }
        }
    }
}

void NvmeDevice::mirror_write(const Effect& effect) {
    const std::pair<std::uint16_t, std::uint32_t> key{effect.function, effect.ticket};
    const auto& c = subsystem_->controller[effect.function];
    const std::uint32_t nsid = c.slot[nvme::Ticket::slot(effect.ticket)].nsid;
    if (media_listener_->mirrors(effect.function, effect.ticket, nsid, effect.address,
                                 effect.length)) {
        mirrored_[key] = false;
    }
}

/// Has the end of a write to wait for the other side?
bool NvmeDevice::waits_for_mirror(const Event& event) {
    const auto found =
        mirrored_.find({static_cast<std::uint16_t>(event.a), static_cast<std::uint32_t>(event.b)});
    if (found == mirrored_.end()) {
        return false;
    }
    found->second = true;
    return true;
}

void NvmeDevice::mirrored(std::uint16_t function, std::uint32_t ticket) {
    const auto found = mirrored_.find({function, ticket});
    if (found == mirrored_.end()) {
        return;
    }
    const bool held = found->second;
    mirrored_.erase(found);
    if (held) {
        Event event{};
        event.kind = static_cast<std::uint32_t>(Kind::Media);
        event.a = function;
        event.b = ticket;
        handle(event);
    }
}

}  // namespace lmsim::sim
