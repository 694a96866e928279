#pragma once

#include <cstdint>

#include "model/check/monitor.hpp"
#include "model/explore/world/config.hpp"
#include "model/explore/world/scratch.hpp"
#include "model/explore/world/state.hpp"
#include "model/nvme/step.hpp"
#include "model/spec/rules.hpp"
#include "model/vfio/event.hpp"
#include "model/wire/cqe.hpp"
#include "model/wire/sqe.hpp"

namespace lmsim::explore::world {

/// What a search does not change.
struct Settings {
    WorldConfig config;
    spec::Rules rules;
    spec::Rules driver;  // as the VFIO driver takes them
    nvme::Config device;
    host::vmm::Config vmm;
    host::VfioNvme formats;   // csvi and csuuidi as the driver has found them
    std::uint32_t piece = 0;  // bytes of a state that one command moves
};

/// Hosts the machines for one action: gives them events, does their effects, and tells the monitor
/// what is seen. Each part stands in a file of its own.
template <class W>
class Play {
  public:
    static constexpr std::uint8_t vfs = W::vfs;
    static constexpr std::uint8_t hosts = W::hosts;
    using Slot = nvme::Slot;

    Play(W& world, const Settings& settings, Scratch& scratch)
        : w(world), s(settings), scratch_(scratch) {}

    W& w;
    const Settings& s;
    const check::Invariant* broken = nullptr;  // the first one

    // set_up.hpp
    void set_up();

    // guest.hpp
    void submit(std::uint8_t vf);
    void take(std::uint8_t vf);
    void submit_admin(std::uint8_t vf);
    void take_admin(std::uint8_t vf);

    // device.hpp
    /// The controller's effect is over: what it was follows from the stage of the slot.
    void answer(std::uint8_t host, std::uint8_t function, std::uint8_t slot, bool refuse = false);
    void function_reset(std::uint8_t host, std::uint8_t function);

    // pf.hpp
    void look_at_completions(std::uint8_t host);
    void enable_pf(std::uint8_t host);
    void reset_pf(std::uint8_t host);
    void time_out(std::uint8_t host, std::uint8_t tag);

    // vfio_user.hpp
    void set_state(std::uint8_t host, std::uint8_t vf, vfio::MigState to);
    vfio::Errno read_state(std::uint8_t host, std::uint8_t vf, std::uint64_t& bytes);
    vfio::Errno write_state(std::uint8_t host, std::uint8_t vf, Token content);
    void reset_vf(std::uint8_t host, std::uint8_t vf, bool unasked = false);

    // vmm.hpp
    void begin_migration();
    /// Does what the VMM of `host` waits for and answers it; `verdict`: see Verdicts.
    void call(std::uint8_t host, std::uint8_t verdict);
    void deliver();
    void deliver_back();
    void tell_closed();
    void tell_cut();
    void cancel();
    void damage();
    void cut();

    // All parts
    void tell(check::What what, std::uint8_t host, std::uint16_t vf = check::no_vf,
              std::uint64_t value = 0, std::uint64_t value2 = 0) {
        check::Observation seen;
        seen.what = what;
        seen.host = host;
        seen.vf = vf;
        seen.value = value;
        seen.value2 = value2;
        tell(seen);
    }
    void tell_queue(check::What what, std::uint8_t host, std::uint16_t vf, std::uint16_t queue,
                    std::uint16_t cid, std::uint8_t flags = 0, std::uint64_t value = 0) {
        check::Observation seen;
        seen.what = what;
        seen.host = host;
        seen.vf = vf;
        seen.queue = queue;
        seen.cid = cid;
        seen.flags = flags;
        seen.value = value;
        tell(seen);
    }

    static constexpr std::uint64_t admin_sq = 0x1000'0000;
    static constexpr std::uint64_t admin_cq = 0x1100'0000;
    static constexpr std::uint64_t io_sq = 0x1200'0000;
    static constexpr std::uint64_t io_cq = 0x1300'0000;
    static constexpr unsigned buffer_shift = 20;  // PRP of a VF's state buffer: number + 1

