#pragma once

#include <atomic>
#include <cstdint>

#include "model/wire/cqe.hpp"
#include "model/wire/sqe.hpp"
#include "sim/bridge/device_port.hpp"

namespace lmsim::sim {

/// The host's half of a submission and completion queue pair, over any DevicePort: what a driver
/// writes into memory and rings. It keeps no commands; CIDs are the caller's.
class QueuePair {
  public:
    QueuePair() = default;
    /// Allocates both rings: slots of the submission queue and of the completion queue, 2 to 65536;
    /// one of each always stays empty.
    QueuePair(DevicePort& port, std::uint16_t id, std::uint32_t entries, std::uint32_t cq_entries)
        : port_(&port),
          memory_(&port.memory()),
          sq_base_(port.allocate(std::uint64_t{64} * entries)),
          cq_base_(port.allocate(std::uint64_t{16} * cq_entries)),
          entries_(entries),
          cq_entries_(cq_entries),
          id_(id) {}

    /// Rings that are there already; clear() or go_on() says how far they are.
    QueuePair(DevicePort& port, std::uint16_t id, std::uint32_t entries, std::uint32_t cq_entries,
              std::uint64_t sq_base, std::uint64_t cq_base)
        : port_(&port),
          memory_(&port.memory()),
          sq_base_(sq_base),
          cq_base_(cq_base),
          entries_(entries),
          cq_entries_(cq_entries),
          id_(id) {}

    std::uint16_t id() const { return id_; }
    std::uint32_t entries() const { return entries_; }
    std::uint32_t cq_entries() const { return cq_entries_; }
    std::uint64_t sq_base() const { return sq_base_; }
    std::uint64_t cq_base() const { return cq_base_; }

    /// Room for one more command, as far as completions have told (SQHD).
    bool has_room() const { return next(sq_tail_) != sq_head_; }

    /// Writes the command into the ring and rings the doorbell.
    void submit(const wire::Sqe& sqe) {
        const std::uint64_t address = sq_base_ + std::uint64_t{64} * sq_tail_;
        wire::encode(sqe, memory_->bytes(address, 64));
        memory_->wrote(address, 64);
        sq_tail_ = next(sq_tail_);
        port_->write(reg::sq_doorbell(id_), sq_tail_, 4);
    }

    /// Hands every new completion to `take(const wire::Cqe&)`, then moves the head once.
    template <class Take>
    std::uint32_t reap(Take&& take) {
        std::uint32_t count = 0;
        for (;;) {
            const std::uint64_t address = cq_base_ + std::uint64_t{16} * cq_head_;
            const std::uint8_t* entry = memory_->bytes(address, 16);
            if (wire::phase_of(entry) != phase_) {
                break;
            }
            // The rest of the entry is read after its phase tag, whoever writes it.
            std::atomic_thread_fence(std::memory_order_acquire);
            const wire::Cqe cqe = wire::decode_cqe(entry);
            sq_head_ = cqe.sqhd;
            cq_head_ = cq_head_ + 1 == cq_entries_ ? 0 : cq_head_ + 1;
            phase_ = phase_ != (cq_head_ == 0);
            ++count;
            take(cqe);
        }
        if (count != 0) {
            port_->write(reg::cq_doorbell(id_), cq_head_, 4);
        }
        return count;
    }

    /// Shows every completion that is there and not yet taken to `see(const wire::Cqe&)`.
    template <class See>
    void peek(See&& see) const {
        std::uint32_t at = cq_head_;
        bool phase = phase_;
        for (;;) {
            const std::uint8_t* entry = memory_->bytes(cq_base_ + std::uint64_t{16} * at, 16);
            if (wire::phase_of(entry) != phase) {
                return;
            }
            see(wire::decode_cqe(entry));
            at = at + 1 == cq_entries_ ? 0 : at + 1;
            phase = phase != (at == 0);
        }
    }

    /// The owner moved to another host: the same rings at the same addresses, behind another port.
    void move(DevicePort& port) {
        port_ = &port;
        memory_ = &port.memory();
    }

    /// As after the controller's reset: both rings empty, phase tags cleared.
    void clear() {
        memory_->clear(cq_base_, std::uint64_t{16} * cq_entries_);
        sq_tail_ = sq_head_ = cq_head_ = 0;
        phase_ = true;
    }

    /// Somebody else has used the rings: the next command goes into this slot of the submission
    /// queue, which is empty, and the next completion comes into that slot with this phase tag.
    void go_on(std::uint32_t sq_tail, std::uint32_t cq_head, bool phase) {
        sq_tail_ = sq_head_ = sq_tail;
        cq_head_ = cq_head;
        phase_ = phase;
    }

  private:
    std::uint32_t next(std::uint32_t slot) const { return slot + 1 == entries_ ? 0 : slot + 1; }

    DevicePort* port_ = nullptr;
    Memory* memory_ = nullptr;
    std::uint64_t sq_base_ = 0;
    std::uint64_t cq_base_ = 0;
    std::uint32_t entries_ = 0;
    std::uint32_t cq_entries_ = 0;
    std::uint32_t sq_tail_ = 0;
    std::uint32_t sq_head_ = 0;
    std::uint32_t cq_head_ = 0;
    std::uint16_t id_ = 0;
    bool phase_ = true;
};

}  // namespace lmsim::sim
