#include "sim/bridge/pair_rig.hpp"

#include "tests/catch.hpp"
#include "tests/sim/bridge/record/fake_device.hpp"

using namespace lmsim;
using namespace lmsim::sim;
using lmsim::tests::FakeDevice;

namespace {

struct Vectors : PortClient {
    void interrupt(std::uint32_t vector) override { seen.push_back(vector); }
    void read_done(std::uint64_t /*token*/, std::uint64_t /*value*/) override {}
    std::vector<std::uint32_t> seen;
};

}  // namespace

TEST_CASE("two devices are one, and each is a part of it", "[rig]") {
    auto first = std::make_unique<FakeDevice>(std::uint16_t{2});
    auto second = std::make_unique<FakeDevice>(std::uint16_t{3});
    FakeDevice& a = *first;
    FakeDevice& b = *second;
    std::vector<std::string> wrote;
    a.on_write = [&](std::uint16_t function, std::uint64_t, std::uint64_t) {
        wrote.push_back("a" + std::to_string(function));
    };
    b.on_write = [&](std::uint16_t function, std::uint64_t, std::uint64_t) {
        wrote.push_back("b" + std::to_string(function));
    };
    PairRig pair(std::move(first), std::move(second));
    RigPart source(pair, &a, "source", 0, 2);
    RigPart destination(pair, &b, "destination", 2, 3);
    CHECK(pair.functions() == 5);
    CHECK(destination.functions() == 3);
    CHECK(destination.name() == "destination");
    for (std::uint16_t i = 0; i < 5; ++i) pair.port(i).write(0, 0, 4);
    destination.port(1).write(0, 0, 4);
    CHECK(wrote == std::vector<std::string>{"a0", "a1", "b0", "b1", "b2", "b1"});
    CHECK(&source.port(0).memory() != &destination.port(0).memory());

    // Whoever asks the first part has what came for both.
    Vectors vectors;
    destination.port(2).set_client(&vectors);
    b.interrupt(2, 9);
    CHECK_FALSE(destination.poll());
    CHECK(vectors.seen.empty());
    CHECK(source.poll());
    CHECK(vectors.seen == std::vector<std::uint32_t>{9});
    b.interrupt(2, 8);
    CHECK(destination.wait([&] { return vectors.seen.size() == 2; }, 1'000'000'000'000));
    const Ps before = destination.now();
    CHECK(source.now() > before);  // one clock
    b.broken = "b is gone";
    CHECK(source.trouble() == "b is gone");
    a.broken = "a is gone";
    CHECK(destination.trouble() == "a is gone");
}
