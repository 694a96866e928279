#include "model/wire/identify.hpp"
#include "tests/model/nvme/driver.hpp"

using namespace lmsim;
using namespace lmsim::nvme;
using namespace lmsim::nvme::bench;

namespace {

using spec::Id;
using wire::ResourceType;
using wire::VirtualizationAction;

constexpr std::uint32_t cfs = property::csts::cfs;

Config flexible(std::uint32_t vqs, std::uint32_t vis) {
    Config config;
    config.queue_pairs = 4;
    config.flexible_vqs = vqs;
    config.flexible_vis = vis;
    return config;
}

struct Rig {
    Bench<SimBounds> bench;
    Driver pf{bench, 0};
    Driver vf{bench, 1};

    explicit Rig(const Config& config = {}, std::uint16_t vfs = 2) : bench(vfs, config) {
        pf.enable();
    }
    std::uint16_t assign(std::uint16_t cntlid, ResourceType type, std::uint16_t nr) {
        return pf.virtualize(VirtualizationAction::SecondaryAssign, cntlid, type, nr).status;
    }
    std::uint16_t allocate(ResourceType type, std::uint16_t nr, std::uint16_t cntlid = 0) {
        return pf.virtualize(VirtualizationAction::PrimaryFlexible, cntlid, type, nr).status;
    }
    std::vector<std::uint8_t> identify(std::uint8_t cns) {
        wire::Identify command;
        command.cns = cns;
        const wire::Sqe sqe = wire::encode(command, bench.rules);
        REQUIRE(pf.admin(pf.with_data(sqe, 4096)).status == 0);
        return pf.memory().bytes(Driver::data_address, 4096);
    }
    wire::PrimaryCapabilities capabilities() {
        const auto page = identify(0x14);
        return *wire::decode_primary_capabilities(page.data(), page.size(), bench.rules);
    }
    wire::SecondaryController secondary(std::size_t i) {
        const auto page = identify(0x15);
        return (*wire::SecondaryListView::parse(page.data(), page.size(), bench.rules))[i];
    }
    std::uint32_t csts(std::uint16_t function) {
        return static_cast<std::uint32_t>(bench.read(function, property::CSTS));
    }
};

}  // namespace

TEST_CASE("Virtualization Management goes to a primary controller, with an action that exists") {
    Rig rig;
    rig.vf.enable();
    CHECK(rig.vf.bring_online(1) == 0x001);
    CHECK(rig.vf.take_offline(2) == 0x001);
    CHECK(rig.bench.at(2).online);
    for (const std::uint32_t act : {0, 2, 6, 10, 15}) {
        wire::Sqe sqe;
        sqe.opcode = spec::opcode::AdminVirtualization;
        sqe.cdw10 = act | 1U << 16;
        CHECK(rig.pf.admin(sqe).status == 0x002);
    }
    for (const std::uint16_t cntlid : {0, 3, 0xffff}) {  // the primary itself, unknown ones
        CHECK(rig.pf.take_offline(cntlid) == 0x11F);
        CHECK(rig.pf.bring_online(cntlid) == 0x11F);
        CHECK(rig.assign(cntlid, ResourceType::Vq, 2) == 0x11F);
    }
    CHECK(rig.allocate(ResourceType::Vq, 0, 1) == 0x11F);
    wire::Identify command;
    for (const std::uint8_t cns : {0x14, 0x15}) {
        command.cns = cns;
        const wire::Sqe sqe = rig.vf.with_data(wire::encode(command, rig.bench.rules), 4096);
        CHECK(rig.vf.admin(sqe).status == 0x002);
    }
}

TEST_CASE("private resources are nobody's to move") {
    Rig rig;
    const wire::PrimaryCapabilities caps = rig.capabilities();
    CHECK(caps == wire::PrimaryCapabilities{});  // CNTLID and PORTID are 0, CRT too
    CHECK(rig.allocate(ResourceType::Vq, 1) == 0x122);
    CHECK(rig.allocate(ResourceType::Vi, 1) == 0x122);
    REQUIRE(rig.pf.take_offline(1) == 0);
    CHECK(rig.assign(1, ResourceType::Vq, 2) == 0x122);
    CHECK(rig.assign(1, ResourceType::Vi, 1) == 0x122);
    CHECK(rig.pf.bring_online(1) == 0);
    CHECK(rig.secondary(0).nvq == 0);
    CHECK(rig.secondary(0).nvi == 0);
}

TEST_CASE("flexible resources: what Identify tells of them") {
    Rig rig(flexible(12, 9));
    const wire::PrimaryCapabilities caps = rig.capabilities();
    const wire::FlexibleResources vq{true, 12, 10, 0, 5, 5, 1};  // 5 for each of 2 VFs
    const wire::FlexibleResources vi{true, 9, 8, 0, 5, 5, 1};    // 9 / 2
    CHECK(caps.vq == vq);
    CHECK(caps.vi == vi);
    CHECK(rig.secondary(0).nvq == 5);
    CHECK(rig.secondary(1).nvi == 4);
    CHECK(rig.secondary(1).online);
}

