#pragma once

#include <functional>
#include <string>
#include <vector>

#include "sim/fluid/steady_io.hpp"
#include "sim/host/vmm_pair.hpp"
#include "sim/run/run_meter.hpp"
#include "sim/run/workload.hpp"

namespace lmsim::sim {

/// How far a hybrid run's downtime is from the exact one's at most: docs/fidelity.md.
constexpr double hybrid_error_bound = 0.05;

/// Why hybrid time cannot treat the scenario, or an empty text.
std::string why_exact(const Scenario& scenario, const Workload& workload);

/// Hybrid time (docs/fidelity.md). While nothing but the guest's steady I/O happens, the I/O stands
/// still: it is counted by its rates, and what it writes is marked when the VMM looks. The VMM, its
/// channel and the vCPUs' own writes go on as ever. Before anything that meets commands under way,
/// the VMM waits until the I/O is steady again; in that time the vCPUs write nothing, and what I/O
/// writes is on the destination at once, so that the pages to be sent are those of before.
class Hybrid : public Component {
  public:
    /// The parts of a run that go on by rates; they outlive this.
    struct Parts {
        Guest* guest = nullptr;
        VmmPair* vmms = nullptr;
        RunMeter* meter = nullptr;
        Memory* memory[2] = {};  // of the VM, by side
        const NvmeDevice* device[2] = {};
        trace::TraceSink* sink = nullptr;
    };
    Hybrid(sc_core::sc_module_name name, Kernel& kernel, const Parts& parts);

    /// The guest does what it will do until `migrates_at`.
    void warm_up(Ps migrates_at);
    void migrates();
    /// The migration is over; the guest goes on until `until`.
    void cool_down(Ps until);
    /// Figures are about to be read, or another window of them begins.
    void flush();

    const metrics::HybridUse& used() const { return used_; }
    /// What the I/O that was not simulated would have kept busy.
    const IoBusy& busy() const { return busy_; }

    void handle(const Event& event) override;

  private:
    enum class Kind : std::uint32_t { Settled, Look, Measured, Thaw, Release };
    enum class Phase : std::uint8_t { WarmUp, Migration, CoolDown };
    enum class State : std::uint8_t { Waiting, Measuring, Steady, Frozen };

    bool gate(VmmSide side, const Effect& call, std::function<void()> go);
    void wait(Ps span);
    void measure();
    void measured();
    bool is_worth_it() const;
    void freeze(Ps until);
    void thaw(Ps held = 0);
    void mark();
    void hold(std::function<void()> go);
    void release();
    Ps holds() const;
    void later(Ps at, Kind kind);

    Parts parts_;
    SteadyIo io_;
    Phase phase_ = Phase::WarmUp;
    State state_ = State::Waiting;
    std::uint32_t turn_ = 0;  // events of an earlier one are void
    Ps phase_ends_ = 0;
    Ps window_ = 0;
    Ps flushed_ = 0;
    Ps marked_ = 0;
    Ps exact_ = 0;  // of the migration, so far
    Ps thawed_ = 0;
    Ps held_since_ = 0;
    std::function<void()> go_;
    std::vector<std::uint64_t> dirty_;  // before the VMM was held
    metrics::HybridUse used_;
    IoBusy busy_{};
};

}  // namespace lmsim::sim
