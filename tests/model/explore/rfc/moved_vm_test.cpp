#include "model/explore/rfc/moved_vm.hpp"

#include <algorithm>
#include <string>

#include "tests/catch.hpp"

using namespace lmsim;
using namespace lmsim::explore;
using spec::Id;

namespace {

/// What fell in a run in which `mishap` happens as soon as it can.
std::string fallen(MoveStep mishap, const spec::Rules& rules = {}) {
    MoveBounds bounds;
    bounds.disturbed = mishap != MoveStep::Next;
    MovedVm vm(bounds, rules);
    const check::Invariant* broken = nullptr;
    while (!vm.over()) {
        const auto choices = vm.choices();
        const bool now = std::find(choices.begin(), choices.end(), mishap) != choices.end();
        broken = vm.perform(now ? mishap : choices.front());
    }
    CHECK(vm.choices().empty());
    return broken == nullptr ? "" : std::string(broken->id);
}

spec::Rules with(Id defect) {
    spec::Rules rules;
    rules.set_on(defect, true);
    return rules;
}

}  // namespace

TEST_CASE("a VM moves, and whatever goes wrong works where it is in the end",
          "[explore][rfc][rows-off]") {
    for (const MoveStep mishap : {MoveStep::Next, MoveStep::Refused, MoveStep::Resumed,
                                  MoveStep::Empty, MoveStep::Bare, MoveStep::Cut}) {
        CAPTURE(static_cast<int>(mishap));
        CHECK(fallen(mishap).empty());
    }
}

TEST_CASE("which mishap a check of the driver's is for", "[explore][rfc][rows-off]") {
    CHECK(fallen(MoveStep::Resumed, with(Id::RfcCsupDropped)) == "INV-STATE-03");
    CHECK(fallen(MoveStep::Empty, with(Id::RfcEmptyStateIsFine)) == "INV-STATE-03");
    CHECK(fallen(MoveStep::Bare, with(Id::RfcIncomingUnchecked)) == "INV-STATE-03");
    CHECK(fallen(MoveStep::Cut, with(Id::RfcIncomingUnchecked)).empty());  // the device looks, too
    CHECK(fallen(MoveStep::Next, with(Id::RfcShortCqState)) == "INV-DONE-01");
}

TEST_CASE("a step of a VM that moves says what it is", "[explore][rfc][rows-off]") {
    MovedVm vm({}, spec::Rules{});
    CHECK(vm.describe(MoveStep::Next) == "VMM: the source's VF to STOP");
    CHECK(vm.perform(MoveStep::Next) == nullptr);
    CHECK(vm.choices() == std::vector<MoveStep>{MoveStep::Answer});
    CHECK(vm.describe(MoveStep::Answer) == "source: Suspend is answered");
}
