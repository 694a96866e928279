#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "model/spec/codes.hpp"
#include "model/wire/admin.hpp"
#include "model/wire/controller_state.hpp"
#include "model/wire/cqe.hpp"
#include "model/wire/migration.hpp"
#include "model/wire/nvm.hpp"
#include "model/wire/virtualization.hpp"
#include "tests/catch.hpp"
#include "model/explore/rfc/timeless_device.hpp"

namespace lmsim::nvme::bench {

/// A pair of queues as its host knows it.
struct Pair {
    std::uint32_t size = 0;  // of either queue
    std::uint32_t tail = 0;
    std::uint32_t head = 0;
    bool phase = true;
    std::uint16_t next_cid = 0;
};

/// The driver of one function. All it knows is its own: it can go on with another device that
/// shares its memory, as a guest does that is moved.
class Driver {
  public:
    static constexpr std::uint64_t data_address = std::uint64_t{1} << 40;
    static constexpr std::uint64_t list_address = std::uint64_t{1} << 41;
    static std::uint64_t sq_base(std::uint16_t qid) { return (2ULL * qid + 1) << 24; }
    static std::uint64_t cq_base(std::uint16_t qid) { return (2ULL * qid + 2) << 24; }

    std::vector<Pair> pairs;

    Driver(Device& device, std::uint16_t function, std::uint32_t admin_size = 16)
        : device_(&device), function_(function), admin_size_(admin_size) {}

    Device& device() { return *device_; }
    std::uint16_t function() const { return function_; }
    Memory& memory() { return *device_->memory.at(function_); }

    void move_to(Device& device, std::uint16_t function) {
        device.memory[function] = device_->memory.at(function_);
        device_ = &device;
        function_ = function;
    }

