#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "model/wire/admin.hpp"
#include "model/wire/bits.hpp"
#include "sim/bridge/pf_driver.hpp"

/// An admin queue that an earlier process has left behind. Where its rings are stands in the
/// properties; how far they are does not, and is found with commands that change nothing.
namespace lmsim::sim {

namespace {

constexpr Ps quiet = 50 * ps_per_ms;  // in which a device that has a command completes one
constexpr Ps take_over_limit = 10'000 * ps_per_ms;
constexpr std::uint8_t poison_byte = 0xff;
constexpr std::size_t entry_size = 16;
constexpr std::size_t status_at = 14;  // bit 0: the phase tag

}  // namespace

std::uint8_t* PfDriver::cq_slot(std::uint32_t slot) const {
    return port_.memory().bytes(queue_.cq_base() + entry_size * slot, entry_size);
}

void PfDriver::poison() {
    const std::uint64_t size = entry_size * queue_.cq_entries();
    std::memset(port_.memory().bytes(queue_.cq_base(), size), poison_byte, size);
}

std::vector<std::uint32_t> PfDriver::written() const {
    const auto is_written = [&](std::uint32_t slot) {
        const std::uint8_t* entry = cq_slot(slot);
        return std::any_of(entry, entry + entry_size,
                           [](std::uint8_t byte) { return byte != poison_byte; });
    };
    const std::uint32_t count = queue_.cq_entries();
    std::uint32_t first = 0;
    while (first < count && !(is_written(first) && !is_written((first + count - 1) % count))) {
        ++first;
    }
    std::vector<std::uint32_t> slots;
    for (std::uint32_t i = 0; first < count && i < count; ++i) {
        const std::uint32_t slot = (first + i) % count;
        if (!is_written(slot)) break;
        slots.push_back(slot);
    }
    return slots;
}

/// The first slots of the submission queue hold commands, and are all it has.
void PfDriver::offer(std::uint32_t slots) {
    port_.write(reg::sq_doorbell(0), slots % queue_.entries(), 4);
}

std::string PfDriver::take_over(std::uint64_t asq, std::uint64_t acq, std::uint32_t aqa) {
    std::string error = await_ready();
    if (!error.empty()) {
        return error;
    }
    const std::uint32_t sq_entries = (aqa & 0xfff) + 1;
    const std::uint32_t cq_entries = (aqa >> 16 & 0xfff) + 1;
    Memory& memory = port_.memory();
    const std::uint64_t end =
        std::max(asq + wire::Sqe::size * sq_entries, acq + entry_size * cq_entries);
    const std::uint64_t mine = memory.allocated_pages() * page_size;
    const std::uint64_t all = memory.pages() * page_size;
    const bool room = asq < all && acq < all && end <= all;
    if (!room || aqa != rings_.aqa()) {
        return fmt::format(
            "the PF is enabled, and its admin queue is somebody else's (ASQ {:x}h, ACQ {:x}h, AQA "
            "{:x}h); expected a PF that is not enabled, or was by this program",
            asq, acq, aqa);
    }
    if (end > mine) {
        memory.allocate_bytes(end - mine);
    }
    queue_ = QueuePair(port_, 0, sq_entries, cq_entries, asq, acq);
    return find_position();
}

std::string PfDriver::find_position() {
    const std::uint32_t entries = queue_.entries();
    wire::GetFeatures harmless;
    harmless.fid = static_cast<std::uint8_t>(rules_.value(spec::Id::FeatureNumberOfQueues));
    wire::Sqe sqe = wire::encode(harmless, rules_);
    for (std::uint32_t slot = 0; slot < entries; ++slot) {
        sqe.cid = static_cast<std::uint16_t>(slot);
        wire::encode(
            sqe, port_.memory().bytes(queue_.sq_base() + wire::Sqe::size * slot, wire::Sqe::size));
    }
    poison();
    // Whatever is behind the head is fetched, up to the end of the ring; the completion queue may
    // take less of it at once.
    offer(entries);
    const auto any = [&] { return !written().empty(); };
    while (wait_(any, quiet)) {
        std::size_t before = 0;
        const auto more = [&] { return written().size() > before; };
        do {
            before = written().size();
        } while (wait_(more, quiet));
        const std::uint32_t head = (written().back() + 1) % queue_.cq_entries();
        poison();
        port_.write(reg::cq_doorbell(0), head, 4);
    }
    // One more, alone: what comes back says where both rings are.
    offer(1);
    if (!wait_(any, take_over_limit)) {
        return "the PF is enabled, and its admin queue answers nothing";
    }
    const std::uint32_t slot = written().back();
    const wire::Cqe cqe = wire::decode_cqe(cq_slot(slot));
    const std::uint32_t head = (slot + 1) % queue_.cq_entries();
    const bool phase = wire::phase_of(cq_slot(slot)) != (head == 0);
    if (cqe.sqhd != 1 % entries) {
        return fmt::format("the PF's admin queue is not where it should be: SQHD {}, expected 1",
                           cqe.sqhd);
    }
    for (std::uint32_t i = 0; i < queue_.cq_entries(); ++i) {
        std::memset(cq_slot(i), 0, entry_size);
        cq_slot(i)[status_at] = (i >= head) != phase ? 1 : 0;
    }
    queue_.go_on(1, head, phase);
    port_.write(reg::cq_doorbell(0), head, 4);
    return {};
}

}  // namespace lmsim::sim
