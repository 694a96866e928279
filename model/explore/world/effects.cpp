#include "model/explore/world/effects.hpp"

#include <new>

#include "model/explore/world/actions.hpp"
#include "model/host/effect_name.hpp"

namespace lmsim::explore::world {

namespace effect = host::effect;

namespace {

using Names = std::vector<NamedEffect>;

NamedEffect of_request(unsigned host, std::uint32_t owner, std::string_view what) {
    const Request request = Request::of(owner);
    return {effect::of_command(host, request.vf, static_cast<host::FlowStep>(request.step), what),
            request.asked + 1U};
}

Names one(std::string name) { return {{std::move(name), 0}}; }

/// Of one state.
template <class W>
class Namer {
  public:
    explicit Namer(const W& world) : w(world) {}

    Names names(Action action) const {
        const unsigned a = action.a;
        switch (static_cast<Do>(action.kind)) {
            case Do::Submit: return one(effect::of_guest(a, effect::submitted));
            case Do::Take: return one(effect::of_guest(a, effect::completed));
            case Do::Answer: return answer(a >> 4, a & 15, action.b);
            case Do::Refuse: return refused(a, action.b);
            case Do::LookAt: return completions(a);
            case Do::EnablePf: return one(effect::of_pf(a, effect::enabled));
            case Do::Set:
                return one(effect::of_vf(
                    0, a,
                    std::string(effect::user_sets) +
                        std::string(vfio::to_string(static_cast<vfio::MigState>(action.b)))));
            case Do::Read: return one(effect::of_vf(0, a, effect::user_reads));
            case Do::Write: return one(effect::of_vf(0, a, effect::user_writes));
            case Do::ResetVf: return one(effect::of_vf(a, action.b, effect::reset));
            case Do::ResetPf: return one(effect::of_pf(a, effect::reset));
            case Do::TimeOut:
                return one(of_request(a, w.pf[a].queue.owner[action.b], effect::timed_out).name);
            default: break;
        }
        if constexpr (W::hosts == 2) {
            return journey(action);
        }
        return {};
    }

  private:
    Names completions(unsigned host) const {
        const Pf& pf = w.pf[host];
        Names names;
        unsigned at = pf.cq_head;
        unsigned phase = pf.cq_phase;
        for (unsigned i = 0; i < pf_ring && pf.cq[at].phase == phase; ++i) {
            const unsigned tag = pf.cq[at].tag;
            const std::uint32_t owner = tag < host::ProofPfQueue::tags ? pf.queue.owner[tag] : 0;
            if (owner != 0) {
                names.push_back(of_request(host, owner, effect::completed));
            }
            at = (at + 1) % pf_ring;
            phase ^= at == 0 ? 1U : 0U;
        }
        return names;
    }

    /// Of a command at the stage that is over now.
    static std::string_view word(nvme::Stage stage) {
        switch (stage) {
            case nvme::Stage::Fetching: return effect::fetched;
            case nvme::Stage::DataIn: return effect::read;
            case nvme::Stage::Executing:
            case nvme::Stage::Media: return effect::executed;
            default: return {};
        }
    }

    std::uint32_t owner_of(unsigned host, unsigned slot) const {
        const nvme::Slot& command = w.device[host].controller[0].slot[slot];
        const unsigned tag =
            command.stage == nvme::Stage::Fetching ? w.pf[host].fetches[slot] : command.cid;
        return tag < host::ProofPfQueue::tags ? w.pf[host].queue.owner[tag] : 0;
    }

    Names answer(unsigned host, unsigned function, unsigned slot) const {
        const std::string_view what = word(w.device[host].controller[function].slot[slot].stage);
        if (what.empty()) {
            return {};
        }
        if (function != 0) {
            const nvme::Slot& command = w.device[host].controller[function].slot[slot];
            const unsigned number = command.stage == nvme::Stage::Fetching
                                        ? w.vf[host][function - 1].fetches[slot]
                                        : unsigned{command.cid};
            return {{effect::of_vf(host, function - 1, what), number + 1}};
        }
        const std::uint32_t owner = owner_of(host, slot);
        return owner == 0 ? Names{} : Names{of_request(host, owner, what)};
    }

    Names refused(unsigned host, unsigned slot) const {
        const std::uint32_t owner = owner_of(host, slot);
        return owner == 0 ? Names{} : Names{of_request(host, owner, effect::refused)};
    }

    static int device_of(std::uint8_t device) { return device == no_one ? -1 : device; }

    Names journey(Action action) const {
        const auto& journey = w.journey();
        const auto message = [](unsigned host, const Parcel& parcel) {
            return one(effect::of_message(host, parcel.message, device_of(parcel.device)));
        };
        switch (static_cast<Do>(action.kind)) {
            case Do::Call: {
                const Outstanding& call = journey.call[action.a];
                if (call.timer) {
                    return {};
                }
                return one(effect::of_call(action.a, static_cast<host::vmm::Call>(call.call),
                                           static_cast<host::vmm::Message>(call.token2),
                                           device_of(call.device)));
            }
            case Do::Deliver: return message(1, journey.forward.parcel[0]);
            case Do::DeliverBack: return message(0, journey.back.parcel[0]);
            case Do::TellClosed: return one(effect::of_vmm(1, effect::finds_closed));
            case Do::TellCut: return one(effect::of_message(0, host::vmm::Message::Shut, -1));
            case Do::Cancel: return one(effect::of_vmm(0, effect::cancel));
            case Do::Damage: return one(std::string(effect::channel_damaged));
            case Do::Cut: return one(std::string(effect::channel_cut));
            default: return {};
        }
    }

    const W& w;
};

template <std::size_t Vfs, std::size_t Hosts>
Names names_in(const std::uint8_t* state, Action action) {
    using W = World<Vfs, Hosts>;
    return Namer<W>(*std::launder(reinterpret_cast<const W*>(state))).names(action);
}

}  // namespace

std::vector<NamedEffect> effects_of(unsigned vfs, unsigned hosts, const std::uint8_t* state,
                                    Action action) {
    if (hosts == 1) {
        return vfs == 1 ? names_in<1, 1>(state, action) : names_in<2, 1>(state, action);
    }
    return vfs == 1 ? names_in<1, 2>(state, action) : names_in<2, 2>(state, action);
}

}  // namespace lmsim::explore::world
