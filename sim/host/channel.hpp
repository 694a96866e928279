#pragma once

#include <cstdint>

#include "sim/core/units.hpp"
#include "sim/link/pcie.hpp"

namespace lmsim::sim {

/// The network between the two VMMs: one direction each way, shared by all streams. A stream is
/// bound by its CPU, all of them by the network.
struct Channel {
    Bandwidth bandwidth;
    Bandwidth stream_limit;
    std::uint32_t streams = 1;
    Ps one_way = 0;
    std::uint64_t buffer = 0;  // bytes of the main stream, sent and not taken; 0: no limit

    Pipe forward;
    Pipe back;

    Bandwidth stream_rate() const { return bandwidth < stream_limit ? bandwidth : stream_limit; }
    Bandwidth page_rate() const {
        const Bandwidth all = stream_limit * std::uint64_t{streams};
        return bandwidth < all ? bandwidth : all;
    }
    /// When the last byte of what the main stream sends now has left.
    Ps send(Ps now, std::uint64_t bytes) {
        return forward.reserve(now, transfer(Bytes{bytes}, stream_rate()).ps);
    }
    /// The same for pages, over all streams.
    Ps send_pages(Ps now, std::uint64_t bytes) {
        return forward.reserve(now, transfer(Bytes{bytes}, page_rate()).ps);
    }
    /// The same for what one channel among others carries: its CPU bounds it, while the network
    /// goes on to the next one's.
    Ps send_job(Ps now, std::uint64_t bytes) {
        const Ps alone = now + transfer(Bytes{bytes}, stream_rate()).ps;
        const Ps shared = forward.reserve(now, transfer(Bytes{bytes}, bandwidth).ps);
        return alone > shared ? alone : shared;
    }
    Ps reply(Ps now, std::uint64_t bytes) {
        return back.reserve(now, transfer(Bytes{bytes}, stream_rate()).ps);
    }
};

}  // namespace lmsim::sim
