#pragma once

#include <functional>
#include <string>
#include <vector>

#include "sim/core/kernel.hpp"
#include "sim/core/random.hpp"
#include "sim/fault/fault_params.hpp"

namespace lmsim::sim {

/// What became of a fault of the scenario.
struct FaultCount {
    std::uint64_t occasions = 0;
    std::uint64_t injected = 0;
    std::uint64_t detected = 0;
};

/// Decides when the faults of a scenario strike, and counts them. Components that could be struck
/// ask it, if there are faults at all; others tell it what they notice. Faults strike from the
/// migration's begin to its end: what comes after shows whether all comes to rest.
class Faults : public Component {
  public:
    /// Each fault has a random stream of its own.
    Faults(sc_core::sc_module_name name, Kernel& kernel, std::vector<FaultPlan> plans,
           std::uint64_t seed);

    /// Who does what nobody asks for (FaultHow::Act); false: it could not be done then.
    void on_act(std::function<bool(const FaultPlan&)> act) { act_ = std::move(act); }
    /// Told of each fault that strikes, in words.
    void on_strike(std::function<void(const std::string&)> told) { told_ = std::move(told); }

    void on_end(std::function<void()> told) { ended_ = std::move(told); }
    void begin();
    /// From now on nothing strikes any more.
    void end();
    /// They last so long at most; 0: until the end.
    void set_span(Ps span) { span_ = span; }
    bool on() const { return on_; }
    /// Does any wait for an effect by name?
    bool wants_effects() const;

    /// An occasion for a fault of this class on a host (0: source, 1: destination) and a VF (-1: of
    /// none). nullptr: nothing happens. Else it has struck.
    const FaultPlan* strikes(Fault what, unsigned host, int vf) {
        if ((armed_ >> static_cast<unsigned>(what) & 1) == 0) {
            return nullptr;
        }
        return look(what, static_cast<int>(host), vf);
    }
    /// Somebody has noticed something (a bit of sim::sign), of a VF or, with -1, of whatever.
    void notice(std::uint32_t what, int vf = -1);
    void happened(const Occurrence& effect);
    /// A number below `limit` (not 0), of the fault's own stream.
    std::uint64_t draw(const FaultPlan& plan, std::uint64_t limit);

    const std::vector<FaultPlan>& plans() const { return plans_; }
    /// In the order of the scenario.
    const std::vector<FaultCount>& counts() const { return counts_; }

    void handle(const Event& event) override;

  private:
    enum class Kind : std::uint32_t { Due, End };
    struct Open {
        std::size_t plan;
        int vf;
    };

    const FaultPlan* look(Fault what, int host, int vf);
    bool decides(std::size_t index);
    void due(std::size_t index);
    void struck(std::size_t index, int vf);
    std::size_t index_of(const FaultPlan& plan) const {
        return static_cast<std::size_t>(&plan - plans_.data());
    }

    std::vector<FaultPlan> plans_;
    std::vector<FaultCount> counts_;
    std::vector<bool> due_;  // the next occasion is its
    std::vector<Random> random_;
    std::vector<Open> open_;  // struck, and nobody has noticed
    std::uint64_t armed_ = 0;
    bool on_ = false;
    Ps span_ = 0;
    std::function<bool(const FaultPlan&)> act_;
    std::function<void(const std::string&)> told_;
    std::function<void()> ended_;
};

}  // namespace lmsim::sim
