#include "sim/run/rig_check.hpp"

#include "tests/catch.hpp"
#include "tests/sim/bridge/record/fake_device.hpp"

using namespace lmsim;
using Catch::Contains;
using lmsim::tests::FakeDevice;

TEST_CASE("a device whose memory is not laid out for the run is refused", "[rig]") {
    constexpr std::uint64_t pages = FakeDevice::pages;
    FakeDevice apart(2, 2);
    CHECK(sim::check_rig_memory(apart, pages, pages).empty());
    CHECK(sim::check_rig_memory(apart, pages - 1, pages).empty());
    CHECK_THAT(sim::check_rig_memory(apart, pages + 1, pages),
               Contains("fake: its PF reaches 64 pages of memory, 1 of them in use, and its VFs "
                        "64, 1 of them in use; expected two memories of 65 and 64"));
    CHECK_FALSE(sim::check_rig_memory(apart, pages, pages - 1).empty());
    CHECK_FALSE(sim::check_rig_memory(apart, pages, pages + 1).empty());
    apart.port(1).memory().allocate_bytes(sim::page_size);
    CHECK_FALSE(sim::check_rig_memory(apart, pages, pages).empty());
    FakeDevice together(2, 1);
    CHECK_FALSE(sim::check_rig_memory(together, pages, pages).empty());
}
