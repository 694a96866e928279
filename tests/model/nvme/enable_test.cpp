#include "model/wire/identify.hpp"
#include "model/wire/vendor_area.hpp"
#include "tests/model/nvme/driver.hpp"

using namespace lmsim;
using namespace lmsim::nvme;
using namespace lmsim::nvme::bench;

namespace {

std::vector<std::uint8_t> identify(Driver& driver, std::uint8_t cns, std::uint16_t cntid = 0) {
    wire::Identify command;
    command.cns = cns;
    command.cntid = cntid;
    const wire::Sqe sqe = wire::encode(command, driver.device().rules);
    REQUIRE(driver.admin(driver.with_data(sqe, 4096)).status == 0);
    return driver.memory().bytes(Driver::data_address, 4096);
}

wire::Cqe set_feature(Driver& driver, std::uint8_t fid, std::uint32_t cdw11, bool sv = false) {
    return driver.admin(wire::encode(wire::SetFeatures{fid, sv, cdw11}, driver.device().rules));
}

wire::Cqe get_feature(Driver& driver, std::uint8_t fid) {
    return driver.admin(wire::encode(wire::GetFeatures{fid, 0, 0}, driver.device().rules));
}

}  // namespace

TEMPLATE_TEST_CASE("CC.EN enables and disables", "", SimBounds, ProofBounds) {
    Config config;
    config.queue_pairs = 1;
    Bench<TestType> bench(1, config);
    Driver driver(bench, 1);
    CHECK((bench.read(1, property::CAP) & 0xffff) == config.queue_size - 1);
    CHECK(bench.read(1, property::VS) == 0x20300);
    bench.held = [](const Effect&) { return true; };
    driver.enable();
    CHECK_FALSE(driver.ready());
    bench.held = nullptr;
    REQUIRE(bench.run());
    CHECK(driver.ready());
    CHECK(bench.read(1, property::AQA) == (15U | 15U << 16));
    CHECK(bench.read(1, property::ASQ) == Driver::sq_base(0));
    CHECK(bench.read(1, property::ACQ) == Driver::cq_base(0));
    CHECK_FALSE((bench.read(0, property::CSTS) & 1) != 0);
    CHECK(bench.at(1).sq[0].size == 16);
    CHECK(bench.at(1).cq[0].size == 16);

    driver.create(1, 4);
    bench.write(1, property::CC, 0x0046'0000);
    CHECK(driver.ready());  // until the reset is over
    CHECK(bench.at(1).sq[1].size == 0);
    REQUIRE(bench.run());
    CHECK_FALSE(driver.ready());
    CHECK(bench.read(1, property::ASQ) == Driver::sq_base(0));  // 3.7.2: these stay
    driver.enable();
    CHECK(driver.ready());
    driver.create(1, 4);
    bench.reset(1);
    CHECK(bench.read(1, property::CC) == 0);
    CHECK(bench.read(1, property::AQA) == 0);
    CHECK(bench.read(1, property::ASQ) == 0);
    CHECK(bench.read(1, property::ACQ) == 0);
    CHECK_FALSE(driver.ready());
    CHECK(bench.at(1).online);
}

TEST_CASE("a shutdown ends, and CC.EN = 0 ends it at any point") {
    Bench<ProofBounds> bench(1, [] {
        Config config;
        config.queue_pairs = 1;
        return config;
    }());
    Driver driver(bench, 1);
    driver.enable();
    const auto shst = [&] { return bench.read(1, property::CSTS) >> 2 & 3; };
    bench.write(1, property::CC, 0x0046'4001);
    CHECK(shst() == 1);
    SECTION("after it") {
        REQUIRE(bench.run());
        CHECK(shst() == 2);
        driver.submit(0, wire::encode(wire::Aer{}, bench.rules));
        CHECK(bench.pending() == 0);  // a controller that is shut down fetches nothing
        bench.write(1, property::CC, 0x0046'0000);
    }
    SECTION("during it") { bench.write(1, property::CC, 0x0046'0000); }
    REQUIRE(bench.run());
    CHECK(shst() == 0);
    CHECK_FALSE(driver.ready());
    driver.enable();
    CHECK(driver.ready());
    CHECK(shst() == 0);
}

TEST_CASE("CC.EN = 0 before CSTS.RDY: the enabling that was under way is not heard of again") {
    Bench<SimBounds> bench(1);
    Driver driver(bench, 1);
    bench.write(1, property::CC, 1);
    bench.write(1, property::CC, 0);
    REQUIRE(bench.pending() == 2);
    REQUIRE(bench.run());
    CHECK(is(bench.at(1).life, Life::Disabled));
    driver.enable();
    CHECK(driver.ready());
}

TEST_CASE("Identify Controller") {
    Bench<SimBounds> bench(3);
    for (const std::uint16_t function : {0, 2}) {
        Driver driver(bench, function);
        driver.enable();
        const auto page = identify(driver, 0x01);
        CHECK(page[78] + (page[79] << 8) == function);           // CNTLID
        CHECK(page[77] == bench.config.mdts);                    // MDTS
        CHECK((page[257] >> 3 & 1) == (function == 0 ? 1 : 0));  // OACS bit 11: HMLMS
        CHECK((page[256] >> 7 & 1) == (function == 0 ? 1 : 0));  // OACS bit 7: VMS
        CHECK((page[520] >> 4 & 1) == 1);                        // ONCS bit 4: SSFS
        CHECK((page[525] & 1) == 1);                             // VWC: there is a cache
        CHECK(page[258] == 3);                                   // ACL
        CHECK(page[259] == SimBounds::aers - 1);                 // AERL
        CHECK(std::vector<std::uint8_t>(&page[272], &page[276]) ==
              std::vector<std::uint8_t>(4));  // HMPRE: no host memory buffer beside an MMC
        CHECK(page[512] == 0x66);
        CHECK(page[513] == 0x44);
        CHECK((page[516] | page[517] << 8) == SimBounds::namespaces);  // NN
        CHECK(std::string(&page[768], &page[772]) == "nqn.");
    }
}

TEST_CASE("the Secondary Controller list names every VF once, 127 at a time") {
    Bench<SimBounds> bench(256);
    Driver driver(bench, 0);
    driver.enable();
    std::vector<std::uint16_t> found;
    for (std::uint16_t from = 0; from <= 256;) {
        const auto page = identify(driver, 0x15, from);
        if (page[0] == 0) {
            break;
        }
        for (int i = 0; i < page[0]; ++i) {
            const std::uint8_t* entry = &page[32U * (i + 1U)];
            found.push_back(static_cast<std::uint16_t>(entry[0] | entry[1] << 8));
            CHECK(entry[2] + entry[3] == 0);                    // PCID
            CHECK(entry[4] == 1);                               // online
            CHECK((entry[8] | entry[9] << 8) == found.back());  // VFN
            CHECK(entry[10] == 0);                              // NVQ: queues are private
        }
        from = static_cast<std::uint16_t>(found.back() + 1);
    }
    REQUIRE(found.size() == 256);
    for (std::uint16_t i = 0; i < 256; ++i) {
        CHECK(found[i] == i + 1);
    }
}

TEST_CASE("Identify CNS 20h is the MMC's alone") {
    Bench<SimBounds> bench(1);
    Driver pf(bench, 0);
    Driver vf(bench, 1);
    pf.enable();
    vf.enable();
    const auto page = identify(pf, 0x20);
    CHECK(page[0] == 1);
    CHECK(page[1] == 1);
    CHECK(page[2] + page[3] == 0);
    CHECK(std::equal(wire::vendor_area_uuid.begin(), wire::vendor_area_uuid.end(), &page[4]));
    CHECK(std::vector<std::uint8_t>(page.begin() + 20, page.end()) ==
          std::vector<std::uint8_t>(4096 - 20));
    for (const std::uint8_t cns : {0x20, 0x15, 0x7f}) {
        wire::Identify command;
        command.cns = cns;
        const wire::Sqe sqe = vf.with_data(wire::encode(command, bench.rules), 4096);
        CHECK(vf.admin(sqe).status == 0x002);
    }
}

TEST_CASE("a controller keeps its features") {
    Bench<SimBounds> bench(1);
    Driver vf(bench, 1);
    vf.enable();
    CHECK(get_feature(vf, 0x07).dw0 == 0x0007'0007);  // queue_pairs
    CHECK(set_feature(vf, 0x07, 0x0002'0003).dw0 == 0x0003'0003);
    CHECK(get_feature(vf, 0x07).dw0 == 0x0003'0003);
    CHECK(set_feature(vf, 0x07, 0x003f'003f).dw0 == 0x0007'0007);  // no more than there are
    CHECK(set_feature(vf, 0x07, 0xffff).status == 0x002);
    CHECK(set_feature(vf, 0x07, 0xffff'0000).status == 0x002);
    CHECK(set_feature(vf, 0x07, 0).dw0 == 0);
    CHECK(vf.create_cq(2, 4) == 0x101);  // one pair was granted
    CHECK(vf.create_cq(1, 4) == 0);
    CHECK(set_feature(vf, 0x07, 0x0003'0003).status == 0x00C);
    CHECK(set_feature(vf, 0x0B, 0x1234).status == 0);
    CHECK(get_feature(vf, 0x0B).dw0 == 0x1234);
    CHECK(set_feature(vf, 0x08, 0x0305).status == 0);
    CHECK(get_feature(vf, 0x08).dw0 == 0x0305);
    CHECK(set_feature(vf, 0x0B, 0, true).status == 0x10D);
    CHECK(set_feature(vf, 0x7f, 0).status == 0x002);
    CHECK(get_feature(vf, 0x7f).status == 0x002);
    bench.reset(1);
    vf.enable();
    CHECK(get_feature(vf, 0x0B).dw0 == 0);
    CHECK(get_feature(vf, 0x07).dw0 == 0x0007'0007);
}

TEST_CASE("an opcode that nobody knows") {
    Bench<SimBounds> bench(1);
    Driver pf(bench, 0);
    pf.enable();
    for (const std::uint8_t opcode : {0x43, 0x46, 0x7f, 0xC0}) {
        wire::Sqe sqe;
        sqe.opcode = opcode;
        CHECK(pf.admin(sqe).status == 0x001);
    }
}
