#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "model/nvme/lba_map.hpp"
#include "model/nvme/tracked_memory.hpp"

namespace lmsim::nvme {

/// What a function's host has read and written since the device is there.
struct Usage {
    std::uint64_t reads = 0;  // commands completed: Read, Compare
    std::uint64_t writes = 0;
    std::uint64_t bytes_read = 0;
    std::uint64_t bytes_written = 0;
    std::uint64_t media_errors = 0;
};

/// Bulk data that the model names but does not hold.
class Env {
  public:
    virtual ~Env() = default;
    /// The data of an admin command, `length` bytes, the same memory for its whole life.
    virtual std::uint8_t* data(std::uint16_t function, std::uint32_t ticket,
                               std::uint32_t length) = 0;
    /// Where the pieces of Set Controller State for a function are put together.
    virtual std::uint8_t* staging(std::uint16_t function, std::uint64_t length) = 0;
    /// The opaque vendor state of a function: Config::vendor_bytes.
    virtual std::uint8_t* vendor(std::uint16_t function) = 0;
    /// Is this host memory that the function reaches by DMA? `length` may be anything.
    virtual bool reaches(std::uint16_t function, std::uint64_t address, std::uint64_t length) = 0;
    /// The page addresses of a discontiguous CDQ, `pages` of them, for the life of the queue.
    virtual std::uint64_t* cdq_pages(std::uint16_t cdqid, std::uint32_t pages) = 0;
    /// Which blocks of a namespace are allocated.
    virtual LbaMap& allocated(std::uint32_t nsid) = 0;
    /// Which granules of the function's tracked ranges were written: Env marks every write of the
    /// function's own (data, completions, command data), nobody else's.
    virtual TrackedMemory& tracked(std::uint16_t function) = 0;
    /// Where the function counts what SMART / Health Information tells; null: nobody asks for it.
    virtual Usage* usage(std::uint16_t) { return nullptr; }

    // Of a controller's state most is the vendor's, which may be megabytes of zeros. An Env that
    // keeps none of those overrides all of these.

    /// Of the opaque vendor state of `length` bytes: how many lie before nothing but zeros?
    virtual std::size_t vendor_stored(std::uint16_t, std::size_t length) { return length; }
    /// That state becomes another one, of which `from` holds `some` bytes; the rest is zeros.
    virtual void load_vendor(std::uint16_t function, const std::uint8_t* from, std::size_t some,
                             std::size_t length) {
        std::uint8_t* const to = vendor(function);
        std::memcpy(to, from, some);
        std::memset(to + some, 0, length - some);
    }
    /// data() of a command that reads a piece of a state: zeros from `some` on.
    virtual std::uint8_t* piece_out(std::uint16_t function, std::uint32_t ticket,
                                    std::uint32_t length, std::size_t some) {
        std::uint8_t* const to = data(function, ticket, length);
        std::memset(to + some, 0, length - some);
        return to;
    }
    /// Puts data() of a command that brings a piece of a state at its place in staging(), which
    /// is returned.
    virtual const std::uint8_t* piece_in(std::uint16_t function, std::uint64_t offset,
                                         std::uint32_t ticket, std::uint32_t length) {
        std::uint8_t* const staged = staging(function, offset + length);
        if (length != 0) {
            std::memcpy(staged + offset, data(0, ticket, length), length);
        }
        return staged;
    }
    /// Of so many bytes of staging(): how many lie before nothing but zeros?
    virtual std::size_t staged(std::uint16_t, std::size_t length) { return length; }
};

}  // namespace lmsim::nvme