    void enable() {
        pairs.assign(1, Pair{});
        pairs[0].size = admin_size_;
        const std::uint64_t last = admin_size_ - 1;
        clear_cq(0, admin_size_);
        device_->write(function_, property::AQA, last | last << 16);
        device_->write(function_, property::ASQ, sq_base(0));
        device_->write(function_, property::ACQ, cq_base(0));
        device_->write(function_, property::CC, 0x0046'0001);
        REQUIRE(device_->run());
    }
    bool ready() { return (device_->read(function_, property::CSTS) & 1) != 0; }

    /// Creates pairs 1 to n, each of `size` entries.
    void create(std::uint16_t n, std::uint32_t size) {
        for (std::uint16_t qid = 1; qid <= n; ++qid) {
            REQUIRE(create_cq(qid, size) == 0);
            REQUIRE(create_sq(qid, size) == 0);
        }
    }
    std::uint16_t create_cq(std::uint16_t qid, std::uint32_t size) {
        wire::CreateCq create;
        create.qid = qid;
        create.qsize = static_cast<std::uint16_t>(size - 1);
        create.iv = qid;
        create.prp1 = cq_base(qid);
        const std::uint16_t status = admin(wire::encode(create, device_->rules)).status;
        pairs.resize(pairs.size() <= qid ? qid + 1U : pairs.size());
        pairs[qid] = {};
        pairs[qid].size = size;
        if (status == 0) {
            clear_cq(qid, size);
        }
        return status;
    }
    std::uint16_t create_sq(std::uint16_t qid, std::uint32_t size) {
        wire::CreateSq create;
        create.qid = qid;
        create.qsize = static_cast<std::uint16_t>(size - 1);
        create.cqid = qid;
        create.prp1 = sq_base(qid);
        return admin(wire::encode(create, device_->rules)).status;
    }

    /// Puts an entry into the queue; without its doorbell nobody knows of it.
    std::uint16_t put(std::uint16_t qid, wire::Sqe sqe) {
        Pair& pair = pairs[qid];
        sqe.cid = pair.next_cid++;
        std::uint8_t bytes[wire::Sqe::size];
        wire::encode(sqe, bytes);
        memory().write(sq_base(qid) + 64 * std::uint64_t{pair.tail}, bytes, sizeof bytes);
        pair.tail = (pair.tail + 1) % pair.size;
        return sqe.cid;
    }
    void ring(std::uint16_t qid) { device_->ring_sq(function_, qid, pairs[qid].tail); }
    std::uint16_t submit(std::uint16_t qid, const wire::Sqe& sqe) {
        const std::uint16_t cid = put(qid, sqe);
        ring(qid);
        return cid;
    }

    /// Completions that are new, oldest first; the head moves unless told otherwise.
    std::vector<wire::Cqe> reap(std::uint16_t qid, bool move_head = true) {
        std::vector<wire::Cqe> result;
        Pair& pair = pairs[qid];
        Pair at = pair;
        for (;;) {
            const std::vector<std::uint8_t> bytes =
                memory().bytes(cq_base(qid) + 16 * std::uint64_t{at.head}, 16);
            const wire::Cqe cqe = wire::decode_cqe(bytes.data());
            if (cqe.phase != at.phase) {
                break;
            }
            result.push_back(cqe);
            at.head = at.head + 1 == at.size ? 0 : at.head + 1;
            at.phase = at.head == 0 ? !at.phase : at.phase;
        }
        if (move_head && !result.empty()) {
            pair.head = at.head;
            pair.phase = at.phase;
            device_->ring_cq(function_, qid, pair.head);
        }
        return result;
    }

    /// One admin command to its completion.
    wire::Cqe admin(const wire::Sqe& sqe) {
        const std::uint16_t cid = submit(0, sqe);
        REQUIRE(device_->run());
        const std::vector<wire::Cqe> done = reap(0);
        REQUIRE(done.size() == 1);
        REQUIRE(done[0].cid == cid);
        return done[0];
    }
    /// One with data at data_address, contiguous; the PRP list is written where it takes one.
    wire::Sqe with_data(wire::Sqe sqe, std::uint64_t length, std::uint64_t offset = 0) {
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
    wire::Sqe io(std::uint8_t opcode, std::uint64_t slba, std::uint32_t blocks,
                 std::uint64_t offset = 0) {
        const wire::NvmRange range{slba, static_cast<std::uint16_t>(blocks - 1), false};
        return with_data(wire::encode_nvm(opcode, 1, range), std::uint64_t{blocks} * 512, offset);
    }
    wire::Sqe read_one(std::uint64_t slba = 0) { return io(spec::opcode::NvmRead, slba, 8); }

    // What a PF's driver does with the VFs.
    std::uint16_t send(const wire::MigrationSend& command) {
        return admin(wire::encode(command, device_->rules)).status;
    }
    std::uint16_t suspend(std::uint16_t cntlid) {
        return send(wire::MigrationSend::suspend(cntlid, wire::SuspendType::Suspend));
    }
    std::uint16_t resume(std::uint16_t cntlid) { return send(wire::MigrationSend::resume(cntlid)); }

    wire::Cqe virtualize(wire::VirtualizationAction action, std::uint16_t cntlid,
                         wire::ResourceType type = wire::ResourceType::Vq, std::uint16_t nr = 0) {
        const wire::VirtualizationManagement command{action, type, cntlid, nr};
        return admin(wire::encode(command, device_->rules));
    }
    std::uint16_t bring_online(std::uint16_t cntlid) {
        return virtualize(wire::VirtualizationAction::SecondaryOnline, cntlid).status;
    }
    std::uint16_t take_offline(std::uint16_t cntlid) {
        return virtualize(wire::VirtualizationAction::SecondaryOffline, cntlid).status;
    }

    struct Got {
        std::uint16_t status = 0;
        bool csup = false;
        std::vector<std::uint8_t> bytes;
    };
    Got get(const wire::MigrationReceive& command) {
        const std::uint64_t length = command.dwords * 4;
        const wire::Cqe cqe = admin(with_data(wire::encode(command, device_->rules), length));
        return {cqe.status, wire::decode_csup(cqe, device_->rules),
                memory().bytes(data_address, length)};
    }
    wire::MigrationReceive receive(std::uint16_t cntlid, std::uint64_t offset,
                                   std::uint64_t length) {
        wire::MigrationReceive command;
        command.cntlid = cntlid;
        command.csvi = 1;
        command.csuuidi = 1;
        command.offset = offset;
        command.dwords = length / 4;
        return command;
    }
    /// The whole state, in pieces of `piece` bytes.
    std::vector<std::uint8_t> save(std::uint16_t cntlid, std::uint64_t piece = 4096);
    /// Sends a state in pieces; the first status that is not 0.
    std::uint16_t load(std::uint16_t cntlid, const std::vector<std::uint8_t>& state,
                       std::uint64_t piece = 4096);
    std::uint16_t set(const wire::MigrationSend& command, const std::uint8_t* bytes) {
        const std::uint64_t length = command.dwords * 4;
        memory().write(data_address, bytes, length);
        return admin(with_data(wire::encode(command, device_->rules), length)).status;
    }

  private:
    void clear_cq(std::uint16_t qid, std::uint32_t size) {
        const std::vector<std::uint8_t> zeros(16 * std::size_t{size});
        memory().write(cq_base(qid), zeros.data(), zeros.size());
    }

    Device* device_;
    std::uint16_t function_;
    std::uint32_t admin_size_;
};

inline std::vector<std::uint8_t> Driver::save(std::uint16_t cntlid, std::uint64_t piece) {
    const Got header = get(receive(cntlid, 0, 48));
    REQUIRE(header.status == 0);
    const auto decoded =
        wire::decode_state_header(header.bytes.data(), header.bytes.size(), device_->rules);
    REQUIRE(decoded.ok());
    const std::uint64_t size = wire::state_size(*decoded, device_->rules);
    std::vector<std::uint8_t> state;
    while (state.size() < size) {
        const std::uint64_t length = std::min<std::uint64_t>(piece, size - state.size());
        const Got got = get(receive(cntlid, state.size(), length));
        REQUIRE(got.status == 0);
        state.insert(state.end(), got.bytes.begin(), got.bytes.end());
    }
    return state;
}

inline std::uint16_t Driver::load(std::uint16_t cntlid, const std::vector<std::uint8_t>& state,
                                  std::uint64_t piece) {
    for (std::uint64_t offset = 0; offset < state.size(); offset += piece) {
        const std::uint64_t length = std::min<std::uint64_t>(piece, state.size() - offset);
        const bool first = offset == 0;
        const bool last = offset + length == state.size();
        const wire::Seqind seqind = first ? (last ? wire::Seqind::Only : wire::Seqind::First)
                                          : (last ? wire::Seqind::Last : wire::Seqind::Middle);
        const std::uint16_t status =
            set(wire::MigrationSend::set_controller_state(cntlid, seqind, 1, 1, offset, length / 4),
                state.data() + offset);
        if (status != 0) {
            return status;
        }
    }
    return 0;
}

}  // namespace lmsim::nvme::bench
