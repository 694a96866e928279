#include "model/host/vfio_nvme.hpp"
#include "model/wire/vendor_area.hpp"
#include "tests/model/dialects.hpp"
#include "tests/model/nvme/dialect_rig.hpp"

using namespace lmsim;
using namespace lmsim::nvme;
using namespace lmsim::nvme::bench;
using spec::Id;
using spec::Rules;

namespace {

Rules version1() {
    Rules rules = tests::version1();
    rules.set_on(Id::FormatsListVersion0, true);
    return rules;
}

}  // namespace

TEST_CASE("indices of formats may begin at 0") {
    Rules rules;
    rules.set_value(Id::FormatsFirstIndex, 0);
    DialectRig rig(rules);
    CHECK(rig.pf.get(rig.receive(1, 48)).status == 0x002);
    rig.csvi = rig.csuuidi = 0;
    const Bytes state = rig.moved();
    CHECK(state.size() == 48 + 56 + wire::vendor_area_header);
    rig.csvi = 1;
    CHECK(rig.load(1, state) == 0x002);
}

TEST_CASE("version 1h moves a controller without vendor data") {
    DialectRig rig(version1());
    rig.csvi = 2;
    rig.csuuidi = 0;
    CHECK(rig.moved().size() == 48 + 16 + 40 + 32 + 48);
    const auto page = rig.formats();
    CHECK(Bytes(page.begin(), page.begin() + 6) == Bytes{2, 1, 0, 0, 1, 0});
}

TEST_CASE("who knows version 1h still gives and takes version 0h") {
    Rules rules = version1();
    rules.set_value(Id::NvmeStateHeaderSize, 8);
    DialectRig rig(rules);
    const Bytes state = rig.moved();
    CHECK(state.size() == 48 + 56 + wire::vendor_area_header);
    CHECK(state == DialectRig(Rules()).save(1));
    rig.csvi = 3;
    CHECK(rig.pf.get(rig.receive(1, 48)).status == 0x002);
}

TEST_CASE("a state of parts moves a controller, and passes over what it may") {
    const Rules rules = tests::parts();
    DialectRig rig(rules);
    rig.csuuidi = 0;
    Bytes state = rig.moved();
    const Bytes later{0x99, 0, 1, 0, 1, 0, 0, 0, 1, 2, 3, 4};
    state.insert(state.end(), later.begin(), later.end());
    state[16] = static_cast<std::uint8_t>((state.size() - 48) / 4);
    DialectRig other(rules);
    other.csuuidi = 0;
    CHECK(other.load(2, state) == 0);
    state[state.size() - 10] = 0;  // no longer optional
    DialectRig strict(rules);
    strict.csuuidi = 0;
    CHECK(strict.load(2, state) == 0x002);
}

TEST_CASE("vendor data beside a state of the whole controller are opaque, or too much") {
    DialectRig rig(version1());
    rig.csvi = 2;
    Bytes state = rig.save(1);
    state[32] = 1;  // VSS: a dword that nobody put there
    state.insert(state.end(), 4, 0);
    CHECK(rig.load(2, state) == 0x002);
}

TEST_CASE("the commands of 2022 suspend, tell the size, save, load and resume") {
    Rules rules;
    rules.set_on(Id::VendorCommands, true);
    rules.set_value(Id::FormatsFirstIndex, 0);
    DialectRig rig(rules);
    rig.csvi = rig.csuuidi = 0;
    const Bytes state = rig.moved();
    wire::MigrationReceive query = rig.receive(1, 4);
    query.query_size = true;
    const wire::Cqe size = rig.pf.admin(wire::encode(query, rules));
    CHECK(size.status == 0);
    CHECK(size.dw0 == state.size());
    wire::Sqe other;
    other.opcode = 0x41;
    CHECK(rig.pf.admin(other).status == 0x001);
}

TEST_CASE("a host finds formats whose indices begin at 0, or knows that there are none") {
    Rules rules;
    rules.set_value(Id::FormatsFirstIndex, 0);
    std::uint8_t page[wire::identify_size];
    const std::uint16_t versions[] = {7, 0};
    const auto choose = [&](std::uint8_t count) {
        REQUIRE(
            wire::encode_state_formats(versions, count, &wire::vendor_area_uuid, 1, page, rules));
        host::VfioNvme flow;
        host::choose_formats(flow, *wire::StateFormatsView::parse(page, sizeof page, rules), rules);
        return flow;
    };
    CHECK(choose(2).csvi == 1);
    CHECK(choose(2).csuuidi == 0);
    CHECK(host::has_format(choose(2).csuuidi, rules));
    CHECK_FALSE(host::has_format(choose(1).csvi, rules));
    CHECK_FALSE(host::has_format(0, Rules()));
}

TEST_CASE("a driver of 2022 asks for the size, and not for a header") {
    Rules rules;
    rules.set_on(Id::VendorCommands, true);
    rules.set_on(Id::HostChecksCsup, false);
    host::VfioNvme flow;
    flow.limit = 1000;
    flow.piece = 4096;
    Effects effects;
    host::FlowEvent arc;
    arc.kind = host::FlowEvent::Kind::Arc;
    arc.from = vfio::MigState::STOP;
    arc.to = vfio::MigState::STOP_COPY;
    host::step(flow, arc, rules, effects);
    REQUIRE(effects.size() == 1);
    const Effect query = *effects.begin();
    CHECK(query.length == 0);
    CHECK(host::command(flow, query, rules).opcode == 0xc4);
    host::FlowEvent answer;
    answer.dw0 = 500;
    Effects next;
    host::step(flow, answer, rules, next);
    REQUIRE(next.size() == 1);
    CHECK(next.begin()->length == 500);
    CHECK(host::command(flow, *next.begin(), rules).opcode == 0xd2);
}
