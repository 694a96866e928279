#include "tests/model/nvme/driver.hpp"

using namespace lmsim;
using namespace lmsim::nvme;
using namespace lmsim::nvme::bench;

namespace {

wire::Sqe aer(const Device& device) { return wire::encode(wire::Aer{}, device.rules); }
wire::Sqe abort_of(const Device& device, std::uint16_t sqid, std::uint16_t cid) {
    return wire::encode(wire::Abort{sqid, cid}, device.rules);
}

}  // namespace

TEST_CASE("AERs are held, up to AERL + 1") {
    Bench<SimBounds> bench(1);
    Driver vf(bench, 1, 64);
    vf.enable();
    for (std::size_t i = 0; i < SimBounds::aers; ++i) vf.submit(0, aer(bench));
    REQUIRE(bench.run());
    CHECK(vf.reap(0).empty());
    CHECK(bench.at(1).aers == SimBounds::aers);
    CHECK(bench.at(1).busy == 0);
    CHECK(vf.admin(aer(bench)).status == 0x105);
    CHECK(bench.at(1).aers == SimBounds::aers);
}

TEST_CASE("Abort ends a held AER and nothing else") {
    Bench<SimBounds> bench(1);
    Driver vf(bench, 1);
    vf.enable();
    vf.create(1, 4);
    const std::uint16_t first = vf.submit(0, aer(bench));
    const std::uint16_t second = vf.submit(0, aer(bench));
    const std::uint16_t third = vf.submit(0, aer(bench));
    REQUIRE(bench.run());
    CHECK(vf.admin(abort_of(bench, 1, second)).dw0 == 1);  // of another queue
    CHECK(vf.admin(abort_of(bench, 0, 0x7777)).dw0 == 1);
    const std::uint16_t abort = vf.submit(0, abort_of(bench, 0, second));
    REQUIRE(bench.run());
    const auto done = vf.reap(0);
    REQUIRE(done.size() == 2);
    CHECK(done[0].cid == second);
    CHECK(done[0].status == 0x007);
    CHECK(done[1].cid == abort);
    CHECK(done[1].status == 0);
    CHECK(done[1].dw0 == 0);
    REQUIRE(bench.at(1).aers == 2);
    CHECK(bench.at(1).slot[bench.at(1).aer[0]].cid == first);
    CHECK(bench.at(1).slot[bench.at(1).aer[1]].cid == third);
    CHECK(bench.at(1).busy == 0);

    bench.held = [](const Effect& effect) { return effect.kind == EffectKind::Media; };
    const std::uint16_t io = vf.submit(1, vf.read_one());
    REQUIRE(bench.run());
    CHECK(vf.admin(abort_of(bench, 1, io)).dw0 == 1);  // too late
}

TEST_CASE("more Aborts at once than ACL + 1") {
    Bench<SimBounds> bench(1);
    Driver vf(bench, 1);
    vf.enable();
    bench.held = [](const Effect& effect) { return effect.kind == EffectKind::Execute; };
    for (int i = 0; i < 5; ++i) vf.submit(0, abort_of(bench, 0, 99));
    REQUIRE(bench.run());
    auto done = vf.reap(0);
    REQUIRE(done.size() == 1);
    CHECK(done[0].status == 0x103);
    CHECK(done[0].cid == 4);
    bench.held = nullptr;
    REQUIRE(bench.run());
    done = vf.reap(0);
    CHECK(done.size() == 4);
    CHECK(vf.admin(abort_of(bench, 0, 99)).status == 0);
}

TEST_CASE("a reset ends AERs without a completion") {
    Bench<SimBounds> bench(1);
    Driver vf(bench, 1);
    vf.enable();
    vf.submit(0, aer(bench));
    REQUIRE(bench.run());
    bench.write(1, property::CC, 0);
    REQUIRE(bench.run());
    CHECK(vf.reap(0).empty());
    CHECK(bench.at(1).aers == 0);
}
