#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "model/host/memory_log.hpp"
#include "model/nvme/config.hpp"
#include "model/vfio/feature.hpp"
#include "model/wire/track.hpp"
#include "sim/bridge/pace.hpp"
#include "sim/host/admin_queue.hpp"
#include "sim/host/memory.hpp"

namespace lmsim::sim::vfio_user {

/// VFIO's DMA logging of one VF, as its driver does it: the device tracks the memory that the VF
/// writes (host::MemoryLog), and what its reports bring is kept until the user asks for it.
class MigrationLog {
  public:
    /// All of them outlive it. Takes memory_bytes() of the memory.
    MigrationLog(AdminQueue& admin, Memory& memory, const nvme::Config& config,
                 const spec::Rules& rules, Pace& pace);
    static std::uint64_t memory_bytes(const nvme::Config& config);

    /// Begins to track the ranges, in pages of `page_size` or what comes nearest. They have passed
    /// vfio::check_log_start().
    vfio::Errno start(std::uint16_t cntlid, std::uint64_t page_size,
                      const std::vector<vfio::LogRange>& ranges);
    /// Of the tracking.
    std::uint64_t page_size() const;
    /// Sets the bits of pages of `page_size` from `iova` on that were written since they were
    /// reported; `bitmap` has one for each.
    vfio::Errno report(std::uint64_t iova, std::uint64_t length, std::uint64_t page_size,
                       std::uint8_t* bitmap);
    /// A suspended controller takes no such command (NVMe Base 2.3, 5.2.28): then the device is
    /// told at the next start.
    void stop(bool suspended);

  private:
    vfio::Errno request(host::MemoryLogEvent::Kind kind);
    void step(const host::MemoryLogEvent& event);
    void submit(const Effect& effect);
    std::optional<std::vector<wire::MemoryRange>> pieces(std::uint8_t granularity) const;
    std::uint64_t write_ranges(std::uint8_t granularity);
    void take_report();
    void mark(std::uint64_t first, std::uint64_t last);

    AdminQueue& admin_;
    Memory& memory_;
    const spec::Rules& rules_;
    Pace& pace_;
    bool power_of_two_;
    std::uint8_t finest_;
    std::uint64_t buffer_;
    std::uint64_t list_;
    host::MemoryLog log_;
    std::vector<vfio::LogRange> ranges_;
    std::map<std::uint64_t, std::uint64_t> written_;  // first byte, last byte; none touch
    std::optional<vfio::Errno> answer_;
};

}  // namespace lmsim::sim::vfio_user
