#include <array>

#include "model/wire/controller_state.hpp"
#include "model/wire/identify.hpp"
#include "model/wire/migration.hpp"
#include "model/wire/templates.hpp"
#include "tests/fuzz/checking_sink.hpp"
#include "tests/model/dialects.hpp"

using namespace lmsim;
using namespace lmsim::wire;
using spec::Id;
using spec::Rules;

namespace {

// The bodies of the profiles of the program (model/spec/profiles), as far as decoders see them.

Rules tp4193() {
    Rules rules = tests::with_templates(tests::version1());
    rules.set_on(Id::FormatsListVersion0, true);
    return rules;
}

Rules self_describing() {
    Rules rules = tests::parts();
    rules.set_value(Id::NvmeStateVersion, 2);
    return rules;
}

Rules rfc_2025() {
    Rules rules;
    rules.set_value(Id::SelResume, 2);
    rules.set_value(Id::SelSetControllerState, 3);
    rules.set_value(Id::SendNumdIsZeroBased, 1);
    rules.set_value(Id::FormatsFirstIndex, 0);
    rules.set_value(Id::StateHeaderSize, 20);
    rules.set_place(Id::StateNvmecss, spec::bytes(16, 17));
    rules.set_place(Id::StateVss, spec::bytes(18, 19));
    rules.set_value(Id::CqStateSize, 22);
    return rules;
}

Rules vendor_2022() {
    Rules rules;
    rules.set_on(Id::VendorCommands, true);
    rules.set_value(Id::FormatsFirstIndex, 0);
    return rules;
}

const Rules& dialect(std::uint8_t index) {
    static const std::array<Rules, 4> all{tp4193(), self_describing(), rfc_2025(), vendor_2022()};
    return all[index % all.size()];
}

void states(const std::uint8_t* data, std::size_t size, const Rules& rules) {
    const auto strict = ControllerStateView::parse(data, size, rules, Strictness::CheckReserved);
    const auto view = ControllerStateView::parse(data, size, rules);
    FUZZ_CHECK(!strict || view);
    if (!view) {
        FUZZ_CHECK(view.at() <= size);
        return;
    }
    FUZZ_CHECK(view->size() <= size);
    view->nvme().check_queues();
    if (view->has_nvme_state() && view->nvme().has_own()) {
        const auto own = view->nvme().own();
        FUZZ_CHECK(!own || own->aer_count <= VendorArea::max_aers);
    }
    const Uuid name = state_template(data, rules);
    std::array<std::uint8_t, 4096> again{};
    set_state_template(again.data(), name, rules);
    FUZZ_CHECK(state_template(again.data(), rules) == name);
}

void commands(const std::uint8_t* data, const Rules& rules) {
    const Sqe sqe = decode_sqe(data);
    FUZZ_CHECK(!(is_migration_send(sqe, rules) && is_migration_receive(sqe, rules)));
    FUZZ_CHECK(!(is_template_send(sqe, rules) && is_template_receive(sqe, rules)));
    const MigrationSend send = decode_migration_send(sqe, rules);
    const bool sends = is_migration_send(sqe, rules) && send.operation != SendOperation::Reserved;
    FUZZ_CHECK(!sends || decode_migration_send(encode(send, rules), rules) == send);
    const MigrationReceive receive = decode_migration_receive(sqe, rules);
    FUZZ_CHECK(!is_migration_receive(sqe, rules) ||
               decode_migration_receive(encode(receive, rules), rules) == receive);
}

void templates(const std::uint8_t* data, std::size_t size, const Rules& rules) {
    const auto value = decode_template(data, size, rules);
    FUZZ_CHECK(value.ok() == (size >= rules.value(Id::TemplateSize)));
    if (value) {
        std::array<std::uint8_t, 4096> again{};
        encode(*value, again.data(), rules);
        FUZZ_CHECK(*decode_template(again.data(), again.size(), rules) == *value);
    }
}

}  // namespace

// The first byte says which dialect, all behind it is read as each structure that differs there.
FUZZ_TARGET(dialect, 512) {
    if (size == 0) {
        return;
    }
    const Rules& rules = dialect(data[0]);
    const std::uint8_t* const body = data + 1;
    const std::size_t length = size - 1;
    for (const char* name : {"admin-sqe", "controller-state", "nvme-state", "state-formats",
                             "id-controller", "cqe", "template"}) {
        fuzz::CheckingSink sink(length);
        describe_as(fuzz::structure(name), body, length, sink, rules);
    }
    states(body, length, rules);
    templates(body, length, rules);
    if (length >= Sqe::size) {
        commands(body, rules);
    }
}
