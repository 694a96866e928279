#pragma once

#include <cstdint>
#include <string>

#include "model/explore/system.hpp"
#include "model/explore/world/actions.hpp"

// What an action does, in the words of the field. Not on the hot path.
namespace lmsim::explore::world {

std::string host_name(unsigned host, unsigned hosts);
/// "Suspend of VF 1".
std::string request_name(std::uint32_t owner);
/// "write 0": the guest's command.
std::string command_name(unsigned command);
std::string admin_command_name(unsigned command);
std::string call_name(const Outstanding& call);
std::string verdict_name(std::uint8_t chosen);
std::string parcel_name(const Parcel& parcel);
/// What a command at this stage waits for: "fetched", "executed".
std::string stage_name(nvme::Stage stage);

/// Where things happen, as one object for one state.
template <class W>
class Narrator {
  public:
    explicit Narrator(const W& world) : w(world) {}

    Arrow arrow(Action action) const {
        const unsigned a = action.a;
        switch (static_cast<Do>(action.kind)) {
            case Do::Submit:
                return {"guest", vf(w.owner, a), "submits " + command_name(w.guest[a].submitted)};
            case Do::Take:
                return {"guest", vf(w.owner, a),
                        "takes the completion of " +
                            command_name(w.guest[a].order[w.guest[a].taken]) +
                            ", rings the CQ doorbell"};
            case Do::SubmitAdmin:
                return {"guest", vf(w.owner, a),
                        "submits " + admin_command_name(w.guest[a].admin_submitted)};
            case Do::TakeAdmin:
                return {"guest", vf(w.owner, a),
                        "takes the completion of " +
                            admin_command_name(w.guest[a].admin_order[w.guest[a].admin_taken])};
            case Do::Answer: return answer(a >> 4, a & 15, action.b, "");
            case Do::Refuse: return answer(a, 0, action.b, "; the PF is going to refuse it");
            case Do::LookAt:
                return {pf(a), driver(a), "interrupt: the driver takes " + completions(a)};
            case Do::EnablePf: return {driver(a), pf(a), "enabled again after its reset"};
            case Do::Set:
                return {
                    "user", "VFIO VF " + std::to_string(a),
                    "SET " + std::string(vfio::to_string(static_cast<vfio::MigState>(action.b)))};
            case Do::Read: return {"user", "VFIO VF " + std::to_string(a), "reads state"};
            case Do::Write:
                return {"user", "VFIO VF " + std::to_string(a), "writes the state it read last"};
            case Do::ResetVf: return {"fault", vf(a, action.b), "function level reset"};
            case Do::ResetPf: return {"fault", pf(a), "reset"};
            case Do::TimeOut:
                return {driver(a), pf(a),
                        "times out: " + request_name(w.pf[a].queue.owner[action.b])};
            case Do::Rest: return {"all", "", "nothing more happens"};
            default: break;
        }
        if constexpr (W::hosts == 2) {
            return journey(action);
        }
        return {"?", "", ""};
    }

  private:
    std::string host(unsigned which) const { return host_name(which, W::hosts); }
    std::string vf(unsigned which, unsigned number) const {
        return host(which) + " VF " + std::to_string(number);
    }
    std::string pf(unsigned which) const { return host(which) + " PF"; }
    std::string driver(unsigned which) const { return host(which) + " driver"; }
    static std::string vmm(unsigned which) { return host_name(which, 2) + " VMM"; }

    std::string completions(unsigned which) const {
        const Pf& pf = w.pf[which];
        std::string list;
        unsigned at = pf.cq_head;
        unsigned phase = pf.cq_phase;
        for (unsigned i = 0; i < pf_ring && pf.cq[at].phase == phase; ++i) {
            list += (list.empty() ? "" : ", ") + completion(pf, pf.cq[at]);
            at = (at + 1) % pf_ring;
            phase ^= at == 0 ? 1U : 0U;
        }
        return list.empty() ? "nothing" : list;
    }
    static std::string completion(const Pf& pf, const PfCompletion& entry) {
        const std::string what =
            entry.tag < host::ProofPfQueue::tags ? request_name(pf.queue.owner[entry.tag]) : "?";
        return "completion of " + what + (entry.status == 0 ? "" : " (error)");
    }

    Arrow answer(unsigned which, unsigned function, unsigned slot, const std::string& more) const {
        const nvme::Slot& command = w.device[which].controller[function].slot[slot];
        const bool fetching = command.stage == nvme::Stage::Fetching;
        if (function == 0) {
            const Pf& driver_of = w.pf[which];
            const unsigned tag = fetching ? driver_of.fetches[slot] : command.cid;
            const std::uint32_t owner =
                tag < host::ProofPfQueue::tags ? driver_of.queue.owner[tag] : 0;
            return {pf(which), "", request_name(owner) + ": " + stage_name(command.stage) + more};
        }
        const unsigned number =
            fetching ? w.vf[which][function - 1].fetches[slot] : unsigned{command.cid};
        const std::string name =
            command.sqid == 0 ? admin_command_name(number) : command_name(number);
        return {vf(which, function - 1), "", name + ": " + stage_name(command.stage)};
    }

    Arrow journey(Action action) const {
        const auto& journey = w.journey();
        const unsigned a = action.a;
        switch (static_cast<Do>(action.kind)) {
            case Do::Call: {
                const bool chooses = a == check::source && decides(journey.source.control);
                return {vmm(a), "",
                        call_name(journey.call[a]) + (chooses ? verdict_name(action.b) : "")};
            }
            case Do::Deliver: return {vmm(0), vmm(1), parcel_name(journey.forward.parcel[0])};
            case Do::DeliverBack: return {vmm(1), vmm(0), parcel_name(journey.back.parcel[0])};
            case Do::TellClosed: return {vmm(1), "", "finds the channel closed"};
            case Do::TellCut: return {vmm(0), "", "finds the return path broken"};
            case Do::Cancel: return {"user", vmm(0), "cancels"};
            case Do::Damage: return {"fault", "channel", "device state loses its end"};
            case Do::Cut: return {"fault", "channel", "cut"};
            default: return {"?", "", ""};
        }
    }

    const W& w;
};

}  // namespace lmsim::explore::world
