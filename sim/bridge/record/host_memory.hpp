#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sim/core/result.hpp"
#include "sim/host/memory.hpp"

namespace lmsim::sim::record {

/// The memory that the host's side works on while a session is recorded or replayed. The device's
/// own stands elsewhere, so that the host sees no byte of it that nobody has written down; what
/// both had last in common is kept beside it.
class HostMemory : private MemoryWatch {
  public:
    /// The host is about to look at these pages: now put() what the device has changed there.
    using Fetch = std::function<void(std::uint64_t first, std::uint64_t pages)>;
    /// A change: its address and bytes.
    using Change = std::function<void(std::uint64_t address, const std::string& bytes)>;

    /// The first pages count as allocated.
    static Result<std::unique_ptr<HostMemory>> make(std::uint64_t pages, std::uint64_t allocated,
                                                    Fetch fetch);
    HostMemory(const HostMemory&) = delete;
    HostMemory& operator=(const HostMemory&) = delete;
    ~HostMemory() override;

    Memory& memory() { return *memory_; }
    const std::uint8_t* common(std::uint64_t page) const { return common_ + page * page_size; }

    /// Hands out what the host has changed since the last call, in the order of addresses; it is
    /// common from then on. Bytes between two changes near each other may be part of one.
    void take_changes(const Change& change);
    /// The device has changed these bytes.
    void put(std::uint64_t address, const std::string& bytes);
    /// Whether the host has changed something through a pointer that it had for too long: where.
    /// Nothing is said of what it has reached since the last take_changes().
    std::string stray() const;

  private:
    HostMemory() = default;
    void reached(std::uint64_t address, std::uint64_t length) override;

    std::uint64_t bytes_ = 0;
    std::uint8_t* host_ = nullptr;
    std::uint8_t* common_ = nullptr;
    std::unique_ptr<Memory> memory_;
    Fetch fetch_;
    std::vector<std::uint64_t> fresh_;  // pages reached since the last take_changes()
    std::vector<bool> is_fresh_;
    std::vector<bool> ever_;  // reached
};

/// Where `now` differs from `before`, page by page: differences near each other are one change.
void compare_page(const std::uint8_t* now, const std::uint8_t* before, std::uint64_t address,
                  const HostMemory::Change& change);

}  // namespace lmsim::sim::record
