#include <algorithm>

#include "sim/host/media_copy.hpp"

// What the media tell of the guest's writes, and how both sides get them.

namespace lmsim::sim {

void MediaCopy::changed(const MediaChange& change) {
    const std::uint64_t token = change.deallocated ? 0 : next_token_++;
    content_[change.nsid].put(change.slba, change.blocks, token);
    ++writes_.by_nsid[change.nsid];
    ++writes_.by_vf[static_cast<std::uint16_t>(change.function - 1)];
    if (!on_ || !timing_.mirror) {
        return;
    }
    const std::size_t index = find(change.nsid);
    if (index == namespaces_.size()) {
        return;
    }
    Namespace& ns = namespaces_[index];
    if (mirrored_.erase({change.function, change.ticket}) == 0) {
        // It began before writes were mirrored.
        const std::uint64_t blocks = timing_.granule / timing_.block_bytes;
        const std::uint64_t first = change.slba / blocks;
        ns.set.note(first, (change.slba + change.blocks + blocks - 1) / blocks - first);
        return;
    }
    ns.destination.put(change.slba, change.blocks, token);
    update_chunks(index, change, token);
}

/// A chunk under way was read before: what is newer is on the other side and stays.
void MediaCopy::update_chunks(std::size_t ns, const MediaChange& change, std::uint64_t token) {
    for (Chunk& chunk : chunks_) {
        if (chunk.ns != ns || chunk.tokens.empty()) {
            continue;
        }
        std::uint64_t at = 0;
        for (const Part& part : chunk.parts) {
            const std::uint64_t from = std::max(part.lba, change.slba);
            const std::uint64_t to = std::min(part.lba + part.blocks, change.slba + change.blocks);
            for (std::uint64_t lba = from; lba < to; ++lba) {
                chunk.tokens[at + lba - part.lba] = token;
            }
            at += part.blocks;
        }
    }
}

bool MediaCopy::mirrors(std::uint16_t function, std::uint32_t ticket, std::uint32_t nsid,
                        std::uint64_t slba, std::uint64_t bytes) {
    const bool local = find(nsid) != namespaces_.size();
    if (!on_ || !timing_.mirror || finished_ != nullptr || !local) {
        return false;
    }
    mirrored_[{function, ticket}] = slba;
    used_.mirrored_bytes += bytes;
    const Ps gone = channel_.forward.reserve(now(), transfer(Bytes{bytes}, channel_.bandwidth).ps);
    post_once(gone + channel_.one_way, static_cast<std::uint32_t>(Kind::MirrorArrived),
              static_cast<std::uint32_t>(bytes), std::uint64_t{function} << 32 | ticket);
    return true;
}

/// Function and ticket of a write that both sides get.
std::pair<std::uint16_t, std::uint32_t> MediaCopy::write_of(const Event& event) {
    return {static_cast<std::uint16_t>(event.b >> 32), static_cast<std::uint32_t>(event.b)};
}

void MediaCopy::step_mirror(const Event& event) {
    const auto next = [&](Ps at, Kind then) {
        post_once(at, static_cast<std::uint32_t>(then), event.a, event.b);
    };
    switch (static_cast<Kind>(event.kind)) {
        case Kind::MirrorArrived:
            return next(destination_.device->host_link(false, event.a), Kind::MirrorInDevice);
        case Kind::MirrorInDevice:
            return destination_.device->host_media(
                nvme::MediaOp::Write, {{mirrored_.at(write_of(event)), event.a}}, timing_.piece,
                [this, event] {
                    post_once(now() + channel_.one_way, static_cast<std::uint32_t>(Kind::Mirrored),
                              event.a, event.b);
                });
        default: {
            const auto [function, ticket] = write_of(event);
            source_.device->mirrored(function, ticket);
        }
    }
}

}  // namespace lmsim::sim
