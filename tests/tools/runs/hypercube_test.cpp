#include "tools/runs/hypercube.hpp"

#include <set>

#include "tests/catch.hpp"

using namespace lmsim;
using runs::CubeAxis;
using runs::Hypercube;

namespace {

CubeAxis bandwidths(bool is_log) {
    CubeAxis axis;
    axis.key = "channel.bandwidth";
    axis.dimension = &sim::dimension<sim::Bandwidth>();
    axis.from = 1'000'000'000;
    axis.to = 100'000'000'000;
    axis.is_log = is_log;
    return axis;
}

std::uint64_t bits(const std::string& text) {
    const auto read = sim::parse<sim::Bandwidth>(text.substr(1, text.size() - 2));
    INFO(text);
    REQUIRE(read);
    return read.value().bits_per_s;
}

}  // namespace

TEST_CASE("a hypercube has one sample in each part of each axis", "[runs][hypercube]") {
    constexpr std::size_t n = 200;
    CubeAxis list;
    list.key = "vmm.engine";
    list.values = {"\"qemu-8.2\"", "\"qemu-10.1\""};
    const Hypercube cube({bandwidths(false), bandwidths(true), list}, n, 1);
    std::set<std::size_t> linear;
    std::size_t below_middle = 0;
    std::size_t first = 0;
    for (std::size_t i = 0; i < n; ++i) {
        linear.insert(static_cast<std::size_t>(
            static_cast<double>(bits(cube.value(i, 0)) - 1'000'000'000) / 99e9 * n));
        below_middle += bits(cube.value(i, 1)) < 10'000'000'000 ? 1 : 0;
        first += cube.value(i, 2) == list.values[0] ? 1 : 0;
    }
    CHECK(linear.size() >= n - 2);  // a value that is rounded may cross a border
    CHECK(below_middle == n / 2);   // 1 to 10 is as likely as 10 to 100
    CHECK(first == n / 2);
}

TEST_CASE("draws of a hypercube depend on the seed and their key alone", "[runs][hypercube]") {
    CubeAxis other = bandwidths(false);
    other.key = "vmm.max_bandwidth";
    const Hypercube one({bandwidths(false)}, 50, 7);
    const Hypercube two({other, bandwidths(false)}, 50, 7);
    const Hypercube three({bandwidths(false)}, 50, 8);
    std::size_t same = 0;
    for (std::size_t i = 0; i < 50; ++i) {
        CHECK(one.value(i, 0) == two.value(i, 1));
        same += one.value(i, 0) == three.value(i, 0) ? 1 : 0;
    }
    CHECK(same < 10);
}

TEST_CASE("values of a range are numbers that a person would write", "[runs][hypercube]") {
    CHECK(bandwidths(false).value(0) == "\"1Gbit/s\"");
    CHECK(bandwidths(true).value(0.5) == "\"10Gbit/s\"");
    CHECK(bandwidths(false).value(0.123456789) == "\"13.2222Gbit/s\"");
    CubeAxis stepped;
    stepped.dimension = &sim::dimension<sim::Bytes>();
    stepped.from = 4096;
    stepped.to = 409600;
    stepped.step = 4096;
    CHECK(stepped.value(0.5) == "\"204KiB\"");
    CubeAxis count;
    count.from = 1;
    count.to = 4;
    CHECK(count.value(0) == "1");
    CHECK(count.value(0.3) == "2");
    CHECK(count.value(0.999999) == "4");
}
