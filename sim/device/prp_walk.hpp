#pragma once

#include <cstdint>
#include <utility>

#include "model/wire/prp.hpp"
#include "sim/host/memory.hpp"

namespace lmsim::sim {

/// Calls visit(address, length) for each piece of host memory that PRP1, PRP2 and the lists behind
/// it name. False if the PRPs are malformed or leave the memory: then nothing more is visited.
template <class Visit>
bool walk_prp(Memory& memory, std::uint64_t prp1, std::uint64_t prp2, std::uint64_t length,
              Visit&& visit) {
    bool inside = true;
    const auto place = [&](const wire::PrpSegment& segment) {
        const std::uint64_t end = memory.pages() * page_size;
        inside = inside && segment.address < end && segment.length <= end - segment.address;
        if (inside) {
            visit(segment.address, std::uint64_t{segment.length});
        }
    };
    wire::PrpWalk walk = wire::begin_prp(prp1, prp2, length, page_size, place);
    while (walk.needs_list() && inside) {
        if (!memory.has_bytes(walk.list, walk.list_bytes)) {
            return false;
        }
        walk = wire::continue_prp(walk, memory.bytes(walk.list, walk.list_bytes), walk.list_bytes,
                                  place);
    }
    return inside && walk.done();
}

}  // namespace lmsim::sim
