#include "model/pack.hpp"
#include "tests/model/host/vmm/toy.hpp"

using namespace lmsim;
using namespace lmsim::host::vmm;
using namespace lmsim::host::vmm::test;

namespace {

template <class State>
void check_round_trip(const State& state) {
    const Packed<State> packed(state);
    State back;
    REQUIRE(unpack(packed.bytes.data(), packed.size, back) == packed.size);
    CHECK(packed_equal(state, back));
}

}  // namespace

TEST_CASE("both sides pack and unpack at every step", "[vmm][pack]") {
    Toy toy = world(2);
    for (int limit = 1000; limit < 1060; ++limit) {
        Toy until = toy;
        until.limit = limit;
        until.run();
        check_round_trip(until.source);
        check_round_trip(until.destination);
    }
}

TEST_CASE("an explorer's state is small", "[vmm][pack]") {
    CHECK(max_packed_size<Source<1, 0>>() <= 256);
    CHECK(max_packed_size<Destination<1, 0>>() <= 96);
}

TEST_CASE("256 devices fit", "[vmm]") {
    Source<> source;
    Config config;
    config.devices = max_devices;
    for (std::uint8_t& features : config.features) {
        features = vfio::STOP_COPY_FLAG | vfio::P2P_FLAG;
    }
    const spec::Rules rules;
    Effects effects;
    step(source, occurrence(EventKind::Start, 0), config, rules, effects);
    int calls = 0;
    while (!source.control.flow.finished && calls < 10000) {
        REQUIRE(source.control.flow.ticket != 0);
        effects.clear();
        const bool query = source.control.flow.call == Call::QueryStopCopySize;
        step(source, answer(source.control.flow.ticket, 0, 0, query ? 1 : 0), config, rules,
             effects);
        ++calls;
    }
    CHECK(source.control.flow.outcome == Outcome::Completed);
    CHECK(calls > 5 * max_devices);
}
