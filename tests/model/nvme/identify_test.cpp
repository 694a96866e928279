#include <algorithm>

#include "tests/model/nvme/namespaces.hpp"

using namespace lmsim;
using namespace lmsim::nvme;
using namespace lmsim::nvme::bench;
using spec::Id;

namespace {

using Nsids = std::vector<std::uint32_t>;
using Cntlids = std::vector<std::uint16_t>;

bool zeros(const std::vector<std::uint8_t>& bytes) {
    return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}

wire::IdentifyController controller(Rig& rig, Driver& driver) {
    const auto page = rig.identify(driver, 0x01);
    REQUIRE(page.status == 0);
    return *wire::decode_identify_controller(page.bytes.data(), 4096, rig.bench.rules);
}

}  // namespace

TEST_CASE("identify controller says what is supported") {
    Rig rig;
    const wire::IdentifyController pf = controller(rig, rig.pf);
    const wire::IdentifyController vf = controller(rig, rig.vf1);
    constexpr unsigned common = wire::oacs_format | wire::oacs_lba_status;
    CHECK((pf.oacs & (common | wire::oacs_namespaces)) == (common | wire::oacs_namespaces));
    CHECK((vf.oacs & (common | wire::oacs_namespaces)) == common);
    CHECK((vf.oncs & 0xF) == 0xD);  // Compare, Dataset Management, Write Zeroes
    CHECK((vf.vwc & 6) == 6);       // Flush of all namespaces
    CHECK(vf.fna == 4);
    CHECK(vf.nn == 256);
    CHECK(vf.mnan == 256);
    CHECK(pf.sanicap == 7);
    CHECK(vf.sanicap == 0);
    CHECK(pf.tnvmcap == 400'000ULL * 512);
    CHECK(pf.unvmcap == 300'000ULL * 512);
    CHECK(vf.tnvmcap == 0);
}

TEST_CASE("identify controller says which subsystem it is, and what it is made of") {
    Config config = small_namespaces();
    Rig plain(config);
    const wire::IdentifyController first = controller(plain, plain.vf1);
    CHECK(std::string(first.sn.begin(), first.sn.end()) == "0                   ");
    CHECK(std::string(first.subnqn.data()) == "nqn.2026-11.sim.lm:subsystem");
    CHECK(first.wctemp == 343);
    CHECK(first.cctemp == 353);
    CHECK(first.npss == 0);
    CHECK(first.psd0_mp == 2500);
    CHECK(first.rtd3e == 60'000'000);  // CAP.TO
    CHECK(first.kas == 0);
    config.serial = 4'294'967'295;
    config.vid = 0x1234;
    config.ssvid = 0x5678;
    Rig other(config);
    const wire::IdentifyController second = controller(other, other.pf);
    CHECK(std::string(second.sn.begin(), second.sn.end()) == "4294967295          ");
    CHECK(std::string(second.subnqn.data()) == "nqn.2026-11.sim.lm:subsystem-4294967295");
    CHECK(second.vid == 0x1234);
    CHECK(second.ssvid == 0x5678);
}

TEST_CASE("what is not tracked is not offered") {
    Config config = small_namespaces();
    config.track_allocation = false;
    config.capacity = 0;
    Rig rig(config);
    CHECK((controller(rig, rig.pf).oacs & wire::oacs_lba_status) == 0);
    CHECK(controller(rig, rig.pf).tnvmcap == 100'000ULL * 512);
    CHECK(controller(rig, rig.pf).unvmcap == 0);
    CHECK(rig.page(rig.pf, 1).nuse == 100'000);
    const auto nvm = rig.identify(rig.pf, 0x06);
    CHECK((nvm.bytes[18] & 1) == 0);
    wire::GetLbaStatus command;
    command.nsid = 1;
    command.dwords = 4;
    const wire::Sqe sqe = wire::encode(command, rig.bench.rules);
    CHECK(rig.pf.admin(rig.pf.with_data(sqe, 16)).status == 0x001);
}

TEST_CASE("identify namespace") {
    Rig rig;
    REQUIRE(rig.write(rig.vf1, 1, 10, 5) == 0);
    const wire::IdentifyNamespace page = rig.page(rig.vf1, 1);
    CHECK(page.nsze == 100'000);
    CHECK(page.ncap == 100'000);
    CHECK(page.nuse == 5);
    CHECK(page.nsfeat == 8);
    CHECK(page.nlbaf == 1);
    CHECK(page.flbas == 0);
    CHECK(page.nmic == 1);
    CHECK(page.dlfeat == 9);
    CHECK(page.nvmcap == 100'000ULL * 512);
    CHECK(page.lbaf[0].lbads == 9);
    CHECK(page.lbaf[1].lbads == 12);
    CHECK(page.lbaf[2].lbads == 0);
    CHECK(rig.page(rig.pf, 1, 0x11) == page);
}

TEST_CASE("the other format of a namespace of 4 KiB blocks is 512 bytes") {
    Config config = small_namespaces();
    config.block_bytes = 4096;
    config.capacity = 0;
    Rig rig(config);
    const wire::IdentifyNamespace page = rig.page(rig.pf, 1);
    CHECK(page.lbaf[0].lbads == 12);
    CHECK(page.lbaf[1].lbads == 9);
    CHECK(page.nvmcap == 100'000ULL * 4096);
}

TEST_CASE("identify namespace of what is not active") {
    Rig rig;
    REQUIRE(rig.create(10).dw0 == 2);
    for (const std::uint8_t cns : {0x00, 0x05, 0x08}) {
        for (const std::uint32_t nsid : {2U, 3U, 256U}) {
            const auto page = rig.identify(rig.pf, cns, nsid);
            CHECK(page.status == 0);
            CHECK(zeros(page.bytes));
        }
        CHECK(rig.identify(rig.pf, cns, 0).status == 0x00B);
        CHECK(rig.identify(rig.pf, cns, 257).status == 0x00B);
        CHECK(rig.identify(rig.vf1, cns, 0xFFFF'FFFF).status == 0x00B);
        CHECK(rig.identify(rig.pf, cns, 0xFFFF'FFFF).status == 0);
    }
    CHECK(rig.page(rig.pf, 2, 0x11).nsze == 10);
    CHECK(zeros(rig.identify(rig.pf, 0x11, 3).bytes));
    CHECK(rig.identify(rig.pf, 0x11, 0).status == 0x00B);
    CHECK(rig.identify(rig.pf, 0x11, 0xFFFF'FFFF).status == 0x00B);
    const wire::IdentifyNamespace common = rig.page(rig.pf, 0xFFFF'FFFF);
    CHECK(common.nsze == 0);
    CHECK(common.nguid == wire::Nguid{});
    CHECK(common.nlbaf == 1);
    CHECK(common.lbaf[1].lbads == 12);
}

TEST_CASE("pages of the NVM command set") {
    Rig rig;
    const auto ns = rig.identify(rig.vf1, 0x05, 1);
    CHECK(ns.status == 0);
    CHECK(zeros(ns.bytes));  // no protection information
    const auto page = rig.identify(rig.vf1, 0x06);
    const auto nvm = wire::decode_identify_controller_nvm(page.bytes.data(), 4096, rig.bench.rules);
    CHECK(nvm->ralbas);
    CHECK(nvm->lbamqf == 0);
    CHECK(nvm->dmrl == 0);
    CHECK(nvm->ver == 0x0001'0200);
    CHECK(rig.list(rig.vf1, 0x07) == Nsids{1});
    for (const std::uint8_t cns : {0x05, 0x06, 0x07}) {
        CHECK(rig.identify(rig.vf1, cns, 1, 2).status == 0x002);
    }
    const auto independent = rig.identify(rig.vf1, 0x08, 1);
    const auto ready =
        wire::decode_independent_namespace(independent.bytes.data(), 4096, rig.bench.rules);
    CHECK(ready->ready);
    CHECK(ready->nmic == 1);
    CHECK(ready->nsfeat == 8);
}

TEST_CASE("namespace lists") {
    Rig rig;
    for (std::uint32_t nsid = 2; nsid <= 5; ++nsid) {
        REQUIRE(rig.create(10).dw0 == nsid);
    }
    REQUIRE(rig.attach(3, {1}) == 0);
    REQUIRE(rig.attach(5, {1}) == 0);
    CHECK(rig.list(rig.vf1, 0x02) == Nsids{1, 3, 5});
    CHECK(rig.list(rig.vf1, 0x02, 1) == Nsids{3, 5});
    CHECK(rig.list(rig.vf1, 0x02, 4) == Nsids{5});
    CHECK(rig.list(rig.vf1, 0x02, 5).empty());
    CHECK(rig.list(rig.vf1, 0x02, 0xFFFF'FFFD).empty());
    CHECK(rig.list(rig.pf, 0x10, 2) == Nsids{3, 4, 5});
    for (const std::uint8_t cns : {0x02, 0x03, 0x07, 0x10}) {
        CHECK(rig.identify(rig.pf, cns, 0xFFFF'FFFE).status == 0x00B);
        CHECK(rig.identify(rig.pf, cns, 0xFFFF'FFFF).status == 0x00B);
    }
}

TEST_CASE("identification descriptors") {
    Rig rig;
    const auto page = rig.identify(rig.vf1, 0x03, 1);
    REQUIRE(page.status == 0);
    const auto list = wire::decode_namespace_descriptors(page.bytes.data(), 4096, rig.bench.rules);
    REQUIRE(list.ok());
    CHECK(list->has_nguid);
    CHECK(list->nguid == rig.page(rig.vf1, 1).nguid);
    CHECK(list->has_csi);
    CHECK(list->csi == 0);
    CHECK(!list->has_uuid);
    CHECK(!list->has_eui64);
    CHECK(rig.identify(rig.vf1, 0x03, 2).status == 0x002);
    CHECK(rig.identify(rig.vf1, 0x03, 0).status == 0x00B);
    CHECK(rig.identify(rig.vf1, 0x03, 257).status == 0x00B);
}

TEST_CASE("controller lists") {
    Rig rig;
    CHECK(rig.controllers(0x13) == Cntlids{0, 1, 2});
    CHECK(rig.controllers(0x13, 0, 1) == Cntlids{1, 2});
    CHECK(rig.controllers(0x13, 0, 3).empty());
    CHECK(rig.controllers(0x12, 1) == Cntlids{0, 1, 2});
    CHECK(rig.controllers(0x12, 1, 2) == Cntlids{2});
    CHECK(rig.controllers(0x12, 2).empty());
    CHECK(rig.identify(rig.pf, 0x12, 0).status == 0x00B);
    CHECK(rig.identify(rig.pf, 0x12, 257).status == 0x00B);
    CHECK(rig.identify(rig.pf, 0x12, 0xFFFF'FFFF).status == 0x002);
}

TEST_CASE("a VF is not told of others' namespaces and controllers") {
    Rig rig;
    for (const std::uint8_t cns : {0x10, 0x11, 0x12, 0x13}) {
        CHECK(rig.identify(rig.vf1, cns, 1).status == 0x002);
    }
}

TEST_CASE("CNS values that are not known") {
    Rig rig;
    for (const std::uint8_t cns : {0x04, 0x0B, 0x1F, 0x21, 0xFF}) {
        CHECK(rig.identify(rig.pf, cns, 1).status == 0x002);
    }
}

TEST_CASE("ID conditions that are off") {
    Rig rig;
    rig.bench.rules.set_on(Id::IdentifyListNsid, false);
    CHECK(rig.list(rig.pf, 0x02, 0xFFFF'FFFF).empty());
    rig.bench.rules.set_on(Id::IdentifyBroadcastWithoutManagement, false);
    CHECK(rig.page(rig.vf1, 0xFFFF'FFFF).nlbaf == 1);
    rig.bench.rules.set_on(Id::IdentifyManagementToMc, false);
    CHECK(rig.list(rig.vf1, 0x10) == Nsids{1});
    rig.bench.rules.set_on(Id::IdentifyCsiNotSupported, false);
    CHECK(rig.identify(rig.vf1, 0x06, 0, 2).status == 0);
    rig.bench.rules.set_on(Id::IdentifyDescriptorsInactive, false);
    CHECK(rig.identify(rig.vf1, 0x03, 2).status == 0);
    rig.bench.rules.set_on(Id::IdentifyNsidInvalid, false);
    CHECK(rig.identify(rig.vf1, 0x00, 0).status == 0x006);
    CHECK(rig.identify(rig.vf1, 0x03, 0).status == 0x006);
    rig.bench.rules.set_on(Id::IdentifyAttachedBroadcast, false);
    CHECK(rig.identify(rig.pf, 0x12, 0xFFFF'FFFF).status == 0x006);
}
