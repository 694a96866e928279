#pragma once

#include <cstdint>
#include <vector>

#include "model/wire/admin.hpp"
#include "model/wire/identify.hpp"
#include "model/wire/lba_status.hpp"
#include "model/wire/namespace_commands.hpp"
#include "model/wire/namespace_lists.hpp"
#include "tests/model/nvme/driver.hpp"

namespace lmsim::nvme::bench {

/// What tests of namespaces start from: small ones, whose allocation is tracked.
inline Config small_namespaces() {
    Config config;
    config.blocks = 100'000;
    config.capacity = 400'000 * std::uint64_t{512};
    config.track_allocation = true;
    return config;
}

/// An entry of a log of user data as it was posted.
struct Logged {
    std::uint32_t nsid;
    std::uint64_t slba;
    std::uint64_t blocks;
    bool deallocated;

    friend bool operator==(const Logged& a, const Logged& b) {
        return a.nsid == b.nsid && a.slba == b.slba && a.blocks == b.blocks &&
               a.deallocated == b.deallocated;
    }
};

/// A PF and two VFs with an I/O queue each; the VFs' drivers are vf[1] and vf[2].
template <class Bounds>
struct NamespaceRig {
    struct Page {
        std::uint16_t status;
        std::vector<std::uint8_t> bytes;
    };

    Bench<Bounds> bench;
    Driver pf{bench, 0};
    Driver vf1{bench, 1};
    Driver vf2{bench, 2};

    explicit NamespaceRig(const Config& config = small_namespaces()) : bench(2, config) {
        for (Driver* driver : {&pf, &vf1, &vf2}) {
            driver->enable();
            driver->create(1, 8);
        }
    }

    /// One I/O command to its status.
    std::uint16_t io(Driver& driver, const wire::Sqe& sqe) {
        driver.submit(1, sqe);
        REQUIRE(bench.run());
        const auto done = driver.reap(1);
        REQUIRE(done.size() == 1);
        return done[0].status;
    }
    std::uint16_t read(Driver& driver, std::uint32_t nsid, std::uint64_t slba = 0) {
        wire::Sqe sqe = driver.io(spec::opcode::NvmRead, slba, 1);
        sqe.nsid = nsid;
        return io(driver, sqe);
    }
    std::uint16_t write(Driver& driver, std::uint32_t nsid, std::uint64_t slba,
                        std::uint32_t blocks) {
        wire::Sqe sqe = driver.io(spec::opcode::NvmWrite, slba, blocks);
        sqe.nsid = nsid;
        return io(driver, sqe);
    }
    std::uint16_t deallocate(Driver& driver, std::uint32_t nsid,
                             const std::vector<wire::DsmRange>& ranges, bool ad = true) {
        return io(driver, dataset_management(driver, nsid, ranges, ad));
    }
    wire::Sqe dataset_management(Driver& driver, std::uint32_t nsid,
                                 const std::vector<wire::DsmRange>& ranges, bool ad = true) {
        std::uint8_t bytes[16];
        for (std::size_t i = 0; i < ranges.size(); ++i) {
            wire::encode(ranges[i], bytes, spec::Rules::ratified());
            driver.memory().write(Driver::data_address + 16 * i, bytes, sizeof bytes);
        }
        const wire::DatasetManagement command{static_cast<std::uint16_t>(ranges.size()), ad};
        return driver.with_data(wire::encode(command, nsid, bench.rules), 16 * ranges.size());
    }

    Page identify(Driver& driver, std::uint8_t cns, std::uint32_t nsid = 0, std::uint8_t csi = 0,
                  std::uint16_t cntid = 0) {
        wire::Sqe sqe = wire::encode(wire::Identify{cns, cntid, csi, 0}, bench.rules);
        sqe.nsid = nsid;
        const wire::Cqe cqe = driver.admin(driver.with_data(sqe, 4096));
        return {cqe.status, driver.memory().bytes(Driver::data_address, 4096)};
    }
    wire::IdentifyNamespace page(Driver& driver, std::uint32_t nsid, std::uint8_t cns = 0) {
        const Page got = identify(driver, cns, nsid);
        REQUIRE(got.status == 0);
        return *wire::decode_identify_namespace(got.bytes.data(), 4096, bench.rules);
    }
    std::vector<std::uint32_t> list(Driver& driver, std::uint8_t cns, std::uint32_t after = 0) {
        const Page got = identify(driver, cns, after);
        REQUIRE(got.status == 0);
        const auto view = wire::NamespaceListView::parse(got.bytes.data(), 4096, bench.rules);
        std::vector<std::uint32_t> result;
        for (std::size_t i = 0; i < view->count(); ++i) {
            result.push_back((*view)[i]);
        }
        return result;
    }
    std::vector<std::uint16_t> controllers(std::uint8_t cns, std::uint32_t nsid = 0,
                                           std::uint16_t from = 0) {
        const Page got = identify(pf, cns, nsid, 0, from);
        REQUIRE(got.status == 0);
        const auto view = wire::ControllerListView::parse(got.bytes.data(), 4096, bench.rules);
        std::vector<std::uint16_t> result;
        for (std::size_t i = 0; i < view->count(); ++i) {
            result.push_back((*view)[i]);
        }
        return result;
    }

