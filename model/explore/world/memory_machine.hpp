#pragma once

#include <cstdint>

#include "model/explore/world/memory_config.hpp"
#include "model/explore/world/memory_state.hpp"
#include "model/explore/world/small_machine.hpp"
#include "model/wire/identify.hpp"

namespace lmsim::explore {

/// What happens in a MemoryState.
class MemoryMachine : public SmallMachine {
  public:
    MemoryMachine(const MemoryConfig& config, const spec::Rules& rules);

    /// PF and VF are ready.
    void set_up(MemoryState& state);
    /// Work on this state from here on, until end(), which gives it its canonical form unless an
    /// invariant fell.
    void begin(MemoryState& state);
    void end();

    // What can be chosen.
    void start();                       // the VMM begins to migrate the memory
    void read(std::uint8_t page);       // the guest does: the VF writes the page
    void moved(std::uint32_t slot);     // media of the VF is done
    void executed(std::uint32_t slot);  // the PF's work on a command is
    void complete();                    // the PF's driver takes its oldest completion
    void report();                      // the VMM asks what was written
    void copy(std::uint8_t page);
    void suspend();
    void resume();  // on the source
    void arrive();  // the VM runs on the destination
    void stop();

  private:
    wire::Sqe entry_of_pf(const PfEntry& entry) const override;
    wire::Sqe entry_of_guest(const GuestEntry& entry) const override;
    void posted(const Effect& effect) override;
    void bring_data(std::uint32_t slot, std::uint32_t length) override;
    std::uint64_t* cdq_pages(std::uint16_t, std::uint32_t) override { return nullptr; }

    std::uint8_t all_pages() const {
        return static_cast<std::uint8_t>((2U << memory_config_.pages) - 1);
    }
    void written(std::uint64_t address, const Effect& effect);
    void take_report(const std::uint8_t* bytes, std::uint64_t length);
    void answer(MemoryOwner owner, const PfCompletion& completion);
    void give(const host::MemoryLogEvent& event);
    void told();
    void replied(const Effect& reply);
    void identify();
    void started(bool good);
    void everything_again() { state_->to_copy = all_pages(); }

    MemoryConfig memory_config_;
    wire::IdentifyController identified_;  // as the driver reads it
    MemoryState* state_ = nullptr;
    Effects flow_effects_;
};

}  // namespace lmsim::explore
