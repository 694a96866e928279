#include "model/pack.hpp"
#include "model/host/memory_log.hpp"
#include "model/host/udmq.hpp"
#include "model/host/vfio_nvme.hpp"
#include "tests/catch.hpp"

using namespace lmsim;
using namespace lmsim::host;

namespace {

template <class State>
void check_round_trip(const State& state) {
    const Packed<State> packed(state);
    State back;
    REQUIRE(unpack(packed.bytes.data(), packed.size, back) == packed.size);
    CHECK(packed_equal(state, back));
}

}  // namespace

TEST_CASE("no field of the PF queue or the driver's flow is forgotten", "[host][pack]") {
    CHECK(packed_size(ProofPfQueue{}) == sizeof(ProofPfQueue));
    CHECK(packed_size(VfioNvme{}) == sizeof(VfioNvme) - 6);  // room behind dudmq
    CHECK(packed_size(Udmq{}) == sizeof(Udmq) - 7);          // behind single bytes
    CHECK(packed_size(MemoryLog{}) == sizeof(MemoryLog) - 4);
}

TEST_CASE("the PF queue packs and unpacks at every step", "[host][pack]") {
    ProofPfQueue queue;
    queue.depth = 2;
    queue.reserved = 1;
    Effects effects;
    PfEvent event;
    for (event.owner = 1; event.owner <= 4; ++event.owner) {
        step(queue, event, 1, effects);
        check_round_trip(queue);
    }
    event.kind = PfEvent::Kind::Completed;
    step(queue, event, 1, effects);
    check_round_trip(queue);
    event.kind = PfEvent::Kind::ResetBegan;
    step(queue, event, 1, effects);
    check_round_trip(queue);
    CHECK(queue.resetting);
}

TEST_CASE("the driver's flow packs and unpacks within an arc", "[host][pack]") {
    VfioNvme flow;
    flow.cntlid = 3;
    flow.piece = 128;
    FlowEvent arc;
    arc.kind = FlowEvent::Kind::Arc;
    arc.to = vfio::MigState::STOP;
    arc.ticket = 1;
    Effects effects;
    step(flow, arc, spec::Rules{}, effects);
    CHECK(flow.step == FlowStep::Suspend);
    check_round_trip(flow);
}