    /// Namespace Management: Create. DW0 is the new NSID.
    wire::Cqe create(const wire::NamespaceCreate& data, const wire::NamespaceManagement& command = {
                                                            wire::NamespaceSelect::Create, 0, 0}) {
        std::vector<std::uint8_t> bytes(4096);
        wire::encode(data, bytes.data(), bench.rules);
        pf.memory().write(Driver::data_address, bytes.data(), bytes.size());
        return pf.admin(pf.with_data(wire::encode(command, bench.rules), 4096));
    }
    wire::Cqe create(std::uint64_t blocks, bool shared = true) {
        wire::NamespaceCreate data;
        data.nsze = blocks;
        data.ncap = blocks;
        data.nmic = shared ? 1 : 0;
        return create(data);
    }
    std::uint16_t remove(std::uint32_t nsid) {
        const wire::NamespaceManagement command{wire::NamespaceSelect::Delete, nsid, 0};
        return pf.admin(wire::encode(command, bench.rules)).status;
    }
    std::uint16_t attachment(wire::NamespaceSelect select, std::uint32_t nsid,
                             const std::vector<std::uint16_t>& cntlids) {
        std::vector<std::uint8_t> bytes(4096);
        wire::ControllerListWriter list(bytes.data(), bench.rules);
        for (const std::uint16_t cntlid : cntlids) {
            list.add(cntlid);
        }
        return attachment(select, nsid, bytes);
    }
    std::uint16_t attachment(wire::NamespaceSelect select, std::uint32_t nsid,
                             const std::vector<std::uint8_t>& bytes) {
        pf.memory().write(Driver::data_address, bytes.data(), bytes.size());
        const wire::NamespaceAttachment command{select, nsid};
        return pf.admin(pf.with_data(wire::encode(command, bench.rules), 4096)).status;
    }
    std::uint16_t attach(std::uint32_t nsid, const std::vector<std::uint16_t>& cntlids) {
        return attachment(wire::NamespaceSelect::Attach, nsid, cntlids);
    }
    std::uint16_t detach(std::uint32_t nsid, const std::vector<std::uint16_t>& cntlids) {
        return attachment(wire::NamespaceSelect::Detach, nsid, cntlids);
    }

    std::uint16_t format(Driver& driver, std::uint32_t nsid, std::uint8_t format,
                         std::uint8_t ses = 0) {
        wire::FormatNvm command;
        command.nsid = nsid;
        command.format = format;
        command.ses = ses;
        return driver.admin(wire::encode(command, bench.rules)).status;
    }

    /// The allocated ranges, from `slba` on, asked for in lists of `entries`.
    std::vector<std::pair<std::uint64_t, std::uint64_t>> allocated(Driver& driver,
                                                                   std::uint32_t nsid,
                                                                   std::uint32_t entries = 100) {
        std::vector<std::pair<std::uint64_t, std::uint64_t>> result;
        wire::GetLbaStatus command;
        command.nsid = nsid;
        command.dwords = 2 + 4 * entries;
        std::size_t lists = 0;
        for (bool whole = false; !whole; ++lists) {
            REQUIRE(lists < 100);  // a controller that never gets to the end
            const std::uint64_t length = 4 * command.dwords;
            const wire::Cqe cqe =
                driver.admin(driver.with_data(wire::encode(command, bench.rules), length));
            REQUIRE(cqe.status == 0);
            const auto bytes = driver.memory().bytes(Driver::data_address, length);
            const auto list = wire::LbaStatusView::parse(bytes.data(), length, bench.rules);
            REQUIRE(list.ok());
            for (std::size_t i = 0; i < list->count(); ++i) {
                result.push_back({(*list)[i].slba, (*list)[i].blocks});
                command.slba = (*list)[i].slba + (*list)[i].blocks;
            }
            whole = list->whole();
            REQUIRE((whole || list->count() != 0));
        }
        return result;
    }

    /// The changes of VF 1 are logged from now on, into a queue of that many entries.
    void log_changes(std::uint32_t entries = 4096) {
        Cdq& queue = bench.subsystem->cdq[0];
        queue.base = std::uint64_t{1} << 42;
        queue.entries = entries;
        queue.creator = 0;
        queue.mc = 1;
        bench.at(1).udmq = 1;
        queue.life = static_cast<std::uint8_t>(CdqLife::Logging);
    }
    std::vector<Logged> logged() {
        std::vector<Logged> result;
        for (const Effect& effect : bench.log) {
            if (effect.kind == EffectKind::PostCdqe) {
                const std::uint64_t attributes = effect.token3 >> 56;
                CHECK((attributes >> 6 & 3) == 0);  // LBACIR: a range
                result.push_back({static_cast<std::uint32_t>(effect.token), effect.token2,
                                  (effect.token >> 32) + 1, (attributes >> 5 & 1) != 0});
            }
        }
        return result;
    }
};

using Rig = NamespaceRig<SimBounds>;

}  // namespace lmsim::nvme::bench
