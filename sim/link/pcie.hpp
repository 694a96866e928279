#pragma once

#include <cstdint>

#include "sim/core/event_queue.hpp"

namespace lmsim::sim {

/// A PCIe link as its users feel it: bytes on the wire per TLP, time per byte.
/// Model of Neugebauer et al., "Understanding PCIe performance for end host networking",
/// SIGCOMM 2018: a posted write costs 24 bytes a TLP of at most MPS, a completion 20.
struct PcieCost {
    std::uint64_t mps = 256;
    std::uint64_t read_request_max = 512;  // MRRS
    std::uint64_t write_header = 24;
    std::uint64_t read_header = 24;
    std::uint64_t completion_header = 20;
    // Time per byte as a fraction of picoseconds, data-link overhead included.
    std::uint64_t ps_numerator = 0;
    std::uint64_t ps_denominator = 1;

    /// `gigatransfers`: 8, 16, 32 or 64 GT/s a lane, 128b/130b encoding; `overhead_ppm`: what DLLPs
    /// (acknowledgements, flow control) take.
    void set_rate(std::uint64_t gigatransfers, std::uint64_t lanes, std::uint64_t overhead_ppm);

    std::uint64_t tlps(std::uint64_t bytes, std::uint64_t size) const {
        return (bytes + size - 1) / size;
    }
    std::uint64_t write_bytes(std::uint64_t bytes) const {
        return bytes + tlps(bytes, mps) * write_header;
    }
    std::uint64_t request_bytes(std::uint64_t bytes) const {
        return tlps(bytes, read_request_max) * read_header;
    }
    std::uint64_t completion_bytes(std::uint64_t bytes) const {
        return bytes + tlps(bytes, mps) * completion_header;
    }
    /// Rounded up to whole picoseconds. At most 8 MiB.
    Ps time(std::uint64_t wire_bytes) const {
        return static_cast<Ps>((wire_bytes * ps_numerator + ps_denominator - 1) / ps_denominator);
    }
};

/// One direction of a link: a FIFO server shared by all functions.
struct Pipe {
    Ps free_at = 0;
    Ps busy = 0;

    /// When the last byte of something that wants to leave now has left.
    Ps reserve(Ps now, Ps duration) {
        free_at = (free_at > now ? free_at : now) + duration;
        busy += duration;
        return free_at;
    }
    /// Of `busy`, what lies before now.
    Ps used(Ps now) const { return free_at > now ? busy - (free_at - now) : busy; }
};

}  // namespace lmsim::sim