    std::uint32_t io_ring() const { return s.config.queue_entries + 1U; }
    std::uint32_t cq_ring() const {
        const std::uint8_t entries = s.config.completion_entries;
        return entries == 0 ? io_ring() : entries + 1U;
    }

  private:
    void tell(const check::Observation& seen) {
        const check::Invariant* const fell = check::step(w.monitor, seen, s.rules);
        broken = broken != nullptr ? broken : fell;
    }
    /// The guest gives up what it has submitted on this VF, and the VF.
    void lose(std::uint8_t vf);

    // device.hpp
    void step_device(std::uint8_t host, nvme::Event event);
    void forget(std::uint8_t host, std::uint16_t function);
    void enable(std::uint8_t host, std::uint8_t function);
    void write_register(std::uint8_t host, std::uint8_t function, std::uint64_t address,
                        std::uint64_t value);
    void pf_effect(std::uint8_t host, const Effect& effect);
    void vf_effect(std::uint8_t host, const Effect& effect);
    void posted(std::uint8_t host, std::uint8_t vf, const Effect& effect);
    void arrived(std::uint8_t vf, const wire::Cqe& cqe, std::uint64_t address);
    void tell_reset(std::uint8_t host, std::uint8_t vf);
    void entered(std::uint8_t host, const Effect& effect);
    unsigned io_queues(std::uint8_t host) const;
    void tell_queues(std::uint8_t host, unsigned before);
    std::uint8_t load_data(std::uint8_t host, std::uint8_t slot);
    void keep_staged(std::uint8_t host, std::uint8_t vf);
    std::uint8_t command_at(std::uint8_t vf, std::uint32_t position) const;
    wire::Sqe guests_command(std::uint8_t host, std::uint8_t function, std::uint8_t slot) const;
    void fetched(std::uint8_t host, std::uint8_t function, std::uint8_t slot, bool refuse,
                 std::uint8_t* entry);

    // pf.hpp
    void request(std::uint8_t host, std::uint8_t vf, const Effect& submit);
    void step_pf(std::uint8_t host, host::PfEvent event);
    void pf_replied(std::uint8_t host, const Effect& reply);
    void pf_down(std::uint8_t host);

    // vfio_user.hpp
    void step_flow(std::uint8_t host, std::uint8_t vf, const host::FlowEvent& event);
    void judge_set(const VfSide& side, bool done);
    void step_vfio(std::uint8_t host, std::uint8_t vf, const vfio::Event& event);
    void vfio_effect(std::uint8_t host, std::uint8_t vf, const Effect& effect);
    void state_entered(std::uint8_t host, std::uint8_t vf, const Effect& effect);
    void tell_session(check::What what, std::uint8_t host, std::uint8_t vf, std::uint64_t fd);

    // vmm.hpp
    void give(std::uint8_t host, const host::vmm::Event& event);
    void asked(std::uint8_t host, const Effect& call);
    void reported(std::uint8_t host, const Effect& report);
    void answered(std::uint8_t host, std::uint16_t error, std::uint64_t value = 0,
                  std::uint8_t verdict = 0);
    std::uint16_t perform(std::uint8_t host, const Outstanding& call, std::uint64_t& value);
    std::uint16_t send(std::uint8_t host, const Parcel& parcel);
    void run_vcpus(std::uint8_t host);

    vfio::Errno io_error_ = vfio::Errno::Ok;  // of the latest read or write
    std::uint64_t io_bytes_ = 0;
    bool resetting_ = false;  // what the device does now, a reset has caused
    bool blocked_ = false;    // the uAPI has no path for the SET that is begun
    bool pf_resets_ = false;  // and that is one of the PF
    bool unasked_ = false;    // that nobody on its host has asked for, or is told of
    Scratch& scratch_;
};

template <class W>
void Play<W>::lose(std::uint8_t vf) {
    Guest& guest = w.guest[vf];
    guest = Guest{};
    guest.lost = true;
    tell_queue(check::What::Abandoned, w.owner, vf, 0, check::every_cid);
}

}  // namespace lmsim::explore::world
