#include "model/explore/rfc/moved_vm_system.hpp"

#include <algorithm>

#include "model/explore/rfc/bytes.hpp"

namespace lmsim::explore {
namespace {

/// The steps so far: both hosts with all their memory are what these make of them.
struct Trail {
    static constexpr std::size_t room = 63;
    std::uint8_t count = 0;
    std::uint8_t step[room] = {};
};

class MovedVmSystem : public ByteSystem<Trail> {
  public:
    MovedVmSystem(const MoveBounds& bounds, const spec::Rules& rules)
        : bounds_(bounds), rules_(rules) {}

    bool at_rest(const std::uint8_t* state) override { return run(load(state)).over(); }
    std::string describe(const std::uint8_t* state, Action action) override {
        return run(load(state)).describe(static_cast<MoveStep>(action.kind));
    }

  protected:
    void list(const Trail& trail, Actions& out) override {
        for (const MoveStep step : run(trail).choices()) {
            out.add(step);
        }
    }
    const check::Invariant* perform(Trail& trail, Action action) override {
        const check::Invariant* broken = run(trail).perform(static_cast<MoveStep>(action.kind));
        LMSIM_ASSERT(trail.count < Trail::room);
        trail.step[trail.count++] = action.kind;
        done_ = trail;
        return broken;
    }

  private:
    /// The run of this trail: the one at hand, gone further if it can be, or a new one.
    MovedVm& run(const Trail& trail) {
        const bool goes_on = vm_ != nullptr && done_.count <= trail.count &&
                             std::equal(done_.step, done_.step + done_.count, trail.step);
        if (!goes_on) {
            vm_ = std::make_unique<MovedVm>(bounds_, rules_);
            done_ = Trail{};
        }
        while (done_.count < trail.count) {
            vm_->perform(static_cast<MoveStep>(trail.step[done_.count]));
            done_.step[done_.count] = trail.step[done_.count];
            ++done_.count;
        }
        return *vm_;
    }

    MoveBounds bounds_;
    spec::Rules rules_;
    std::unique_ptr<MovedVm> vm_;
    Trail done_;  // what vm_ has done
};

}  // namespace

std::unique_ptr<System> make_moved_vm_system(const MoveBounds& bounds, const spec::Rules& rules) {
    return std::make_unique<MovedVmSystem>(bounds, rules);
}

}  // namespace lmsim::explore