TEST_CASE("ACT 8h: every condition, at its boundary") {
    Rig rig(flexible(12, 9));
    CHECK(rig.assign(1, ResourceType::Vq, 5) == 0x120);  // online
    REQUIRE(rig.pf.take_offline(1) == 0);
    CHECK(rig.secondary(0).nvq == 0);
    CHECK(rig.secondary(0).nvi == 0);
    CHECK(rig.assign(1, ResourceType::Vq, 6) == 0x121);  // VQFRSM is 5
    CHECK(rig.assign(1, ResourceType::Vq, 1) == 0x121);
    CHECK(rig.assign(1, ResourceType::Vq, 2) == 0);
    CHECK(rig.assign(1, ResourceType::Vi, 6) == 0x121);
    CHECK(rig.assign(1, ResourceType::Vi, 5) == 0);
    const wire::Cqe cqe =
        rig.pf.virtualize(VirtualizationAction::SecondaryAssign, 1, ResourceType::Vq, 5);
    CHECK(cqe.status == 0);
    CHECK(wire::decode_resources_modified(cqe, rig.bench.rules) == 5);  // NRM
    CHECK(rig.secondary(0).nvq == 5);
    CHECK(rig.capabilities().vq.assigned == 10);
    wire::Sqe reserved;
    reserved.opcode = spec::opcode::AdminVirtualization;
    reserved.cdw11 = 2;
    for (const std::uint32_t type : {2, 7}) {
        reserved.cdw10 = 8 | type << 8 | 1U << 16;
        CHECK(rig.pf.admin(reserved).status == 0x002);
        reserved.cdw10 = 1 | type << 8;
        CHECK(rig.pf.admin(reserved).status == 0x002);
    }
    CHECK(rig.assign(1, ResourceType::Vq, 0) == 0);  // takes them away again
    CHECK(rig.secondary(0).nvq == 0);
}

TEST_CASE("ACT 8h: no more than remain") {
    Rig rig(flexible(8, 3));  // of 2 VFs with 4 VQ and 1 VI each
    REQUIRE(rig.pf.take_offline(1) == 0);
    CHECK(rig.assign(1, ResourceType::Vq, 5) == 0x122);
    CHECK(rig.assign(1, ResourceType::Vq, 4) == 0);
    CHECK(rig.assign(1, ResourceType::Vi, 3) == 0x122);
    CHECK(rig.assign(1, ResourceType::Vi, 2) == 0);
    CHECK(rig.assign(1, ResourceType::Vi, 2) == 0);  // its own do not stand in its way
}

TEST_CASE("ACT 9h: a secondary controller needs two queue pairs and a vector") {
    Rig rig(flexible(12, 9));
    CHECK(rig.pf.bring_online(1) == 0);  // it is: no error
    REQUIRE(rig.pf.take_offline(1) == 0);
    CHECK(rig.pf.take_offline(1) == 0);  // likewise
    CHECK(rig.pf.bring_online(1) == 0x120);
    REQUIRE(rig.assign(1, ResourceType::Vq, 2) == 0);
    CHECK(rig.pf.bring_online(1) == 0x120);
    REQUIRE(rig.assign(1, ResourceType::Vi, 1) == 0);
    CHECK_FALSE(rig.secondary(0).online);
    CHECK(rig.pf.bring_online(1) == 0);
    CHECK(rig.secondary(0).online);
    REQUIRE(rig.pf.take_offline(1) == 0);
    REQUIRE(rig.assign(1, ResourceType::Vi, 1) == 0);
    CHECK(rig.pf.bring_online(1) == 0x120);
}

