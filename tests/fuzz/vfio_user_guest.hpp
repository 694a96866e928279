#pragma once

#include <cstdint>
#include <vector>

#include "model/wire/sqe.hpp"
#include "tests/fuzz/vfio_user_memory.hpp"
#include "tests/fuzz/vfio_user_stream.hpp"

namespace lmsim::fuzz {

/// The memory of one client and what a hostile driver does with it. Addresses are the client's.
class Guest {
  public:
    // Where its memories are, if they are mapped as they should be.
    static constexpr std::uint64_t main_at = 0x100000;
    static constexpr std::uint64_t unsealed_at = 0x200000;
    static constexpr std::uint64_t constant_at = 0x300000;
    static constexpr std::uint64_t own_at = 0x400000;
    static constexpr std::uint64_t main_pages = 64;
    static constexpr std::uint64_t other_pages = 16;
    static constexpr std::uint16_t queues = 4;    // with the admin queue
    static constexpr std::uint32_t entries = 16;  // of each ring

    Guest();

    SharedFile& file(SharedFile::Kind kind);
    OwnMemory& own() { return own_; }
    /// Only what was shared for writing has been written.
    bool check();

    /// Writes that make the controller ready for commands: offset in BAR 0, value.
    using Writes = std::vector<std::pair<std::uint64_t, std::uint32_t>>;
    Writes enable(Choices& choices);
    /// Commands that create the I/O queues; then any commands. Puts them into a ring; the doorbell.
    Writes create_queues();
    Writes submit(Choices& choices);
    Writes reap(Choices& choices, std::uint16_t queue);

  private:
    struct Ring {
        std::uint64_t sq = 0;
        std::uint64_t cq = 0;
        std::uint32_t tail = 0;
        std::uint32_t head = 0;
        bool phase = true;
    };

    void poke(std::uint64_t address, const void* from, std::uint64_t bytes);
    void peek(std::uint64_t address, void* to, std::uint64_t bytes) const;
    void put(std::uint16_t queue, const wire::Sqe& sqe);
    wire::Sqe command(Choices& choices, std::uint16_t queue);
    wire::Sqe admin(Choices& choices);
    wire::Sqe io(Choices& choices);
    wire::Sqe migration(Choices& choices);
    wire::Sqe tracking(Choices& choices);
    wire::Sqe namespaces(Choices& choices);
    void name_data(Choices& choices, wire::Sqe& sqe);
    std::uint64_t data(Choices& choices);
    void fill(Choices& choices, std::uint64_t address);

    SharedFile main_{SharedFile::Kind::Sealed, main_pages};
    SharedFile unsealed_{SharedFile::Kind::Unsealed, other_pages};
    SharedFile constant_{SharedFile::Kind::Constant, other_pages};
    OwnMemory own_;
    Ring rings_[queues];
};

}  // namespace lmsim::fuzz
