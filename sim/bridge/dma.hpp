#pragma once

#include <cstdint>

namespace lmsim::sim {

/// Memory of a real peer that a function reaches by DMA, payload and all: what a bridge puts in
/// the place of Memory. Addresses are I/O virtual; nothing outside of what the peer has mapped is
/// ever touched.
class Dma {
  public:
    virtual ~Dma() = default;
    /// Is all of it mapped, for reading or for writing? `length` may be anything.
    virtual bool reaches(std::uint64_t address, std::uint64_t length) const = 0;
    /// False if a part of it cannot be read (written). Nothing is if it is not mapped for that; if
    /// the peer fails at a part that is, what comes before it may be done.
    virtual bool read(std::uint64_t address, std::uint8_t* to, std::uint64_t length) = 0;
    virtual bool write(std::uint64_t address, const std::uint8_t* from, std::uint64_t length) = 0;
};

}  // namespace lmsim::sim
