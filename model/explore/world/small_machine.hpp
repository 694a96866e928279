#pragma once

#include <array>
#include <cstdint>

#include "model/check/invariant.hpp"
#include "model/explore/world/small_device.hpp"
#include "model/host/rfc/driver_rules.hpp"
#include "model/nvme/config.hpp"
#include "model/nvme/step.hpp"
#include "model/wire/sqe.hpp"

namespace lmsim::explore {

/// Performs the effects of a SmallDevice. Entries of queues are fetched, and data moved, at once,
/// and completions of the guest taken; media, the controller's own time for a command, and
/// completions of the PF wait to be chosen.
class SmallMachine : protected nvme::Env {
  public:
    /// The first invariant that fell since begin().
    const check::Invariant* broken() const { return broken_; }

    /// What waits in a slot is over: the media of a VF's command, the work of a PF's.
    void finish(std::uint16_t function, std::uint32_t slot);

  protected:
    // Where things are in the host's memory.
    static constexpr std::uint64_t guest_completions = 0x38000;  // a page
    static constexpr std::uint64_t guest_data = 0x39000;         // and the pages after it
    static constexpr std::uint64_t pf_data = 0x60000;
    static constexpr std::uint16_t cntlid = 1;  // of the VF
    static constexpr std::size_t data_bytes = 128;

    SmallMachine(const nvme::Config& config, const spec::Rules& rules)
        : rules_(rules), driver_(host::driver_rules(rules)), config_(config) {}

    void use(SmallDevice& device) {
        device_ = &device;
        broken_ = nullptr;
    }
    /// PF and VF get ready, the VF with queues for I/O.
    void bring_up();
    /// The PF's driver submits a command, whose entry entry_of_pf() makes when it is fetched.
    void submit(std::uint8_t owner, const Effect& effect = {});
    /// The guest does, and entry_of_guest() makes it.
    void guest_submits(std::uint8_t number);
    /// The oldest completion, whose command is over, and whose it was.
    PfCompletion take_completion(std::uint8_t& owner);
    void fell(const check::Invariant* invariant) { broken_ = broken_ ? broken_ : invariant; }

    virtual wire::Sqe entry_of_pf(const PfEntry& entry) const = 0;
    virtual wire::Sqe entry_of_guest(const GuestEntry& entry) const = 0;
    /// Another effect than those that are answered here: entries, data, completions of the guest.
    virtual void posted(const Effect& effect) = 0;
    /// A command of the PF wants its data, or (PRP list) its page.
    virtual void bring_data(std::uint32_t /*slot*/, std::uint32_t /*length*/) {}
    virtual const std::uint8_t* prp_list() { return nullptr; }
    virtual void before_step() {}
    virtual void after_step() {}

    std::uint8_t* data_of(std::uint32_t slot) { return data_[slot].data(); }

    spec::Rules rules_;
    spec::Rules driver_;  // as the host's driver takes them
    SmallDevice* device_ = nullptr;
    nvme::TrackedMemory tracked_;

  private:
    void step(const nvme::Event& event);
    void write_property(std::uint16_t function, std::uint64_t address, std::uint64_t value);
    void enable(std::uint16_t function, std::uint64_t queue, std::uint32_t size);
    void setup_command(const wire::Sqe& sqe);
    void perform(const Effect& effect);
    void fetch(const Effect& effect);
    void post_completion(const Effect& effect);
    void ring(std::uint16_t function, std::uint16_t queue, std::uint32_t tail);
    void later(const nvme::Event& event);

    // Env
    std::uint8_t* data(std::uint16_t, std::uint32_t slot, std::uint32_t length) override;
    std::uint8_t* staging(std::uint16_t, std::uint64_t) override { return data_of(0); }
    std::uint8_t* vendor(std::uint16_t) override { return data_of(0); }
    bool reaches(std::uint16_t, std::uint64_t, std::uint64_t) override { return true; }
    nvme::LbaMap& allocated(std::uint32_t) override { return blocks_; }
    nvme::TrackedMemory& tracked(std::uint16_t) override { return tracked_; }

    nvme::Config config_;
    const check::Invariant* broken_ = nullptr;
    bool setting_up_ = false;
    const wire::Sqe* setup_ = nullptr;  // the command that bring_up() submits
    std::array<nvme::Event, 16> later_{};
    std::size_t later_count_ = 0;
    Effects effects_;
    std::array<std::array<std::uint8_t, wire::Sqe::size>, 16> fetched_{};
    std::array<std::array<std::uint8_t, data_bytes>, SmallBounds::slots> data_{};
    nvme::LbaMap blocks_;
};

}  // namespace lmsim::explore
