#pragma once

#include <functional>
#include <map>
#include <utility>
#include <vector>

#include "model/nvme/step.hpp"
#include "sim/check/run_monitor.hpp"

namespace lmsim::sim {

/// A block of a namespace in observations of user data.
constexpr std::uint64_t block_key(std::uint32_t nsid, std::uint64_t block) {
    return std::uint64_t{nsid} << 48 | block;
}

/// Tells a monitor what the controllers of one device do. Give it every step: begin(), the step
/// with watcher(), stepped(), each effect before it is performed, and ended().
class DeviceWatch final : public fsm::Watcher {
  public:
    using Subsystem = nvme::Subsystem<nvme::SimBounds>;
    /// Where the pages of a discontiguous CDQ are; as long as the device.
    using CdqPages = std::map<std::uint16_t, std::vector<std::uint64_t>>;

    void connect(RunMonitor* monitor, metrics::Side side, const Subsystem& subsystem,
                 const CdqPages& pages, const spec::Rules& rules) {
        monitor_ = monitor;
        side_ = side;
        subsystem_ = &subsystem;
        pages_ = &pages;
        rules_ = &rules;
    }

    /// Asked of each reset of a VF: has it come over its host, which nobody there is told of?
    /// `of_pf`: it is one of the PF.
    using Unasked = std::function<bool(std::uint16_t vf, bool of_pf)>;
    void ask_of_resets(Unasked unasked) { unasked_ = std::move(unasked); }

    /// Before a step with this event.
    void begin(Ps at, const nvme::Event& event) {
        at_ = at;
        resets_ = event.kind == nvme::Event::Kind::LevelReset;
        if (monitor_ != nullptr &&
            (resets_ || event.function == 0 || monitor_->watches_user_data())) {
            look_at(event);
        }
    }
    /// What a step's Effects get, if `next` is who else listens.
    fsm::Watcher* watcher(fsm::Watcher* next) {
        next_ = next;
        return monitor_ != nullptr ? this : next;
    }
    /// The step is done, none of its effects is.
    void stepped() {
        if (!lives_.empty()) {
            look_for_resets();
        }
        if (!moves_.empty()) {
            tell_moves(true);
        }
    }
    void effect(const Effect& effect) {
        if (monitor_ != nullptr) {
            tell(effect);
        }
    }
    /// All its effects are.
    void ended() {
        if (!moves_.empty()) {
            tell_moves(false);
            moves_.clear();
        }
    }
    /// A write of the function found no memory.
    void wrote_outside(Ps at, std::uint16_t function);

    void took(const fsm::Arc& arc, std::uint16_t function, std::uint16_t number) override;

  private:
    struct Move {
        char kind;  // 's', 'c' or 'd': of an SQ, a CQ, a CDQ
        bool begins;
        std::uint16_t function;
        std::uint16_t number;
    };
    static constexpr std::uint64_t nowhere = ~std::uint64_t{0};
    struct Ring {
        std::uint64_t base = 0;
        bool contiguous = true;
        std::size_t page = 0;          // where the last entry was
        std::uint64_t next = nowhere;  // address behind it, where that is in the queue
        std::uint64_t next_slot = 0;
    };

    void look_at(const nvme::Event& event);
    bool may_reset_others(const nvme::Event& event) const;
    void look_for_resets();
    void tell_reset(std::uint16_t function, bool of_pf);
    void tell(const Effect& effect);
    void tell_posted(const Effect& effect);
    void tell_entry(const Effect& effect);
    void tell_moves(bool begins);
    std::uint64_t slot_of(std::uint16_t cdqid, std::uint64_t address);
    std::uint64_t search_slot(std::uint16_t cdqid, Ring& ring, std::uint64_t address) const;
    void tell_touch(check::What what, std::uint16_t function) {
        if (!monitor_->may_touch(side_, static_cast<std::uint16_t>(function - 1))) {
            tell_of(what, function);
        }
    }
    void tell_of(check::What what, std::uint16_t function) {
        monitor_->tell(at_, observe(what, side_, static_cast<std::uint16_t>(function - 1)));
    }

    RunMonitor* monitor_ = nullptr;
    metrics::Side side_ = metrics::Side::Source;
    const Subsystem* subsystem_ = nullptr;
    const CdqPages* pages_ = nullptr;
    const spec::Rules* rules_ = nullptr;
    fsm::Watcher* next_ = nullptr;
    Ps at_ = 0;
    bool resets_ = false;  // the step at hand is a reset, or has been one
    Unasked unasked_;
    // Of the VFs, in a step of the PF that may reset them: their generations before it.
    std::vector<std::uint32_t> lives_;
    std::vector<Move> moves_;
    std::vector<Ring> rings_;  // by CDQID
};

}  // namespace lmsim::sim
