#include "sim/bridge/ready.hpp"

#include "sim/bridge/device_port.hpp"
#include "tests/catch.hpp"

using namespace lmsim::sim;

namespace {

constexpr Ps second = 1'000'000'000'000;

/// A controller whose CSTS is `csts` from `from` on, and 0 before.
struct Controller {
    std::uint64_t csts = reg::csts::rdy;
    Ps from = 0;
    std::uint64_t to = 0;  // of CAP
    bool answers = true;
    Ps now = 0;

    std::string wait(bool ready) {
        const Looks looks = {
            [this](std::uint64_t property, unsigned) -> std::optional<std::uint64_t> {
                if (!answers) return std::nullopt;
                return property == reg::CAP ? to << reg::cap::to_shift : now >= from ? csts : 0;
            },
            [this](Ps pause) { now += pause; }};
        return await_ready(looks, "it", ready);
    }
};

}  // namespace

TEST_CASE("a controller is waited for 10 s, or as long as its CAP.TO says", "[bridge]") {
    Controller at_once;
    CHECK(at_once.wait(true).empty());
    CHECK(at_once.now == 0);
    CHECK(Controller{0}.wait(false).empty());
    CHECK(Controller{reg::csts::rdy, 9 * second}.wait(true).empty());
    CHECK(Controller{reg::csts::rdy, 12 * second}.wait(true) ==
          "it: CSTS.RDY did not become 1 within 10 s");
    CHECK(Controller{reg::csts::rdy, 59 * second, 120}.wait(true).empty());
    Controller never{reg::csts::rdy, 0, 255};
    CHECK(never.wait(false) == "it: CSTS.RDY did not become 0 within 127 s");
    CHECK(never.now < 128 * second);
    CHECK(ready_timeout(0x0000'0020'7800'ffff) == 60 * second);
}

TEST_CASE("a controller that cannot get ready is not waited for", "[bridge]") {
    Controller fatal{reg::csts::cfs};
    CHECK(fatal.wait(true) ==
          "it: it reports a fatal status (CSTS.CFS = 1), as a VF does that is offline");
    CHECK(fatal.wait(false).empty());  // a reset is what helps
    Controller shut_down{reg::csts::rdy | reg::csts::shst};
    CHECK(shut_down.wait(true) == "it: it has been shut down (CSTS.SHST); expected one that runs");
    CHECK(shut_down.now == 0);
    Controller mute{0, 0, 0, false};
    CHECK(mute.wait(true) == "it: a read of CSTS was not answered within 10 s");
}
