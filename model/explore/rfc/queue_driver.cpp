#include "model/explore/rfc/queue_driver.hpp"

#include "model/wire/admin.hpp"
#include "model/wire/prp.hpp"

namespace lmsim::explore {

using nvme::bench::Memory;

void QueueDriver::enable() {
    using namespace nvme;
    constexpr std::uint64_t last = entries - 1;
    device_->write(function_, property::AQA, last | last << 16);
    device_->write(function_, property::ASQ, sq_at(0));
    device_->write(function_, property::ACQ, cq_at(0));
    device_->write(function_, property::CC, property::cc::enabled);
    const bool ended = device_->run();
    LMSIM_ASSERT(ended);
}

void QueueDriver::create_pairs(std::uint16_t n) {
    for (std::uint16_t qid = 1; qid <= n; ++qid) {
        pairs_.emplace_back();
        wire::CreateCq cq;
        cq.qid = cq.iv = qid;
        cq.qsize = entries - 1;
        cq.prp1 = cq_at(qid);
        wire::CreateSq sq;
        sq.qid = sq.cqid = qid;
        sq.qsize = entries - 1;
        sq.prp1 = sq_at(qid);
        const bool made = admin(wire::encode(cq, device_->rules)).status == 0 &&
                          admin(wire::encode(sq, device_->rules)).status == 0;
        LMSIM_ASSERT(made);
    }
}

std::uint16_t QueueDriver::submit(std::uint16_t qid, wire::Sqe sqe) {
    Pair& pair = pairs_[qid];
    sqe.cid = pair.next_cid++;
    std::uint8_t bytes[wire::Sqe::size];
    wire::encode(sqe, bytes);
    memory().write(sq_at(qid) + wire::Sqe::size * std::uint64_t{pair.tail}, bytes, sizeof bytes);
    pair.tail = (pair.tail + 1) % entries;
    device_->ring_sq(function_, qid, pair.tail);
    return sqe.cid;
}

std::vector<wire::Cqe> QueueDriver::take(std::uint16_t qid) {
    Pair& pair = pairs_[qid];
    std::vector<wire::Cqe> taken;
    for (;;) {
        const std::vector<std::uint8_t> bytes = memory().bytes(
            cq_at(qid) + wire::Cqe::size * std::uint64_t{pair.head}, wire::Cqe::size);
        const wire::Cqe cqe = wire::decode_cqe(bytes.data());
        if (cqe.phase != pair.phase) {
            break;
        }
        taken.push_back(cqe);
        pair.head = (pair.head + 1) % entries;
        pair.phase = pair.head == 0 ? !pair.phase : pair.phase;
    }
    if (!taken.empty()) {
        device_->ring_cq(function_, qid, pair.head);
    }
    return taken;
}

wire::Cqe QueueDriver::admin(const wire::Sqe& sqe) {
    const std::uint16_t cid = submit(0, sqe);
    const bool ended = device_->run();
    LMSIM_ASSERT(ended);
    const std::vector<wire::Cqe> done = take(0);
    LMSIM_ASSERT(done.size() == 1 && done[0].cid == cid);
    return done[0];
}

wire::Sqe QueueDriver::with_data(wire::Sqe sqe, std::uint64_t length, std::uint64_t offset) {
    const std::uint64_t address = data_address + offset;
    const wire::PrpPair prps = wire::make_prps(address, length, Memory::page, list_address);
    if (prps.list_entries != 0) {
        std::vector<std::uint8_t> list(Memory::page *
                                       wire::prp_list_pages(prps.list_entries, Memory::page));
        wire::write_prp_list(list.data(), list_address,
                             address / Memory::page * Memory::page + Memory::page,
                             prps.list_entries, Memory::page);
        memory().write(list_address, list.data(), list.size());
    }
    sqe.prp1 = prps.prp1;
    sqe.prp2 = prps.prp2;
    return sqe;
}

}  // namespace lmsim::explore
