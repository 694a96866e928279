#include "model/host/vmm/run.hpp"

namespace lmsim::host::vmm {

Effect& Run::call(Call what, std::uint16_t about) {
    LMSIM_ASSERT(flow.ticket == 0);
    // A ticket is made of what is asked, so that the same situation has the same state.
    flow.ticket = mark | static_cast<std::uint32_t>(what) | (about & 0x1ffU) << 8 |
                  static_cast<std::uint32_t>(flow.set) << 20;
    flow.call = what;
    Effect& effect = effects.push(EffectKind::Call);
    effect.function = about;
    effect.ticket = flow.ticket;
    effect.token = static_cast<std::uint64_t>(what);
    return effect;
}

Effect& Run::report(Report what, std::uint64_t value, std::uint16_t about) {
    Effect& effect = effects.push(EffectKind::Report);
    effect.function = about;
    effect.token = static_cast<std::uint64_t>(what);
    effect.token2 = value;
    return effect;
}

void Run::message(Message what, std::uint64_t length, std::int32_t error) {
    Effect& effect = call(Call::SendMessage);
    effect.token2 = static_cast<std::uint64_t>(what);
    effect.token3 = static_cast<std::uint64_t>(error);
    effect.length = length;
}

Call Run::answered() {
    LMSIM_ASSERT(flow.ticket != 0 && event.ticket == flow.ticket);
    const Call was = flow.call;
    flow.ticket = 0;
    flow.call = Call::None;
    return was;
}

void Run::fail(std::int32_t error, Call what, std::uint16_t about) {
    if (flow.error == 0 && flow.outcome == Outcome::None) {
        flow.error = error;
        if (quiet) {
            return;
        }
        report(Report::FirstError, static_cast<std::uint64_t>(error), about).token3 =
            static_cast<std::uint64_t>(what);
    }
}

void Run::end(Outcome outcome) {
    flow.outcome = outcome;
    report(Report::Outcome, static_cast<std::uint64_t>(outcome));
}

void Run::now_in(MigState state) {
    device[flow.cursor].state = state;
    report(Report::DeviceState, static_cast<std::uint64_t>(state), flow.cursor);
}

bool Run::set_state(std::uint16_t index, MigState wanted, MigState recover) {
    if (device[index].state == wanted || !move_set(Move::Begin)) {
        return false;
    }
    flow.cursor = index;
    flow.wanted = wanted;
    flow.recover = recover;
    flow.set_error = 0;
    Effect& effect = call(Call::SetDeviceState, index);
    effect.token2 = static_cast<std::uint64_t>(wanted);
    effect.token3 = static_cast<std::uint64_t>(device[index].state);
    return true;
}

SetResult Run::set_answered() {
    const bool good = event.error == 0;
    const auto state = static_cast<SetState>(flow.set);
    if (good) {
        now_in(state == SetState::Set       ? flow.wanted
               : state == SetState::Recover ? flow.recover
                                            : MigState::RUNNING);
        move_set(Move::Next);
        return SetResult::Done;
    }
    if (state == SetState::Set) {
        flow.set_error = event.error;
        fail(event.error, Call::SetDeviceState, flow.cursor);
    }
    const bool recover = state == SetState::Set && flow.recover != MigState::ERROR;
    move_set(recover ? Move::Recover : Move::Fail);
    if (is(flow.set, SetState::Aborted)) {
        end(Outcome::Aborted);
        flow.finished = true;
        report(Report::Finished);
        return SetResult::Aborted;
    }
    if (is(flow.set, SetState::Recover)) {
        Effect& effect = call(Call::SetDeviceState, flow.cursor);
        effect.token2 = static_cast<std::uint64_t>(flow.recover);
        effect.token3 = static_cast<std::uint64_t>(device[flow.cursor].state);
    } else if (is(flow.set, SetState::Reset)) {
        call(Call::ResetDevice, flow.cursor);
    }
    return SetResult::Pending;
}

bool Run::quiesce_from(int from, int step) {
    for (int i = from; i >= 0 && i < config.devices; i += step) {
        const auto index = static_cast<std::uint16_t>(i);
        const MigState wanted =
            device[i].state == MigState::PRE_COPY ? MigState::PRE_COPY_P2P : MigState::RUNNING_P2P;
        if (has(index, vfio::P2P_FLAG) && set_state(index, wanted, MigState::ERROR)) {
            return true;
        }
    }
    return false;
}

bool Run::run_from(int from) {
    for (int i = from; i < config.devices; ++i) {
        if (set_state(static_cast<std::uint16_t>(i), MigState::RUNNING, MigState::ERROR)) {
            return true;
        }
    }
    return false;
}

StartResult Run::start_vm() {
    flow.start = 0;
    move_start(Move::Begin);
    return enter_start();
}

StartResult Run::enter_start() {
    if (is(flow.start, Start::Quiesced)) {
        if (quiesce_from(0, 1)) {
            return StartResult::Pending;
        }
        move_start(Move::Next);
    }
    if (is(flow.start, Start::Devices)) {
        if (run_from(0)) {
            return StartResult::Pending;
        }
        move_start(Move::Next);
    }
    if (is(flow.start, Start::Vcpus)) {
        call(Call::ResumeVcpus);
    }
    return StartResult::Pending;
}

StartResult Run::start_answered(bool ignore_errors) {
    if (is(flow.start, Start::Vcpus)) {
        move_start(Move::Next);
        return StartResult::Running;
    }
    const SetResult result = set_answered();
    if (result != SetResult::Done) {
        return result == SetResult::Aborted ? StartResult::Aborted : StartResult::Pending;
    }
    if (flow.set_error != 0 && !ignore_errors && move_start(Move::Fail)) {
        return StartResult::Failed;
    }
    const bool quiescing = is(flow.start, Start::Quiesced);
    if (quiescing ? quiesce_from(flow.cursor + 1, 1) : run_from(flow.cursor + 1)) {
        move_start(Move::More);
        return StartResult::Pending;
    }
    move_start(Move::Next);
    return enter_start();
}

}  // namespace lmsim::host::vmm
