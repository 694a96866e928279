#pragma once

#include <cstdint>

#include "sim/core/units.hpp"
#include "sim/link/pcie.hpp"

namespace lmsim::sim {

/// A network that several migrations share: whoever sends first goes first. Each has a piece under
/// way at a time on each of its streams, so that they take turns.
struct Network {
    Pipe forward;
    Pipe back;
};

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
    Network* network = nullptr;  // what others send over, too; nullptr: nobody does
    Ps waited = 0;               // for others on it

    Bandwidth stream_rate() const { return bandwidth < stream_limit ? bandwidth : stream_limit; }
    Bandwidth page_rate() const {
        const Bandwidth all = stream_limit * std::uint64_t{streams};
        return bandwidth < all ? bandwidth : all;
    }
    /// When the last byte of what the main stream sends now has left.
    Ps send(Ps now, std::uint64_t bytes) {
        const Ps alone = forward.reserve(now, transfer(Bytes{bytes}, stream_rate()).ps);
        return share(forward, &Network::forward, now, bytes, alone);
    }
    /// The same for pages, over all streams.
    Ps send_pages(Ps now, std::uint64_t bytes) {
        const Ps alone = forward.reserve(now, transfer(Bytes{bytes}, page_rate()).ps);
        return share(forward, &Network::forward, now, bytes, alone);
    }
    /// The same for what one channel among others carries: its CPU bounds it, while the network
    /// goes on to the next one's.
    Ps send_job(Ps now, std::uint64_t bytes) {
        const Ps alone = now + transfer(Bytes{bytes}, stream_rate()).ps;
        const Ps own = forward.reserve(now, transfer(Bytes{bytes}, bandwidth).ps);
        const Ps shared = share(forward, &Network::forward, now, bytes, own);
        return alone > shared ? alone : shared;
    }
    Ps reply(Ps now, std::uint64_t bytes) {
        const Ps alone = back.reserve(now, transfer(Bytes{bytes}, stream_rate()).ps);
        return share(back, &Network::back, now, bytes, alone);
    }

  private:
    /// What has left by `alone` if nobody else sends: when it has if others do.
    Ps share(Pipe& own, Pipe Network::*way, Ps now, std::uint64_t bytes, Ps alone) {
        if (network == nullptr) {
            return alone;
        }
        const Ps shared = (network->*way).reserve(now, transfer(Bytes{bytes}, bandwidth).ps);
        if (shared <= alone) {
            return alone;
        }
        waited += shared - alone;
        own.free_at = shared;  // what it sends next is behind this
        return shared;
    }
};

}  // namespace lmsim::sim
