#pragma once

#include "model/host/vmm/engine.hpp"
#include "model/vfio/errno.hpp"

namespace lmsim::host::vmm {

/// What came of changing a device's state. `Flow::set_error` says whether the state wanted failed.
enum class SetResult : std::uint8_t { Pending, Done, Aborted };

enum class StartResult : std::uint8_t { Pending, Running, Failed, Aborted };

/// One step of either side: what the two have in common.
class Run {
  public:
    Flow& flow;
    Device* device;
    const Event& event;
    const Config& config;
    const spec::Rules& rules;
    Effects& effects;
    bool moved = false;      // some machine took a row since this was cleared
    std::uint32_t mark = 0;  // in tickets
    bool quiet = false;      // the migration's first error has been told

    /// Asks the host; there must be no call outstanding.
    Effect& call(Call what, std::uint16_t about = no_device);
    Effect& report(Report what, std::uint64_t value = 0, std::uint16_t about = no_device);
    void message(Message what, std::uint64_t length, std::int32_t error = 0);
    /// Takes the answer off the outstanding call, whose ticket it must have; which call it was.
    Call answered();
    /// Remembers the first error.
    void fail(std::int32_t error, Call what, std::uint16_t about = no_device);
    void end(Outcome outcome);

    bool has(std::uint16_t index, std::uint8_t flag) const {
        return (config.features[index] & flag) != 0;
    }
    static bool in_precopy(const Device& one) {
        return one.state == MigState::PRE_COPY || one.state == MigState::PRE_COPY_P2P;
    }

    /// Begins a change of state with this state to recover to (ERROR: none, reset). False if the
    /// device has that state.
    bool set_state(std::uint16_t index, MigState wanted, MigState recover);
    SetResult set_answered();

    /// Quiesces the first device with P2P at or after (step 1) or before (step -1) `from` that is
    /// not; false if there is none.
    bool quiesce_from(int from, int step);
    /// Sets the first device at or after `from` that does not run to RUNNING; false if there is
    /// none.
    bool run_from(int from);

    StartResult start_vm();
    /// After an answer while the VM starts; with `ignore_errors` a device that fails is left reset.
    StartResult start_answered(bool ignore_errors);

    /// Moves a machine and traces it; false if it did not move.
    template <class Advance>
    bool advance(Machine machine, std::uint8_t& state, Move move, Advance&& function) {
        const std::uint8_t before = state;
        if (!effects.took(function(state, move, rules))) {
            return false;
        }
        moved = true;
        if (state != before) {
            Effect& effect = effects.push(EffectKind::EnterState);
            effect.function = no_device;
            effect.token = state;
            effect.token2 = static_cast<std::uint64_t>(machine);
        }
        return true;
    }

  private:
    bool move_set(Move move) {
        return advance(Machine::SetState, flow.set, move, advance_set_state);
    }
    bool move_start(Move move) { return advance(Machine::Start, flow.start, move, advance_start); }
    void now_in(MigState state);
    StartResult enter_start();
};

}  // namespace lmsim::host::vmm
