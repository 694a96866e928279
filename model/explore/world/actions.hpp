#pragma once

#include <cstddef>
#include <cstdint>

#include "model/explore/system.hpp"
#include "model/explore/world/vmm.hpp"
#include "model/vfio/uapi.hpp"

namespace lmsim::explore::world {

/// Action::kind; what `a` and `b` are stands beside it.
enum class Do : std::uint8_t {
    Submit,    // a: VF. The guest's
    Take,      // a: VF
    Answer,    // a: host << 4 | function, b: slot
    LookAt,    // a: host. The PF's driver takes its completions
    EnablePf,  // a: host
    Set,       // a: VF, b: vfio::MigState. The user's
    Read,      // a: VF
    Write,     // a: VF
    Call,      // a: host, b: verdict
    Deliver,
    DeliverBack,
    TellClosed,
    TellCut,
    Rest,  // nothing else can happen, and it is not right so
    // Faults
    ResetVf,  // a: host, b: VF
    ResetPf,  // a: host
    TimeOut,  // a: host, b: tag
    Cancel,
    Refuse,  // a: host, b: slot of the PF
    Damage,
    Cut,
    // The guest's, on its admin queue
    SubmitAdmin,  // a: VF
    TakeAdmin,    // a: VF
};

constexpr Action act(Do what, std::uint8_t a = 0, std::uint8_t b = 0) {
    return {static_cast<std::uint8_t>(what), a, b};
}
constexpr bool is_fault(Do what) { return what >= Do::ResetVf && what <= Do::Cut; }

/// Does the controller wait for an answer?
inline bool is_answered(nvme::Stage stage) {
    switch (stage) {
        case nvme::Stage::Fetching:
        case nvme::Stage::List:
        case nvme::Stage::DataIn:
        case nvme::Stage::Executing:
        case nvme::Stage::Media: return true;
        default: return false;
    }
}

/// What can happen in a state.
template <class W>
class Choices {
  public:
    Choices(const W& world, const Settings& settings, Action* out, std::size_t room)
        : w(world), s(settings), out_(out), room_(room) {}

    /// How many were written; more than `room` are not.
    std::size_t all() {
        guest();
        devices();
        if constexpr (W::hosts == 2) {
            migration();
        } else {
            user();
        }
        const std::size_t before = size_;
        if (w.faults < s.config.fault_budget && s.config.faults != 0) {
            faults();
        }
        if (!must_go_on_ && is_wrong_at_rest(w)) {
            size_ = before;  // the faults may come later as well
            add(Do::Rest);
        }
        return size_;
    }

    /// Is nothing under way that should be by itself?
    static bool is_settled(const W& w) {
        if constexpr (W::hosts == 2) {
            const auto& destination = w.journey().destination.control;
            return w.journey().source.control.flow.finished &&
                   (destination.flow.finished || destination.incoming == 0);
        } else {
            for (const VfSide& side : w.vf[0]) {
                if (side.waiting || vfio::walking(side.device)) {
                    return false;
                }
            }
            return true;
        }
    }

  private:
    /// With one host only where the user has left the devices running.
    static bool is_wrong_at_rest(const W& w) {
        if (!is_settled(w)) {
            return false;
        }
        if constexpr (W::hosts == 1) {
            for (const VfSide& side : w.vf[0]) {
                const vfio::MigState state = side.device.state;
                if (state != vfio::MigState::RUNNING && state != vfio::MigState::PRE_COPY) {
                    return false;
                }
            }
        }
        return check::at_end(w.monitor) != nullptr;
    }

    void add(Do what, std::size_t a = 0, std::size_t b = 0) {
        if (size_ < room_) {
            out_[size_] = act(what, static_cast<std::uint8_t>(a), static_cast<std::uint8_t>(b));
        }
        ++size_;
    }
    /// One that happens by itself, sooner or later.
    void fair(Do what, std::size_t a = 0, std::size_t b = 0) {
        must_go_on_ = true;
        add(what, a, b);
    }