TEST_CASE("a controller has the queues and vectors that it was given") {
    Rig rig(flexible(12, 9));
    REQUIRE(rig.pf.take_offline(1) == 0);
    REQUIRE(rig.assign(1, ResourceType::Vq, 3) == 0);
    REQUIRE(rig.assign(1, ResourceType::Vi, 2) == 0);
    REQUIRE(rig.pf.bring_online(1) == 0);
    rig.vf.enable();
    const wire::GetFeatures get{0x07, 0, 0};
    CHECK(rig.vf.admin(wire::encode(get, rig.bench.rules)).dw0 == 0x0001'0001);
    CHECK(rig.vf.create_cq(3, 4) == 0x101);
    CHECK(rig.vf.create_cq(2, 4) == 0x108);  // vector 2
    CHECK(rig.vf.create_cq(1, 4) == 0);
    // The primary: its own, and more after its next reset that is not a Controller Reset.
    CHECK(rig.allocate(ResourceType::Vq, 13) == 0x121);  // VQFRT
    CHECK(rig.allocate(ResourceType::Vq, 5) == 0x122);   // 12 less 3 less 5
    CHECK(rig.allocate(ResourceType::Vq, 4) == 0);
    CHECK(rig.allocate(ResourceType::Vi, 3) == 0);
    CHECK(rig.capabilities().vq.primary == 0);
    rig.bench.write(0, property::CC, 0);
    REQUIRE(rig.bench.run());
    rig.pf.enable();
    CHECK(rig.capabilities().vq.primary == 0);
    CHECK(rig.pf.create_cq(5, 4) == 0x101);
    rig.bench.reset(0);
    rig.pf.enable();
    CHECK(rig.capabilities().vq.primary == 4);
    CHECK(rig.capabilities().vi.primary == 3);
    CHECK(rig.pf.create_cq(8, 4) == 0x108);  // vectors 0 to 7
    CHECK(rig.pf.create_cq(7, 4) == 0);
    CHECK(rig.pf.create_cq(9, 4) == 0x101);
}

TEST_CASE("VM-PRI-01 off: the primary has its resources at once") {
    Rig rig(flexible(12, 9));
    rig.bench.rules.set_on(Id::FlexibleWaitsForReset, false);
    REQUIRE(rig.allocate(ResourceType::Vq, 2) == 0);
    CHECK(rig.capabilities().vq.primary == 2);
    CHECK(rig.pf.create_cq(5, 4) == 0x108);
    REQUIRE(rig.allocate(ResourceType::Vi, 1) == 0);
    CHECK(rig.pf.create_cq(5, 4) == 0);
}

TEST_CASE("an offline controller is of no use until it is online again") {
    Rig rig;
    rig.vf.enable();
    rig.vf.create(1, 4);
    rig.bench.held = [](const Effect& effect) { return effect.function == 1; };
    rig.vf.submit(1, rig.vf.read_one());
    rig.vf.submit(0, wire::encode(wire::Aer{}, rig.bench.rules));
    REQUIRE(rig.pf.take_offline(1) == 0);
    CHECK_FALSE(rig.secondary(0).online);
    CHECK((rig.csts(1) & cfs) != 0);
    CHECK((rig.csts(2) & cfs) == 0);
    CHECK((rig.csts(0) & cfs) == 0);
    rig.bench.held = nullptr;
    rig.bench.log.clear();
    REQUIRE(rig.bench.run());
    CHECK(rig.bench.count(EffectKind::PostCqe, 1) == 0);
    CHECK(rig.bench.at(1).sq[1].size == 0);
    CHECK(rig.bench.at(1).aers == 0);
    // Nothing that its host does has an effect.
    rig.vf.enable();
    CHECK_FALSE(rig.vf.ready());
    rig.bench.ring_sq(1, 0, 1);
    CHECK(rig.bench.pending() == 0);
    CHECK(rig.bench.at(1).asq == 0);
    CHECK(rig.bench.at(1).cc == 0);
    REQUIRE(rig.pf.bring_online(1) == 0);
    CHECK(rig.csts(1) == 0);
    rig.vf.enable();
    CHECK(rig.vf.ready());
    rig.vf.create(1, 4);
    rig.vf.submit(1, rig.vf.read_one());
    REQUIRE(rig.bench.run());
    CHECK(rig.vf.reap(1).size() == 1);
}

TEST_CASE("VM-SEC-04 off: going offline stops a controller where it is") {
    Rig rig;
    rig.bench.rules.set_on(Id::OfflineResets, false);
    rig.vf.enable();
    rig.vf.create(1, 4);
    REQUIRE(rig.pf.take_offline(1) == 0);
    CHECK(rig.csts(1) == cfs);  // not ready (VM-SEC-02), though it still is enabled
    rig.vf.submit(1, rig.vf.read_one());
    CHECK(rig.bench.pending() == 0);
    REQUIRE(rig.pf.bring_online(1) == 0);
    rig.vf.ring(1);
    REQUIRE(rig.bench.run());
    CHECK(rig.vf.reap(1).size() == 1);
}

TEST_CASE("a state that was committed offline goes on with ACT 9h (VM-SEC-05)") {
    Rig rig;
    rig.vf.enable();
    rig.vf.create(1, 8);
    REQUIRE(rig.pf.suspend(1) == 0);
    rig.vf.submit(1, rig.vf.read_one());
    const auto state = rig.pf.save(1);
    Driver moved = rig.vf;
    REQUIRE(rig.pf.take_offline(2) == 0);
    REQUIRE(rig.pf.load(2, state) == 0);
    moved.move_to(rig.bench, 2);
    CHECK(rig.bench.pending() == 0);
    CHECK(rig.pf.resume(2) == 0x13A);  // it was never suspended
    SECTION("as it stands") {
        REQUIRE(rig.pf.bring_online(2) == 0);
        REQUIRE(rig.bench.run());
        CHECK(moved.ready());
        CHECK(moved.reap(1).size() == 1);
    }
    SECTION("the other reading: it comes online out of reset") {
        rig.bench.rules.set_on(Id::OnlineGoesOn, false);
        REQUIRE(rig.pf.bring_online(2) == 0);
        REQUIRE(rig.bench.run());
        CHECK_FALSE(moved.ready());
        CHECK(rig.bench.at(2).sq[1].size == 0);
    }
}

TEST_CASE("VFs that begin offline") {
    Config config = flexible(12, 9);
    config.vfs_online = false;
    Rig rig(config);
    CHECK_FALSE(rig.secondary(0).online);
    CHECK(rig.secondary(0).nvq == 0);
    REQUIRE(rig.assign(1, ResourceType::Vq, 5) == 0);
    REQUIRE(rig.assign(1, ResourceType::Vi, 5) == 0);
    CHECK(rig.pf.bring_online(1) == 0);
    rig.vf.enable();
    CHECK(rig.vf.ready());
    // Too few for all of them: none has any.
    Rig poor(flexible(3, 9));
    CHECK_FALSE(poor.secondary(0).online);
    CHECK(poor.capabilities().vq.assigned == 0);
}

TEST_CASE("what resets or shuts down the primary takes its secondaries offline, and no more") {
    Rig rig(flexible(12, 9));
    rig.vf.enable();
    rig.vf.create(1, 4);
    bool offline = true;
    SECTION("function level reset") { rig.bench.reset(0); }
    SECTION("Controller Reset") { rig.bench.write(0, property::CC, 0); }
    SECTION("shutdown") { rig.bench.write(0, property::CC, property::cc::enabled | 0x4000); }
    SECTION("NVM Subsystem Reset") { rig.bench.write(0, property::NSSR, 0x4E564D65); }
    SECTION("LM-RST-01 off") {
        rig.bench.rules.set_on(Id::PrimaryResetTakesOffline, false);
        rig.bench.reset(0);
        offline = false;
    }
    SECTION("LM-RST-02 off") {
        rig.bench.rules.set_on(Id::PrimaryShutdownTakesOffline, false);
        rig.bench.write(0, property::CC, property::cc::enabled | 0x4000);
        offline = false;
    }
    SECTION("a reset of a secondary") {
        rig.bench.reset(2);
        offline = false;
    }
    CHECK(rig.bench.at(0).online);
    for (const std::uint16_t i : {1, 2}) {
        CHECK(rig.bench.at(i).online == !offline);
        CHECK(rig.bench.at(i).vq == (offline ? 0 : 5));
        CHECK(rig.bench.at(i).vi == (offline ? 0 : 4));
        CHECK(((rig.csts(i) & cfs) != 0) == offline);
    }
    CHECK((rig.bench.at(1).sq[1].size != 0) == !offline);
}

TEST_CASE("a Controller Reset of the primary leaves alone what was committed to offline VFs") {
    Rig rig;
    rig.vf.enable();
    rig.vf.create(1, 8);
    REQUIRE(rig.pf.suspend(1) == 0);
    const auto state = rig.pf.save(1);
    REQUIRE(rig.pf.take_offline(2) == 0);
    REQUIRE(rig.pf.load(2, state) == 0);
    rig.bench.write(0, property::CC, 0);
    CHECK(rig.bench.at(1).sq[1].size == 0);
    CHECK(rig.bench.at(2).sq[1].size == 8);
    rig.bench.reset(0);
    CHECK(rig.bench.at(2).sq[1].size == 0);
}

TEST_CASE("an offline controller takes a state as far as its resources go") {
    Rig rig(flexible(12, 9));
    rig.vf.enable();
    rig.vf.create(2, 8);
    REQUIRE(rig.pf.suspend(1) == 0);
    const auto state = rig.pf.save(1);
    REQUIRE(rig.pf.take_offline(2) == 0);
    CHECK(rig.pf.load(2, state) == 0x002);  // no queues at all
    REQUIRE(rig.assign(2, ResourceType::Vq, 2) == 0);
    REQUIRE(rig.assign(2, ResourceType::Vi, 3) == 0);
    CHECK(rig.pf.load(2, state) == 0x002);  // one pair
    REQUIRE(rig.assign(2, ResourceType::Vq, 3) == 0);
    REQUIRE(rig.assign(2, ResourceType::Vi, 2) == 0);
    CHECK(rig.pf.load(2, state) == 0x002);  // vectors 0 and 1
    REQUIRE(rig.assign(2, ResourceType::Vi, 3) == 0);
    CHECK(rig.pf.load(2, state) == 0);
    CHECK(rig.pf.bring_online(2) == 0);
}
