#include "model/nvme/queue_commands.hpp"
#include "tests/model/nvme/driver.hpp"

using namespace lmsim;
using namespace lmsim::nvme;
using namespace lmsim::nvme::bench;

namespace {

using spec::Id;

struct Rig {
    Bench<SimBounds> bench;
    Driver vf{bench, 1};

    explicit Rig(const Config& config = {}) : bench(1, config) { vf.enable(); }

    wire::Cqe set(std::uint8_t fid, std::uint32_t cdw11, bool sv = false, std::uint32_t nsid = 0) {
        wire::Sqe sqe = wire::encode(wire::SetFeatures{fid, sv, cdw11}, bench.rules);
        sqe.nsid = nsid;
        return vf.admin(sqe);
    }
    wire::Cqe get(std::uint8_t fid, std::uint8_t sel = 0, std::uint32_t cdw11 = 0) {
        return vf.admin(wire::encode(wire::GetFeatures{fid, sel, cdw11}, bench.rules));
    }
    void reset() {
        bench.reset(1);
        vf.enable();
    }
};

constexpr std::uint8_t fids[] = {0x06, 0x07, 0x08, 0x09, 0x0B};

}  // namespace

TEST_CASE("every feature has a current, a default and a saved value, and says what it can") {
    Rig rig;
    rig.vf.create(1, 4);
    const std::uint32_t defaults[] = {1, 0x0007'0007, 0, 1, 0};
    rig.bench.at(1).queues_granted = 2;
    REQUIRE(rig.set(0x06, 0).status == 0);
    REQUIRE(rig.set(0x08, 0x0305).status == 0);
    REQUIRE(rig.set(0x09, 0x1'0001).status == 0);
    REQUIRE(rig.set(0x0B, 0x100).status == 0);
    const std::uint32_t current[] = {0, 0x0001'0001, 0x0305, 0x1'0001, 0x100};
    for (std::size_t i = 0; i < 5; ++i) {
        CHECK(rig.get(fids[i], 0, 1).dw0 == current[i]);
        CHECK(rig.get(fids[i], 1, 1).dw0 == defaults[i]);
        CHECK(rig.get(fids[i], 2, 1).dw0 == defaults[i]);  // nothing is saved
        CHECK(rig.get(fids[i], 3, 1).dw0 == 4);            // changeable, not saveable
        for (const std::uint8_t reserved : {4, 7}) {
            CHECK(rig.get(fids[i], reserved, 1).status == 0x002);
        }
        CHECK(rig.set(fids[i], 0, true).status == 0x10D);
        CHECK(rig.set(fids[i], 0, false, 1).status == 0x10F);
    }
    CHECK(rig.set(0x0B, 7, false, 0xffff'ffff).status == 0);
    for (const std::uint8_t fid : {0x00, 0x03, 0x0C, 0x7f, 0xff}) {
        CHECK(rig.get(fid).status == 0x002);
        CHECK(rig.set(fid, 0).status == 0x002);
    }
    rig.reset();
    rig.vf.create(1, 4);
    for (std::size_t i = 0; i < 5; ++i) CHECK(rig.get(fids[i], 0, 1).dw0 == defaults[i]);
}

TEST_CASE("features that every I/O controller has, and that do not change here") {
    Rig rig;
    const struct {
        std::uint8_t fid;
        std::uint32_t cdw11;
        std::uint32_t value;
    } constant[] = {{0x01, 0, 0}, {0x02, 0, 0}, {0x04, 0, 343}, {0x04, 0x10'0000, 0}, {0x0A, 0, 0}};
    for (const auto& feature : constant) {
        CAPTURE(feature.fid, feature.cdw11);
        for (const std::uint8_t sel : {0, 1, 2}) {
            const wire::Cqe cqe = rig.get(feature.fid, sel, feature.cdw11);
            CHECK(cqe.status == 0);
            CHECK(cqe.dw0 == feature.value);
        }
        CHECK(rig.get(feature.fid, 3, feature.cdw11).dw0 == 0);
        CHECK(rig.get(feature.fid, 4, feature.cdw11).status == 0x002);
        CHECK(rig.set(feature.fid, feature.cdw11).status == 0x10E);
        CHECK(rig.set(feature.fid, feature.cdw11, true).status == 0x10D);
        CHECK(rig.set(feature.fid, feature.cdw11, false, 1).status == 0x10F);
    }
    CHECK(rig.set(0x02, 0xE0).status == 0x10E);  // a hint at the work
    for (const std::uint32_t state : {1U, 31U}) CHECK(rig.set(0x02, state).status == 0x002);
    // No sensors, and no third kind of threshold.
    for (const std::uint32_t cdw11 : {0x1'0000U, 0x8'0000U, 0xF'0000U, 0x20'0000U, 0x30'0000U}) {
        CAPTURE(cdw11);
        CHECK(rig.get(0x04, 0, cdw11).status == 0x002);
        CHECK(rig.get(0x04, 3, cdw11).status == 0);
    }
}

TEST_CASE("Error Recovery is each namespace's own") {
    Rig rig;
    const auto get = [&](std::uint32_t nsid, std::uint8_t sel = 0) {
        wire::Sqe sqe = wire::encode(wire::GetFeatures{0x05, sel, 0}, rig.bench.rules);
        sqe.nsid = nsid;
        return rig.vf.admin(sqe);
    };
    CHECK(get(1).status == 0);
    CHECK(get(1).dw0 == 0);
    CHECK(get(1, 3).dw0 == 2);  // of a namespace, not changeable
    CHECK(get(0xffff'ffff).status == 0x00B);
    CHECK(get(0).status == 0x00B);
    CHECK(get(2).status == 0x002);  // not attached
    CHECK(get(257).status == 0x00B);
    CHECK(rig.set(0x05, 1, false, 1).status == 0x10E);
    CHECK(rig.set(0x05, 1, false, 0xffff'ffff).status == 0x10E);
    CHECK(rig.set(0x05, 1, false, 0).status == 0x00B);
    rig.bench.at(1).attached[0] = 0;
    CHECK(get(1).status == 0x002);
}

TEST_CASE("reserved bits of a feature are not kept") {
    Rig rig;
    REQUIRE(rig.set(0x08, 0xffff'0305).status == 0);
    CHECK(rig.get(0x08).dw0 == 0x0305);
    REQUIRE(rig.set(0x08, 0xff00).status == 0);
    CHECK(rig.get(0x08).dw0 == 0xff00);
    REQUIRE(rig.set(0x06, 0xffff'fffe).status == 0);
    CHECK(rig.get(0x06).dw0 == 0);
    REQUIRE(rig.set(0x06, 3).status == 0);
    CHECK(rig.get(0x06).dw0 == 1);
}

TEST_CASE("a device without a volatile write cache has no such feature") {
    Config config;
    config.write_cache = false;
    Rig rig(config);
    CHECK(rig.get(0x06).status == 0x002);
    CHECK(rig.set(0x06, 1).status == 0x002);
    CHECK(rig.get(0x06, 3).status == 0x002);
}

TEST_CASE("Number of Queues, at its boundaries") {
    Rig rig;
    CHECK(rig.set(0x07, 0xfffe'0000).dw0 == 0x0007'0007);
    CHECK(rig.set(0x07, 0x0000'fffe).dw0 == 0x0007'0007);
    CHECK(rig.set(0x07, 0xffff'0000).status == 0x002);
    CHECK(rig.set(0x07, 0x0000'ffff).status == 0x002);
    CHECK(rig.set(0x07, 0x0001'0000).dw0 == 0x0001'0001);
    CHECK(rig.set(0x07, 0x0000'0002).dw0 == 0x0002'0002);
    CHECK(rig.vf.create_cq(4, 4) == 0x101);
    CHECK(rig.vf.create_cq(3, 4) == 0);
    CHECK(rig.set(0x07, 0).status == 0x00C);
}

TEST_CASE("Interrupt Vector Configuration belongs to a vector that an I/O queue uses") {
    Rig rig;
    CHECK(rig.set(0x09, 1).status == 0x002);
    rig.vf.create(2, 4);
    CHECK(rig.set(0x09, 0).status == 0x002);  // the admin queue's alone
    CHECK(rig.set(0x09, 3).status == 0x002);
    CHECK(rig.set(0x09, 0x1'0002).status == 0);
    CHECK(rig.get(0x09, 0, 1).dw0 == 1);
    CHECK(rig.get(0x09, 0, 2).dw0 == 0x1'0002);
    CHECK(rig.get(0x09, 1, 2).dw0 == 2);
    // A second queue of the same vector has its setting.
    wire::CreateCq create;
    create.qid = 5;
    create.qsize = 3;
    create.iv = 2;
    create.prp1 = Driver::cq_base(5);
    REQUIRE(rig.vf.admin(wire::encode(create, rig.bench.rules)).status == 0);
    CHECK((rig.bench.at(1).cq[5].attributes & coalescing_off) != 0);
    CHECK(rig.set(0x09, 2).status == 0);
    CHECK(rig.bench.at(1).cq[5].attributes == 3);
    CHECK(rig.get(0x09, 0, 2).dw0 == 2);
}
