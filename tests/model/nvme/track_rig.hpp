#pragma once

#include <utility>
#include <vector>

#include "model/wire/track.hpp"
#include "tests/model/nvme/driver.hpp"

namespace lmsim::nvme::bench {

/// A PF that tracks what its VFs write, and two VFs with a pair of I/O queues each.
struct TrackRig {
    Bench<SimBounds> bench;
    Driver pf{bench, 0};
    Driver vf{bench, 1};
    Driver other{bench, 2};

    using Ranges = std::vector<wire::MemoryRange>;
    struct Report {
        std::uint16_t status = 0;
        wire::TrackedHeader header;
        Ranges ranges;
    };

    explicit TrackRig(const Config& config = {}) : bench(2, config) {
        pf.enable();
        for (Driver* driver : {&vf, &other}) {
            driver->enable();
            driver->create(1, 64);
        }
    }

    std::vector<std::uint8_t> structure(const Ranges& ranges, std::uint8_t granularity = 0) const {
        std::vector<std::uint8_t> bytes(wire::track_memory_size(ranges.size(), bench.rules));
        wire::encode_track_memory(granularity, ranges.data(),
                                  static_cast<std::uint32_t>(ranges.size()), bytes.data(),
                                  bench.rules);
        return bytes;
    }
    wire::Cqe send(Driver& driver, const wire::TrackMemory& command,
                   const std::vector<std::uint8_t>& bytes, std::uint64_t offset = 0) {
        if (!bytes.empty()) {
            driver.memory().write(Driver::data_address + offset, bytes.data(), bytes.size());
        }
        const wire::Sqe sqe = wire::encode(command, bench.rules);
        return driver.admin(driver.with_data(sqe, bytes.size(), offset));
    }
    std::uint16_t start(const Ranges& ranges, std::uint8_t granularity = 0,
                        std::uint16_t cntlid = 1, std::uint64_t offset = 0) {
        return send(pf, {true, cntlid}, structure(ranges, granularity), offset).status;
    }
    std::uint16_t stop(std::uint16_t cntlid = 1) { return send(pf, {false, cntlid}, {}).status; }

    /// A report into a buffer of `dwords`.
    Report receive(std::uint64_t dwords = 1024, std::uint16_t cntlid = 1) {
        wire::TrackReceive command;
        command.cntlid = cntlid;
        command.dwords = dwords;
        Report report;
        const wire::Sqe sqe = pf.with_data(wire::encode(command, bench.rules), dwords * 4);
        report.status = pf.admin(sqe).status;
        if (report.status == 0 && dwords >= 4) {
            const auto bytes = pf.memory().bytes(Driver::data_address, dwords * 4);
            const auto view =
                wire::TrackedMemoryView::parse(bytes.data(), bytes.size(), bench.rules);
            REQUIRE(view.ok());
            report.header = view->header();
            for (std::uint64_t i = 0; i < view->count(); ++i) {
                report.ranges.push_back((*view)[i]);
            }
        }
        return report;
    }

    /// A read of so many blocks of 512 bytes, to the data at Driver::data_address + `offset`.
    void read_to(std::uint64_t offset, std::uint32_t blocks = 8) { read_to(vf, offset, blocks); }
    void read_to(Driver& driver, std::uint64_t offset, std::uint32_t blocks) {
        driver.submit(1, driver.io(spec::opcode::NvmRead, 0, blocks, offset));
        REQUIRE(bench.run());
        const auto done = driver.reap(1);
        REQUIRE(done.size() == 1);
        REQUIRE(done[0].status == 0);
    }
};

}  // namespace lmsim::nvme::bench
