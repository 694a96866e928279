#pragma once

#include <vector>

#include "model/nvme/exists.hpp"
#include "model/wire/cdq.hpp"
#include "tests/model/nvme/driver.hpp"

namespace lmsim::nvme::bench {

using wire::CdqFeature;
using wire::ControllerDataQueue;
using wire::Esa;
using wire::LogAction;
using wire::UdmqEntry;

/// A UDMQ as the host of the PF knows it: its memory is contiguous.
struct Ring {
    std::uint64_t base = 0;
    std::uint32_t slots = 0;
    std::uint32_t next = 0;  // slot that is read next
    bool phase = true;
    std::uint16_t cdqid = 0;
};

/// A PF, two VFs, and a UDMQ of the first one.
struct LogRig {
    static constexpr std::uint64_t ring_base = std::uint64_t{1} << 42;
    static constexpr std::uint64_t list_base = std::uint64_t{1} << 43;

    Bench<SimBounds> bench;
    Driver pf{bench, 0, 32};
    Driver vf{bench, 1, 32};
    Ring ring;

    explicit LogRig(std::uint32_t slots = 8, const Config& config = {}) : bench(3, config) {
        pf.enable();
        vf.enable();
        vf.create(1, 64);
        if (slots != 0) {
            REQUIRE(open(1, slots) == 0);
        }
    }

    spec::Rules& rules() { return bench.rules; }
    Controller<SimBounds>& mc() { return bench.at(1); }
    /// Are its changes logged?
    bool logs() { return nvme::logs(*bench.subsystem, mc()); }
    Cdq& cdq() { return bench.subsystem->cdq[ring.cdqid]; }

    wire::Cqe command(const ControllerDataQueue& command) {
        return pf.admin(wire::encode(command, rules()));
    }
    std::uint16_t create(std::uint16_t cntlid, std::uint64_t prp1, std::uint32_t slots,
                         bool pc = true) {
        return command(ControllerDataQueue::create(cntlid, prp1, slots * 8, pc)).status;
    }
    /// Creates a UDMQ in zeroed memory and makes it the one that take() reads.
    std::uint16_t open(std::uint16_t cntlid, std::uint32_t slots) {
        const std::vector<std::uint8_t> zeros(32 * std::size_t{slots});
        const std::uint64_t base = ring_base + (std::uint64_t{cntlid} << 32);
        pf.memory().write(base, zeros.data(), zeros.size());
        const wire::Cqe cqe = command(ControllerDataQueue::create(cntlid, base, slots * 8));
        ring = {base, slots, 0, true, wire::decode_created_cdqid(cqe, rules())};
        return cqe.status;
    }
    std::uint16_t remove(std::uint16_t cdqid) {
        return command(ControllerDataQueue::remove(cdqid)).status;
    }

    wire::Sqe track_send(LogAction action, std::uint16_t cdqid) {
        wire::LogUserData command;
        command.action = action;
        command.cdqid = cdqid;
        return wire::encode(command, rules());
    }
    std::uint16_t start() { return pf.admin(track_send(LogAction::Start, ring.cdqid)).status; }
    std::uint16_t stop() { return pf.admin(track_send(LogAction::Stop, ring.cdqid)).status; }

    std::uint16_t set(const CdqFeature& feature) {
        return pf.admin(wire::encode_set_cdq_feature(feature, rules())).status;
    }
    /// Moves the head; the trigger is off.
    std::uint16_t move_head(std::uint32_t hp) { return set({ring.cdqid, hp, false, 0}); }
    std::uint16_t arm(std::uint32_t hp, std::uint32_t tpt) {
        return set({ring.cdqid, hp, true, tpt});
    }
    std::uint16_t suspend(bool dudmq = false, wire::SuspendType type = wire::SuspendType::Suspend) {
        return pf.send(wire::MigrationSend::suspend(1, type, dudmq));
    }

    /// Entries that are new, in order.
    std::vector<UdmqEntry> take() {
        std::vector<UdmqEntry> result;
        for (std::uint32_t left = ring.slots; left != 0; --left) {
            const auto bytes = pf.memory().bytes(ring.base + 32 * std::uint64_t{ring.next}, 32);
            if (wire::udmq_phase(bytes.data(), rules()) != ring.phase) {
                break;
            }
            const auto entry = wire::decode_udmq_entry(bytes.data(), bytes.size(), rules());
            REQUIRE(entry.ok());
            result.push_back(*entry);
            ring.next = ring.next + 1 == ring.slots ? 0 : ring.next + 1;
            ring.phase = ring.next == 0 ? !ring.phase : ring.phase;
        }
        return result;
    }
    std::vector<Esa> take_esas() {
        std::vector<Esa> result;
        for (const UdmqEntry& entry : take()) {
            result.push_back(entry.esa);
        }
        return result;
    }

    /// Changes of the VF's, to their completion.
    void write(std::uint64_t slba, std::uint32_t blocks = 1) {
        vf.submit(1, vf.io(spec::opcode::NvmWrite, slba, blocks));
        REQUIRE(bench.run());
        const auto done = vf.reap(1);
        REQUIRE(done.size() == 1);
        REQUIRE(done[0].status == 0);
    }

    /// An AER of the PF's.
    void aer() {
        pf.submit(0, wire::encode(wire::Aer{}, rules()));
        REQUIRE(bench.run());
    }
    /// The AER completions among the PF's new ones.
    std::vector<wire::Cqe> events() {
        REQUIRE(bench.run());
        return pf.reap(0);
    }
};

inline UdmqEntry range(std::uint64_t slba, std::uint64_t blocks, Esa esa = Esa::Ordinary) {
    UdmqEntry entry;
    entry.nsid = 1;
    entry.slba = slba;
    entry.blocks = blocks;
    entry.esa = esa;
    return entry;
}

/// Equal but for the phase.
inline bool same(UdmqEntry a, const UdmqEntry& b) {
    a.phase = b.phase;
    return a == b;
}

}  // namespace lmsim::nvme::bench
