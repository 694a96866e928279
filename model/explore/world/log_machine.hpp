#pragma once

#include <cstdint>

#include "model/explore/world/log_config.hpp"
#include "model/explore/world/log_state.hpp"
#include "model/explore/world/small_machine.hpp"

namespace lmsim::explore {

/// What happens in a LogState.
class LogMachine : public SmallMachine {
  public:
    LogMachine(const LogConfig& config, const spec::Rules& rules);

    /// PF and VF are ready, an event request is outstanding.
    void set_up(LogState& state);

    /// Work on this state from here on.
    void begin(LogState& state) {
        state_ = &state;
        use(state.device);
    }
    /// The state gets its canonical form, unless an invariant fell.
    void end() {
        if (broken() == nullptr) {
            canonicalize(*state_, rules_);
        }
    }

    // What can be chosen.
    void start();                      // the VMM begins to migrate the user data
    void write(std::uint8_t block);    // the guest does
    void written(std::uint32_t slot);  // media of the VF is done
    void complete();                   // the PF's driver takes its oldest completion
    void look();                       // the host reads its memory
    void tick();                       // the timer of the flow
    void give_up_waiting();            // a look after which the flow waits no more for the tail
    void copy(std::uint8_t block);
    void suspend();
    void resume();  // on the source
    void arrive();  // the VM runs on the destination
    void stop();

    std::uint8_t all_blocks() const {
        return static_cast<std::uint8_t>((1U << log_config_.blocks) - 1);
    }

  private:
    wire::Sqe entry_of_pf(const PfEntry& entry) const override;
    wire::Sqe entry_of_guest(const GuestEntry& entry) const override;
    void posted(const Effect& effect) override;
    const std::uint8_t* prp_list() override { return list_; }
    void before_step() override { before_ = state_->device.subsystem.cdq[0]; }
    void after_step() override;
    std::uint64_t* cdq_pages(std::uint16_t, std::uint32_t) override { return &ring_page_; }

    void observe(check::What what, std::uint64_t value = 0, std::uint64_t value2 = 0);
    void dirty_ring();
    void answer(LogOwner owner, const PfCompletion& completion);
    void give(const host::UdmqEvent& event);
    void submitted(const Effect& effect);
    void called(const Effect& effect);
    void happened(const PfCompletion& completion);
    void told(const Effect& report);
    void replied(const Effect& reply);
    void everything_again() { state_->to_copy = all_blocks(); }

    LogConfig log_config_;
    LogState* state_ = nullptr;
    nvme::Cdq before_;
    Effects flow_effects_;
    std::uint8_t list_[8] = {};
    std::uint64_t ring_page_ = 0;
};

}  // namespace lmsim::explore
