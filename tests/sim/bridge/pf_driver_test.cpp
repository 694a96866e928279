#include "sim/bridge/pf_driver.hpp"

#include "model/spec/rules.hpp"
#include "model/wire/admin.hpp"
#include "model/wire/controller_state.hpp"
#include "sim/bridge/command_port.hpp"
#include "sim/conform/model_target.hpp"
#include "tests/catch.hpp"

using namespace lmsim;
using namespace lmsim::sim;

namespace {

/// The model behind ports, and drivers that come to its PF one after the other.
struct Rig {
    spec::Rules rules = spec::Rules::ratified();
    std::unique_ptr<conform::Target> target = conform::make_model_target(rules);
    DevicePort& port = target->port(0);

    std::unique_ptr<PfDriver> driver(PfDriver::Rings rings = PfDriver::Rings()) {
        return std::make_unique<PfDriver>(
            port, rules,
            [this](const std::function<bool()>& done, Ps limit) {
                return target->wait(done, limit);
            },
            rings);
    }
    bool wait(const std::function<bool()>& done) {
        return target->wait(done, Ps{1'000'000'000'000});
    }
    void disable() {
        port.write(reg::CC, 0, 4);
        target->wait([] { return false; }, Ps{1'000'000'000});
    }
    /// A queue of this many entries, in which so many commands have been done.
    void leave_behind(std::uint32_t entries, std::uint32_t cq_entries, std::uint32_t commands,
                      bool reap_last = true) {
        QueuePair queue(port, 0, entries, cq_entries);
        queue.clear();
        port.write(reg::AQA, std::uint64_t{cq_entries - 1} << 16 | (entries - 1), 4);
        port.write(reg::ASQ, queue.sq_base(), 8);
        port.write(reg::ACQ, queue.cq_base(), 8);
        port.write(reg::CC, reg::cc::enabled, 4);
        target->wait([] { return false; }, Ps{1'000'000'000});
        wire::GetFeatures get;
        get.fid = 7;
        for (std::uint32_t i = 0; i < commands; ++i) {
            wire::Sqe sqe = wire::encode(get, rules);
            sqe.cid = static_cast<std::uint16_t>(i % 7);
            queue.submit(sqe);
            bool done = false;
            REQUIRE(wait([&] {
                const bool reap = reap_last || i + 1 < commands;
                reap ? (void)queue.reap([&](const wire::Cqe&) { done = true; })
                     : queue.peek([&](const wire::Cqe&) { done = true; });
                return done;
            }));
        }
    }
};

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a PF's driver lists, suspends and resumes VFs", "[bridge]") {
    Rig rig;
    const auto driver = rig.driver();
    REQUIRE(driver->open().empty());
    const auto vfs = driver->secondaries();
    REQUIRE(vfs.ok());
    REQUIRE(vfs.value().size() == 3);
    CHECK(vfs.value()[0].vfn == 1);
    CHECK(vfs.value()[0].online);
    const std::uint16_t vf = vfs.value()[0].scid;
    for (int i = 0; i < 40; ++i) {  // more than the admin queue has entries
        REQUIRE(driver->suspend(vf).empty());
        REQUIRE(driver->resume(vf).empty());
    }
    CHECK(has(driver->resume(vf), "Resume ends with Controller Not Suspended (13ah)"));
    CHECK(has(driver->suspend(999), "Suspend ends with Invalid Controller Identifier"));
}

TEST_CASE("a PF's driver takes a state out of a VF and into another", "[bridge]") {
    Rig rig;
    const auto driver = rig.driver();
    REQUIRE(driver->open().empty());
    const auto vfs = driver->secondaries();
    REQUIRE(vfs.ok());
    const std::uint16_t from = vfs.value()[0].scid;
    const std::uint16_t to = vfs.value()[1].scid;
    REQUIRE(driver->suspend(from).empty());
    const auto state = driver->get_state(from);
    REQUIRE(state.ok());
    const auto view =
        wire::ControllerStateView::parse(state.value().data(), state.value().size(), rig.rules);
    REQUIRE(view.ok());
    CHECK(view->size() == state.value().size());
    CHECK(has(driver->set_state(to, state.value()), "Set Controller State ends with"));
    REQUIRE(driver->suspend(to).empty());
    CHECK(driver->set_state(to, state.value()).empty());
    CHECK(driver->get_state(to).value() == state.value());
    CHECK(driver->resume(to).empty());
    CHECK(driver->set_state(to, {}) == "a state of 0 bytes; expected whole dwords");
    CHECK(has(driver->set_state(to, {1, 2, 3}), "expected whole dwords"));
}

TEST_CASE("a PF's driver goes on where another has stopped, and takes no VF offline", "[bridge]") {
    Rig rig;
    for (int round = 0; round < 70; ++round) {  // the rings are at every slot, in both phases
        const auto driver = rig.driver();
        REQUIRE(driver->open() == "");
        const auto vfs = driver->secondaries();
        REQUIRE(vfs.ok());
        CHECK(vfs.value()[0].online);
        const std::uint16_t vf = vfs.value()[0].scid;
        REQUIRE((round % 2 == 0 ? driver->suspend(vf) : driver->resume(vf)).empty());
    }
}

TEST_CASE("a PF's driver takes over rings of any size at any position", "[bridge]") {
    Rig rig;
    for (const std::uint32_t entries : {2U, 3U, 8U}) {
        for (const std::uint32_t cq_entries : {2U, 5U, 8U}) {
            for (std::uint32_t commands = 0; commands < 2 * cq_entries + 1; ++commands) {
                INFO(entries << ", " << cq_entries << " after " << commands << " commands");
                rig.leave_behind(entries, cq_entries, commands);
                const auto driver = rig.driver({entries, cq_entries});
                REQUIRE(driver->open() == "");
                for (int i = 0; i < 12; ++i) {
                    REQUIRE(driver->secondaries().ok());
                }
                rig.disable();
            }
        }
    }
}

TEST_CASE("a PF's driver takes over rings with a completion that nobody has taken", "[bridge]") {
    Rig rig;
    for (const std::uint32_t commands : {1, 2, 7, 8, 9}) {
        INFO("after " << commands << " commands");
        rig.leave_behind(4, 8, commands, false);
        const auto driver = rig.driver({4, 8});
        REQUIRE(driver->open() == "");
        REQUIRE(driver->secondaries().ok());
        rig.disable();
    }
}

TEST_CASE("a PF's driver leaves an admin queue alone that is not in its memory", "[bridge]") {
    Rig rig;
    const std::uint64_t end = rig.port.memory().pages() * page_size;
    const std::pair<std::uint64_t, std::uint64_t> rings[] = {
        {1ULL << 40, (1ULL << 40) + 0x1000}, {0x1000, end}, {end - 0x1000, ~std::uint64_t{0xfff}}};
    for (const auto& [asq, acq] : rings) {
        rig.port.write(reg::AQA, PfDriver::Rings().aqa(), 4);
        rig.port.write(reg::ASQ, asq, 8);
        rig.port.write(reg::ACQ, acq, 8);
        rig.port.write(reg::CC, reg::cc::enabled, 4);
        const auto driver = rig.driver();
        CHECK(has(driver->open(), "its admin queue is somebody else's (ASQ "));
        rig.disable();
    }
}

TEST_CASE("a PF's driver leaves an admin queue alone that only lies where its own would",
          "[bridge]") {
    Rig rig;
    rig.leave_behind(32, 32, 5);  // as a guest's or a conformance case's
    CHECK(has(rig.driver()->open(), "its admin queue is somebody else's (ASQ "));
    rig.disable();
    CHECK(rig.driver()->open().empty());
}

TEST_CASE("a PF that has been shut down is told", "[bridge]") {
    Rig rig;
    REQUIRE(rig.driver()->open().empty());
    rig.port.write(reg::CC, reg::cc::enabled | 1U << 14, 4);
    rig.target->wait([] { return false; }, Ps{10'000'000'000});
    CHECK(has(rig.driver()->open(), "has been shut down"));
}

TEST_CASE("a device that does not answer the PF's driver is told", "[bridge]") {
    Rig rig;
    PfDriver driver(rig.port, rig.rules, [](const std::function<bool()>&, Ps) { return false; });
    CHECK(has(driver.open(), "is not answered"));
}

TEST_CASE("a PF's driver brings a VF online that a reset of the PF took offline", "[bridge]") {
    Rig rig;
    rig.leave_behind(4, 8, 1);
    rig.disable();
    const auto driver = rig.driver();
    REQUIRE(driver->open() == "");
    const auto before = driver->secondaries();
    REQUIRE(before.ok());
    const wire::SecondaryController offline = before.value()[0];
    const std::uint16_t vf = offline.scid;
    CHECK_FALSE(offline.online);
    CHECK(driver->bring_online(offline, 3) == "");
    CHECK(driver->secondaries().value()[0].online);
    CHECK(driver->suspend(vf) == "");
}