    void guest() {
        if ((w.running >> w.owner & 1) == 0) {
            return;
        }
        for (std::size_t i = 0; i < W::vfs; ++i) {
            const Guest& guest = w.guest[i];
            const int outstanding = guest.submitted - guest.taken;
            if (!guest.lost && guest.submitted < s.config.commands &&
                outstanding < s.config.queue_entries) {
                add(Do::Submit, i);
            }
            if (guest.taken < guest.posted) {
                fair(Do::Take, i);
            }
            if (!guest.lost && guest.admin_submitted < s.config.admin_commands) {
                add(Do::SubmitAdmin, i);
            }
            if (guest.admin_taken < guest.admin_posted) {
                fair(Do::TakeAdmin, i);
            }
        }
    }

    void devices() {
        for (std::size_t host = 0; host < W::hosts; ++host) {
            for (std::size_t function = 0; function <= W::vfs; ++function) {
                const auto& c = w.device[host].controller[function];
                for (std::size_t slot = 0; c.busy != 0 && slot < W::Bounds::slots; ++slot) {
                    if (is_answered(c.slot[slot].stage)) {
                        fair(Do::Answer, host << 4 | function, slot);
                    }
                }
            }
            if (w.pf[host].interrupted) {
                fair(Do::LookAt, host);
            }
            if (w.pf[host].queue.resetting) {
                fair(Do::EnablePf, host);
            }
        }
    }

    void user() {
        for (std::size_t i = 0; i < W::vfs; ++i) {
            const VfSide& side = w.vf[0][i];
            if (side.waiting) {
                continue;
            }
            for (unsigned to = 1; to < vfio::state_count; ++to) {
                const auto state = static_cast<vfio::MigState>(to);
                const bool wanted = state != vfio::MigState::RESUMING || s.config.resuming;
                if (wanted && (state != side.device.state || s.config.completes) &&
                    vfio::supported(state, side.device.flags)) {
                    add(Do::Set, i, to);
                }
            }
            const bool saving = side.device.session == vfio::Session::Saving;
            if (saving && !side.ended && side.device.state == vfio::MigState::STOP_COPY) {
                add(Do::Read, i);
            }
            if (side.device.session == vfio::Session::Resuming && side.flow.size == 0 &&
                side.arrived != 0) {
                add(Do::Write, i);
            }
        }
    }

    void migration() {
        const auto& journey = w.journey();
        for (std::uint8_t host = 0; host < 2; ++host) {
            call(host);
        }
        const auto& destination = journey.destination.control;
        const bool ready = host::vmm::ready_for_message(destination);
        if (journey.forward.count != 0 && ready) {
            fair(Do::Deliver);
        }
        if (journey.back.count != 0) {
            fair(Do::DeliverBack);
        }
        if ((journey.closed || journey.cut) && !journey.told_closed && journey.forward.count == 0 &&
            ready) {
            fair(Do::TellClosed);
        }
        const bool nobody = journey.cut || is_dead(destination);
        if (s.config.return_path && nobody && !journey.told_cut && journey.back.count == 0 &&
            !journey.source.control.flow.finished && !journey.source.control.shut) {
            fair(Do::TellCut);
        }
    }

    void call(std::uint8_t host) {
        const auto& journey = w.journey();
        const Outstanding& call = journey.call[host];
        const auto what = static_cast<host::vmm::Call>(call.call);
        if (!call.active || (!call.timer && what == host::vmm::Call::SetDeviceState)) {
            return;
        }
        const Lane& lane = host == check::source ? journey.forward : journey.back;
        const bool taken =
            journey.cut || (host == check::source && is_dead(journey.destination.control));
        if (!call.timer && sends(what) && lane.full() && !taken) {
            return;
        }
        fair(Do::Call, host, verdict::go_on);
        if (host == check::source && s.config.free_verdicts && decides(journey.source.control)) {
            add(Do::Call, host, 0);
            add(Do::Call, host, verdict::exact);
            add(Do::Call, host, verdict::quota);
        }
    }

