#include "model/wire/controller_state.hpp"

#include <cstring>
#include <vector>

#include "tests/fuzz/checking_sink.hpp"

using namespace lmsim;
using namespace lmsim::wire;
using fuzz::rules;

namespace {

// A state that decodes strictly is what an encoder makes of its content.
void write_again(const ControllerStateView& view, const std::uint8_t* data) {
    StateShape shape;
    shape.cp = view.header().cp;
    shape.nvme_state = view.has_nvme_state();
    shape.sqs = view.sq_count();
    shape.cqs = view.cq_count();
    shape.vendor_bytes = view.vendor_size();
    std::vector<std::uint8_t> bytes(state_size(shape, rules()));
    FUZZ_CHECK(bytes.size() == view.size());
    ControllerStateWriter writer(bytes.data(), bytes.size(), shape, rules());
    for (std::size_t i = 0; i < view.sq_count(); ++i) writer.set_sq(i, view.sq(i));
    for (std::size_t i = 0; i < view.cq_count(); ++i) writer.set_cq(i, view.cq(i));
    if (view.vendor_size() != 0) {
        std::memcpy(writer.vendor_data(), view.vendor_data(), view.vendor_size());
    }
    FUZZ_CHECK(std::memcmp(bytes.data(), data, bytes.size()) == 0);
}

}  // namespace

FUZZ_TARGET(controller_state, 256) {
    static const auto& whole = fuzz::structure("controller-state");
    static const auto& inner = fuzz::structure("nvme-state");
    fuzz::CheckingSink sink(size);
    const auto outcome = describe_as(whole, data, size, sink);
    const auto strict = ControllerStateView::parse(data, size, rules(), Strictness::CheckReserved);
    const auto view = ControllerStateView::parse(data, size, rules());
    FUZZ_CHECK(!strict || view);
    if (!view) {
        FUZZ_CHECK(view.at() <= size);
        FUZZ_CHECK(!outcome.ok() || sink.rules_broken != 0);
    } else {
        const Fault fault = view->nvme().check_queues();
        // What the description stops at, beyond the decoder: an area that claims to be ours.
        FUZZ_CHECK(fault.error == Error::None || sink.rules_broken != 0);
    }
    if (strict) {
        write_again(*strict, data);
    }
    fuzz::CheckingSink other(size);
    describe_as(inner, data, size, other);
}
