#include "model/wire/templates.hpp"

#include <vector>

#include "model/spec/codes.hpp"
#include "model/wire/controller_state.hpp"
#include "tests/catch.hpp"
#include "tests/model/dialects.hpp"

using namespace lmsim;
using namespace lmsim::wire;
using spec::Id;
using spec::Rules;
using tests::with_templates;

namespace {

using Bytes = std::vector<std::uint8_t>;

Template example() {
    Template value;
    for (std::uint8_t i = 0; i < 16; ++i) value.uuid[i] = static_cast<std::uint8_t>(0xa0 + i);
    value.cntlid = 0x1122;
    value.nsid = 0x33445566;
    return value;
}

}  // namespace

TEST_CASE("a template, byte by byte", "[wire]") {
    const Rules rules;
    Bytes bytes(32, 0xee);
    encode(example(), bytes.data(), rules);
    CHECK(Bytes(bytes.begin() + 14, bytes.end()) ==
          Bytes{0xae, 0xaf, 0x22, 0x11, 0, 0, 0x66, 0x55, 0x44, 0x33, 0, 0, 0, 0, 0, 0, 0, 0});
    CHECK(bytes[0] == 0xa0);
    CHECK(*decode_template(bytes.data(), bytes.size(), rules) == example());
    CHECK_FALSE(decode_template(bytes.data(), 31, rules).ok());
}

TEST_CASE("the commands of templates have opcodes where a dialect has templates", "[wire]") {
    const Rules rules = with_templates();
    CHECK(get_template(rules).opcode == 0x2a);
    CHECK(get_template(rules).cdw10 == 0);
    CHECK(configure_template(rules).opcode == 0x2d);
    CHECK(configure_template(rules).cdw10 == 0);
    CHECK(is_template_receive(get_template(rules), rules));
    CHECK_FALSE(is_template_receive(configure_template(rules), rules));
    CHECK(is_template_send(configure_template(rules), rules));
    CHECK_FALSE(is_template_send(get_template(rules), rules));
    CHECK_FALSE(is_template_receive(get_template(rules), Rules()));
    CHECK_FALSE(is_template_send(configure_template(rules), Rules()));
    Sqe other = get_template(rules);
    CHECK(is_known_template_operation(other, rules));
    other.cdw10 = 0x100;  // beside SEL
    CHECK(is_known_template_operation(other, rules));
    other.cdw10 = 0x80;
    CHECK_FALSE(is_known_template_operation(other, rules));
}

TEST_CASE("a dialect may move a template out of its structure: nothing is touched there",
          "[wire]") {
    Rules rules = with_templates();
    rules.set_value(Id::TemplateSize, 16);
    rules.set_place(Id::TemplateUuid, spec::bytes(4096, 4111));
    rules.set_place(Id::StateTemplate, spec::bytes(60, 75));
    Bytes bytes(16, 0xee);
    encode(example(), bytes.data(), rules);
    CHECK(bytes == Bytes(16));
    CHECK(*decode_template(bytes.data(), bytes.size(), rules) == Template{});
    Bytes header(64, 0xee);
    set_state_template(header.data(), example().uuid, rules);
    CHECK(header == Bytes(64, 0xee));
    CHECK(state_template(header.data(), rules) == Uuid{});
    rules.set_place(Id::StateTemplate, spec::bytes(60, 63));  // the first four bytes of it
    set_state_template(header.data(), example().uuid, rules);
    CHECK(header[60] == 0xa0);
    CHECK(header[63] == 0xa3);
    CHECK(header[59] == 0xee);
}

TEST_CASE("the UUID in a state's header is reserved where no dialect has templates", "[wire]") {
    for (const bool on : {true, false}) {
        Rules rules = with_templates();
        rules.set_on(Id::Templates, on);
        StateShape shape;
        shape.nvme_state = false;
        Bytes bytes(state_size(shape, rules));
        const ControllerStateWriter writer(bytes.data(), bytes.size(), shape, rules);
        set_state_template(bytes.data(), example().uuid, rules);
        REQUIRE(writer.size() == 64);
        CHECK(ControllerStateView::parse(bytes.data(), bytes.size(), rules).ok());
        const auto strict = ControllerStateView::parse(bytes.data(), bytes.size(), rules,
                                                       Strictness::CheckReserved);
        CHECK(strict.ok() == on);
    }
}

TEST_CASE("opcodes and statuses have the names of their dialect") {
    Rules rules;
    CHECK(spec::admin_opcode_name(0xc8, rules) == "unknown opcode");
    CHECK(spec::admin_opcode_name(0x2a, rules) == "unknown opcode");
    rules.set_on(Id::VendorCommands, true);
    rules.set_on(Id::Templates, true);
    CHECK(spec::admin_opcode_name(0xc4, rules) == "query the data size");
    CHECK(spec::admin_opcode_name(0xc8, rules) == "suspend the VF");
    CHECK(spec::admin_opcode_name(0xcc, rules) == "resume the VF");
    CHECK(spec::admin_opcode_name(0xd2, rules) == "save the device data");
    CHECK(spec::admin_opcode_name(0xd5, rules) == "load the device data");
    CHECK(spec::admin_opcode_name(0x41, rules) == "unknown opcode");
    CHECK(spec::admin_opcode_name(0x42, rules) == "unknown opcode");
    CHECK(spec::admin_opcode_name(0x06, rules) == "Identify");
    CHECK(spec::admin_opcode_name(0x2a, rules) == "Manage Exported NVM Subsystem Receive");
    CHECK(spec::admin_opcode_name(0x2d, rules) == "Manage Exported NVM Subsystem Send");
    rules.set_value(Id::StatusControllerNotSuspended, 0x3a);
    CHECK(spec::status_name(0x3a, rules) == "Controller Not Suspended");
    CHECK(spec::status_name(0x13a, rules) == "unknown status");
}
