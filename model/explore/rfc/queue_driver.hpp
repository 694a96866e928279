#pragma once

#include <cstdint>
#include <vector>

#include "model/explore/rfc/timeless_device.hpp"
#include "model/wire/cqe.hpp"
#include "model/wire/sqe.hpp"

namespace lmsim::explore {

/// The driver of a function of a device without time: its queues stand in the memory of its host,
/// and go on with another device that has the same state and the same memory. What it does to get
/// ready has to succeed (asserted).
class QueueDriver {
  public:
    using Device = nvme::bench::Device;
    static constexpr std::uint32_t entries = 16;  // of each queue
    static constexpr std::uint64_t data_address = std::uint64_t{1} << 40;
    static constexpr std::uint64_t list_address = std::uint64_t{1} << 41;

    QueueDriver(Device& device, std::uint16_t function) : device_(&device), function_(function) {}

    /// Goes on at another device, whose function has the same memory.
    void move_to(Device& device) { device_ = &device; }

    void enable();
    /// Creates pairs 1 to n.
    void create_pairs(std::uint16_t n);

    /// Puts a command into the queue and rings; its CID.
    std::uint16_t submit(std::uint16_t qid, wire::Sqe sqe);
    /// Completions that are new, oldest first.
    std::vector<wire::Cqe> take(std::uint16_t qid);
    /// One admin command to its completion.
    wire::Cqe admin(const wire::Sqe& sqe);
    /// The command with its data at data_address and on, contiguous.
    wire::Sqe with_data(wire::Sqe sqe, std::uint64_t length, std::uint64_t offset = 0);

    nvme::bench::Memory& memory() { return *device_->memory.at(function_); }

  private:
    struct Pair {
        std::uint32_t tail = 0;
        std::uint32_t head = 0;
        bool phase = true;
        std::uint16_t next_cid = 0;
    };
    static std::uint64_t sq_at(std::uint16_t qid) { return (2ULL * qid + 1) << 24; }
    static std::uint64_t cq_at(std::uint16_t qid) { return (2ULL * qid + 2) << 24; }

    Device* device_;
    std::uint16_t function_;
    std::vector<Pair> pairs_ = std::vector<Pair>(1);
};

}  // namespace lmsim::explore
