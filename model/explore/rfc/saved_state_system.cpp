#include "model/explore/rfc/saved_state_system.hpp"

#include "model/explore/rfc/bytes.hpp"
#include "model/host/saved_state.hpp"

namespace lmsim::explore {
namespace {

using namespace host;
using Step = SavedState::Step;

constexpr std::uint8_t most_saves = 2;
constexpr std::uint8_t most_faults = 1;
constexpr std::uint8_t most_changes = 2;  // of the PF's driver

enum class Kind : std::uint8_t { Begin, Succeed, Fail, Read, Close, PfGone, PfBack };

struct SaverState {
    SavedState saved;
    SavedLedger ledger;
    std::uint8_t saves = 0;
    std::uint8_t faults = 0;
    std::uint8_t changes = 0;
    std::uint8_t reads = 0;
};

class SaverSystem : public ByteSystem<SaverState> {
  public:
    explicit SaverSystem(const spec::Rules& rules) : rules_(rules) {}

    bool at_rest(const std::uint8_t* state) override {
        const Step step = load(state).saved.step;
        return step == Step::Idle || step == Step::Open;
    }

    std::string describe(const std::uint8_t* bytes, Action action) override {
        const Step step = load(bytes).saved.step;
        const std::string command = step == Step::ReadFormats  ? "Identify CNS 20h"
                                    : step == Step::ReadHeader ? "Get Controller State (header)"
                                                               : "Get Controller State (all)";
        switch (static_cast<Kind>(action.kind)) {
            case Kind::Begin: return "the VMM sets STOP_COPY";
            case Kind::Succeed: return command + " succeeds";
            case Kind::Fail: return command + " fails";
            case Kind::Read: return "the VMM reads the state";
            case Kind::Close: return "the VMM closes the file";
            case Kind::PfGone: return "the PF's driver is unbound";
            case Kind::PfBack: break;
        }
        return "the PF's driver is bound";
    }

  protected:
    void list(const SaverState& state, Actions& out) override {
        const Step step = state.saved.step;
        if (step == Step::Idle) {
            if (state.saves < most_saves) {
                out.add(Kind::Begin);
            }
            if (state.changes < most_changes) {
                out.add(state.saved.pf_bound ? Kind::PfGone : Kind::PfBack);
            }
        } else if (step == Step::Open) {
            if (state.reads == 0) {
                out.add(Kind::Read);
            }
            out.add(Kind::Close);
        } else {
            out.add(Kind::Succeed);
            if (state.faults < most_faults) {
                out.add(Kind::Fail);
            }
        }
    }

    const check::Invariant* perform(SaverState& state, Action action) override {
        SavedEvent event;
        const auto kind = static_cast<Kind>(action.kind);
        event.well = kind != Kind::Fail;
        switch (kind) {
            case Kind::Begin: ++state.saves; break;
            case Kind::Fail: ++state.faults; [[fallthrough]];
            case Kind::Succeed: event.kind = SavedEvent::Kind::Answer; break;
            case Kind::Read:
                ++state.reads;
                event.kind = SavedEvent::Kind::Read;
                break;
            case Kind::Close:
                state.reads = 0;
                event.kind = SavedEvent::Kind::Close;
                break;
            case Kind::PfGone:
                ++state.changes;
                event.kind = SavedEvent::Kind::PfGone;
                break;
            case Kind::PfBack: event.kind = SavedEvent::Kind::PfBack; break;
        }
        const check::Invariant* broken =
            kind == Kind::Succeed ? broken_by(state.ledger.device_writes(target(state))) : nullptr;
        return broken != nullptr ? broken : give(state, event);
    }

  private:
    /// What the command at hand has the device write.
    static std::uint64_t target(const SaverState& state) {
        const Step step = state.saved.step;
        return static_cast<std::uint64_t>(step == Step::ReadFormats  ? SavedPart::Formats
                                          : step == Step::ReadHeader ? SavedPart::Header
                                                                     : SavedPart::State);
    }

    const check::Invariant* give(SaverState& state, const SavedEvent& event) {
        Effects effects;
        step(state.saved, event, rules_, effects);
        for (const Effect& effect : effects) {
            const check::Invariant* broken =
                effect.kind == EffectKind::Call ? broken_by(state.ledger.told(effect)) : nullptr;
            if (broken != nullptr) {
                return broken;
            }
        }
        return state.saved.step == Step::Idle ? broken_by(state.ledger.ended()) : nullptr;
    }

    spec::Rules rules_;
};

}  // namespace

std::unique_ptr<System> make_saved_state_system(const spec::Rules& rules) {
    return std::make_unique<SaverSystem>(rules);
}

}  // namespace lmsim::explore
