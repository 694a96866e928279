#pragma once

#include <array>
#include <cstdint>

#include "model/check/invariant.hpp"
#include "model/explore/world/log_config.hpp"
#include "model/explore/world/log_state.hpp"
#include "model/nvme/step.hpp"
#include "model/wire/sqe.hpp"

namespace lmsim::explore {

/// What happens in a LogState: performs the effects of the controller and of the host's flow.
/// Entries of queues are fetched, and data moved, at once; media, the controller's own time for a
/// command, completions of the PF and looks of the host wait to be chosen.
class LogMachine : private nvme::Env {
  public:
    LogMachine(const LogConfig& config, const spec::Rules& rules);

    /// PF and VF are ready, with a queue for I/O and an outstanding event request.
    void set_up(LogState& state);

    /// Work on this state from here on.
    void begin(LogState& state) {
        state_ = &state;
        broken_ = nullptr;
    }
    /// The first invariant that fell since.
    const check::Invariant* broken() const { return broken_; }

    // What can be chosen.
    void start();                    // the VMM begins to migrate the user data
    void write(std::uint8_t block);  // the guest does
    void finish(std::uint16_t function, std::uint32_t slot);  // media, or the controller's work
    void complete();         // the PF's driver takes its oldest completion
    void look();             // the host reads its memory
    void tick();             // the timer of the flow
    void give_up_waiting();  // a look after which the flow waits no more for the tail
    void copy(std::uint8_t block);
    void suspend();
    void resume();  // on the source
    void arrive();  // the VM runs on the destination
    void stop();

    std::uint8_t all_blocks() const {
        return static_cast<std::uint8_t>((1U << config_.blocks) - 1);
    }

  private:
    void step(const nvme::Event& event);
    void perform(const Effect& effect);
    void fetch(const Effect& effect);
    void post_entry(const Effect& effect);
    void post_completion(const Effect& effect);
    void ring_sq(std::uint16_t function, std::uint16_t queue, std::uint32_t tail);
    void later(const nvme::Event& event);
    void watch_queue(const nvme::Cdq& before);
    void observe(check::What what, std::uint64_t value = 0, std::uint64_t value2 = 0);

    wire::Sqe entry_of_pf(const LogCommandEntry& entry) const;
    wire::Sqe entry_of_vf(const LogWrite& entry) const;
    void submit(LogOwner owner, const Effect& effect = {});
    void answer(LogOwner owner, const LogCompletion& completion);
    void give(const host::UdmqEvent& event);
    void submitted(const Effect& effect);
    void called(const Effect& effect);
    void happened(const LogCompletion& completion);
    void told(const Effect& report);
    void replied(const Effect& reply);
    void everything_again();
    void setup_command(const wire::Sqe& sqe);
    void dirty_ring();
    void fell(const check::Invariant* invariant) { broken_ = broken_ ? broken_ : invariant; }

    // Env
    std::uint8_t* data(std::uint16_t, std::uint32_t, std::uint32_t length) override;
    std::uint8_t* staging(std::uint16_t, std::uint64_t) override { return scratch_.data(); }
    std::uint8_t* vendor(std::uint16_t) override { return scratch_.data(); }
    bool reaches(std::uint16_t, std::uint64_t, std::uint64_t) override { return true; }
    std::uint64_t* cdq_pages(std::uint16_t, std::uint32_t) override { return &ring_page_; }
    nvme::LbaMap& allocated(std::uint32_t) override { return blocks_; }
    nvme::TrackedMemory& tracked(std::uint16_t) override { return pages_; }

    LogConfig config_;
    spec::Rules rules_;
    nvme::Config device_;
    LogState* state_ = nullptr;
    const check::Invariant* broken_ = nullptr;
    bool setting_up_ = false;
    const wire::Sqe* setup_ = nullptr;  // the command that set_up() submits
    std::array<nvme::Event, 16> later_{};
    std::size_t later_count_ = 0;
    std::array<std::array<std::uint8_t, wire::Sqe::size>, 16> fetched_{};
    std::array<std::uint8_t, 64> scratch_{};
    std::uint8_t list_[8] = {};
    std::uint64_t ring_page_ = 0;
    nvme::LbaMap blocks_;
    nvme::TrackedMemory pages_;
};

}  // namespace lmsim::explore
