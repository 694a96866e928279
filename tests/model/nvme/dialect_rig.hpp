#pragma once

#include <vector>

#include "tests/model/nvme/driver.hpp"

namespace lmsim::nvme::bench {

using Bytes = std::vector<std::uint8_t>;

/// VF 1 is the guest's, VF 2 takes states; all go by these rules.
struct DialectRig {
    Bench<SimBounds> bench;
    Driver pf{bench, 0};
    Driver vf{bench, 1};
    std::uint8_t csvi = 1;
    std::uint8_t csuuidi = 1;

    explicit DialectRig(const spec::Rules& rules, const Config& config = {}) : bench(2, config) {
        bench.rules = rules;
        pf.enable();
        vf.enable();
        vf.create(1, 8);
        REQUIRE(pf.suspend(1) == 0);
        REQUIRE(pf.suspend(2) == 0);
    }
    wire::MigrationReceive receive(std::uint16_t cntlid, std::uint64_t length) {
        wire::MigrationReceive command = pf.receive(cntlid, 0, length);
        command.csvi = csvi;
        command.csuuidi = csuuidi;
        return command;
    }
    /// The whole state, in one command.
    Bytes save(std::uint16_t cntlid) {
        const std::size_t header = wire::state_header_size(bench.rules);
        const auto got = pf.get(receive(cntlid, header));
        REQUIRE(got.status == 0);
        const auto decoded = wire::decode_state_header(got.bytes.data(), header, bench.rules);
        REQUIRE(decoded.ok());
        return pf.get(receive(cntlid, wire::state_size(*decoded, bench.rules))).bytes;
    }
    std::uint16_t load(std::uint16_t cntlid, const Bytes& state) {
        return pf.set(wire::MigrationSend::set_controller_state(cntlid, wire::Seqind::Only, csvi,
                                                                csuuidi, 0, state.size() / 4),
                      state.data());
    }
    /// VF 1's state goes to VF 2, which then is as VF 1 was.
    Bytes moved() {
        const Bytes state = save(1);
        CHECK(load(2, state) == 0);
        CHECK(save(2) == state);
        CHECK(bench.at(2).cc == bench.at(1).cc);
        CHECK(bench.at(2).asq == bench.at(1).asq);
        CHECK(pf.resume(2) == 0);
        return state;
    }
    std::vector<std::uint8_t> formats() {
        wire::Identify identify;
        identify.cns = 0x20;
        const wire::Cqe cqe = pf.admin(pf.with_data(wire::encode(identify, bench.rules), 4096));
        REQUIRE(cqe.status == 0);
        return pf.memory().bytes(Driver::data_address, 4096);
    }
};

}  // namespace lmsim::nvme::bench
