#include "model/wire/templates.hpp"

#include "tests/model/dialects.hpp"
#include "tests/model/nvme/dialect_rig.hpp"

using namespace lmsim;
using namespace lmsim::nvme;
using namespace lmsim::nvme::bench;
using spec::Id;
using spec::Rules;
using tests::with_templates;

namespace {

Config with_template(std::uint8_t number) {
    Config config;
    config.template_number = number;
    return config;
}

/// Get Template, as the device answers it.
Bytes got(DialectRig& rig) {
    const wire::Cqe cqe = rig.pf.admin(rig.pf.with_data(wire::get_template(rig.bench.rules), 4096));
    REQUIRE(cqe.status == 0);
    return rig.pf.memory().bytes(Driver::data_address, 32);
}

std::uint16_t configure(DialectRig& rig, const Bytes& bytes) {
    rig.pf.memory().write(Driver::data_address, bytes.data(), bytes.size());
    return rig.pf.admin(rig.pf.with_data(wire::configure_template(rig.bench.rules), bytes.size()))
        .status;
}

/// Moved from a device with one template to a device with another: the status of the load.
std::uint16_t carried(DialectRig& source, DialectRig& destination) {
    return destination.load(2, source.save(1));
}

const Bytes reference{'l', 'm', 's', 'i', 'm', '-', 'E', 'N', 0xa5, 0x54, 'M', 'P', 'L', 0, 0, 7,
                      0,   0,   0,   0,   1,   0,   0,   0,   0,    0,    0,   0,   0,   0, 0, 0};

}  // namespace

TEST_CASE("a template is asked for, and configured once", "[nvme]") {
    DialectRig rig(with_templates(), with_template(7));
    const Bytes own = got(rig);
    CHECK(own == reference);
    CHECK(configure(rig, own) == 0);
    CHECK(configure(rig, own) == 0x00c);
    rig.bench.rules.set_on(Id::TemplateConfigured, false);
    CHECK(configure(rig, own) == 0);
}

TEST_CASE("a controller has the template that it told of, and no other", "[nvme]") {
    DialectRig rig(with_templates(), with_template(7));
    for (const std::size_t byte : {std::size_t{15}, std::size_t{16}, std::size_t{20}}) {
        Bytes other = got(rig);
        other[byte] ^= 1;
        INFO(byte);
        CHECK(configure(rig, other) == 0x002);
    }
    rig.bench.rules.set_on(Id::TemplateUnknown, false);
    CHECK(configure(rig, Bytes(32)) == 0);
}

TEST_CASE("templates are the MMC's, and their SEL is known", "[nvme]") {
    DialectRig rig(with_templates());
    const Rules& rules = rig.bench.rules;
    REQUIRE(rig.pf.resume(1) == 0);
    CHECK(rig.vf.admin(rig.vf.with_data(wire::get_template(rules), 4096)).status == 0x001);
    wire::Sqe reserved = rig.pf.with_data(wire::get_template(rules), 4096);
    reserved.cdw10 = 1;
    CHECK(rig.pf.admin(reserved).status == 0x002);
    reserved.opcode = 0x2d;
    CHECK(rig.pf.admin(reserved).status == 0x002);
    rig.bench.rules.set_on(Id::TemplateSelReserved, false);
    reserved.opcode = 0x2a;
    CHECK(rig.pf.admin(reserved).status == 0);
}

TEST_CASE("without templates nobody knows their opcodes, and states name none", "[nvme]") {
    DialectRig rig{Rules()};
    for (const std::uint8_t opcode : {0x2a, 0x2d}) {
        wire::Sqe sqe;
        sqe.opcode = opcode;
        CHECK(rig.pf.admin(rig.pf.with_data(sqe, 4096)).status == 0x001);
    }
    Rules rules = with_templates();
    rules.set_on(Id::Templates, false);
    DialectRig longer(rules);
    const Bytes state = longer.moved();
    CHECK(Bytes(state.begin() + 48, state.begin() + 64) == Bytes(16));
}

TEST_CASE("a state names its template, and goes to no subsystem of another", "[nvme]") {
    DialectRig source(with_templates(), with_template(7));
    REQUIRE(configure(source, got(source)) == 0);
    const Bytes state = source.moved();
    CHECK(Bytes(state.begin() + 48, state.begin() + 64) ==
          Bytes(reference.begin(), reference.begin() + 16));
    DialectRig same(with_templates(), with_template(7));
    CHECK(carried(source, same) == 0x002);  // it was not configured
    REQUIRE(configure(same, got(same)) == 0);
    CHECK(carried(source, same) == 0);
    DialectRig other(with_templates(), with_template(8));
    REQUIRE(configure(other, got(other)) == 0);
    CHECK(carried(source, other) == 0x002);
    other.bench.rules.set_on(Id::SetStateOtherTemplate, false);
    CHECK(carried(source, other) == 0);
}

TEST_CASE("Identify tells of templates", "[nvme]") {
    for (const bool on : {false, true}) {
        Rules rules = with_templates();
        rules.set_on(Id::Templates, on);
        DialectRig rig(rules);
        wire::Identify identify;
        identify.cns = 1;
        REQUIRE(rig.pf.admin(rig.pf.with_data(wire::encode(identify, rules), 4096)).status == 0);
        CHECK(rig.pf.memory().bytes(Driver::data_address + 588, 1)[0] == (on ? 3 : 0));
    }
}