    static bool sends(host::vmm::Call call) {
        using host::vmm::Call;
        return call == Call::RamSendSlice || call == Call::SendDeviceBlock ||
               call == Call::SaveNonIterable || call == Call::SendMessage;
    }

    bool may(Fault fault) const { return (s.config.faults & fault_bit(fault)) != 0; }

    void faults() {
        for (std::size_t host = 0; host < W::hosts; ++host) {
            faults_of(host);
        }
        if constexpr (W::hosts == 2) {
            const auto& journey = w.journey();
            const bool over = journey.source.control.flow.finished;
            if (may(Fault::Cancel) && !over && !journey.source.control.cancelled &&
                journey.source.control.flow.outcome == host::vmm::Outcome::None) {
                add(Do::Cancel);
            }
            for (const Parcel& parcel : journey.forward.parcel) {
                if (may(Fault::StateDamaged) && parcel.content != 0) {
                    add(Do::Damage);
                    break;
                }
            }
            if (may(Fault::ChannelCut) && !journey.cut && !over) {
                add(Do::Cut);
            }
        }
    }

    void faults_of(std::size_t host) {
        const Pf& pf = w.pf[host];
        for (std::size_t i = 0; may(Fault::VfReset) && i < W::vfs; ++i) {
            add(Do::ResetVf, host, i);
        }
        if (may(Fault::PfReset) && !pf.queue.resetting) {
            add(Do::ResetPf, host);
        }
        for (std::size_t tag = 0; may(Fault::AdminTimeout) && tag < pf.queue.depth; ++tag) {
            if (pf.queue.owner[tag] != 0) {
                add(Do::TimeOut, host, tag);
            }
        }
        const auto& c = w.device[host].controller[0];
        for (std::size_t slot = 0; may(Fault::Refusal) && slot < W::Bounds::slots; ++slot) {
            if (c.slot[slot].stage == nvme::Stage::Fetching) {
                add(Do::Refuse, host, slot);
            }
        }
    }

    const W& w;
    const Settings& s;
    Action* out_;
    std::size_t room_;
    std::size_t size_ = 0;
    bool must_go_on_ = false;
};

/// Does it.
template <class W>
void perform(Play<W>& play, Action action) {
    play.w.faults += is_fault(static_cast<Do>(action.kind)) ? 1 : 0;
    switch (static_cast<Do>(action.kind)) {
        case Do::Submit: return play.submit(action.a);
        case Do::Take: return play.take(action.a);
        case Do::SubmitAdmin: return play.submit_admin(action.a);
        case Do::TakeAdmin: return play.take_admin(action.a);
        case Do::Answer: return play.answer(action.a >> 4, action.a & 15, action.b);
        case Do::LookAt: return play.look_at_completions(action.a);
        case Do::EnablePf: return play.enable_pf(action.a);
        case Do::Set: return play.set_state(0, action.a, static_cast<vfio::MigState>(action.b));
        case Do::Read: {
            std::uint64_t bytes = 0;
            play.read_state(0, action.a, bytes);
            return;
        }
        case Do::Write: play.write_state(0, action.a, play.w.vf[0][action.a].arrived); return;
        case Do::Rest: play.broken = check::at_end(play.w.monitor); return;
        case Do::ResetVf: return play.reset_vf(action.a, action.b, true);
        case Do::ResetPf: return play.reset_pf(action.a);
        case Do::TimeOut: return play.time_out(action.a, action.b);
        case Do::Refuse: return play.answer(action.a, 0, action.b, true);
        default: break;
    }
    if constexpr (W::hosts == 2) {
        switch (static_cast<Do>(action.kind)) {
            case Do::Call: return play.call(action.a, action.b);
            case Do::Deliver: return play.deliver();
            case Do::DeliverBack: return play.deliver_back();
            case Do::TellClosed: return play.tell_closed();
            case Do::TellCut: return play.tell_cut();
            case Do::Cancel: return play.cancel();
            case Do::Damage: return play.damage();
            case Do::Cut: return play.cut();
            default: break;
        }
    }
}

}  // namespace lmsim::explore::world
