#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "model/wire/prp.hpp"
#include "sim/bridge/dma.hpp"
#include "sim/host/memory.hpp"

namespace lmsim::sim {

/// A simulated memory as a walk sees it.
struct SimulatedHost {
    Memory& memory;

    bool reaches(std::uint64_t address, std::uint64_t length) const {
        const std::uint64_t end = memory.pages() * page_size;
        return address < end && length <= end - address;
    }
    /// The bytes of a PRP List; nullptr if there are none.
    const std::uint8_t* list(std::uint64_t address, std::uint64_t length) const {
        return memory.has_bytes(address, length) ? memory.bytes(address, length) : nullptr;
    }
};

/// The memory of a real peer.
struct PeerHost {
    Dma& dma;
    std::vector<std::uint8_t> bytes = {};

    bool reaches(std::uint64_t address, std::uint64_t length) const {
        return dma.reaches(address, length);
    }
    const std::uint8_t* list(std::uint64_t address, std::uint64_t length) {
        bytes.resize(length);
        return dma.read(address, bytes.data(), length) ? bytes.data() : nullptr;
    }
};

/// Calls visit(address, length) for each piece of host memory that PRP1, PRP2 and the lists behind
/// it name. False if the PRPs are malformed or leave the memory: then nothing more is visited.
template <class Host, class Visit>
bool walk_prp(Host&& host, std::uint64_t prp1, std::uint64_t prp2, std::uint64_t length,
              Visit&& visit) {
    bool inside = true;
    const auto place = [&](const wire::PrpSegment& segment) {
        inside = inside && host.reaches(segment.address, segment.length);
        if (inside) {
            visit(segment.address, std::uint64_t{segment.length});
        }
    };
    wire::PrpWalk walk = wire::begin_prp(prp1, prp2, length, page_size, place);
    while (walk.needs_list() && inside) {
        const std::uint8_t* entries = host.list(walk.list, walk.list_bytes);
        if (entries == nullptr) {
            return false;
        }
        walk = wire::continue_prp(walk, entries, walk.list_bytes, place);
    }
    return inside && walk.done();
}

}  // namespace lmsim::sim
