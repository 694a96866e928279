#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/fluid/hybrid.hpp"
#include "sim/host/host_driver.hpp"
#include "sim/run/vm.hpp"
#include "sim/scenario/run_params.hpp"

namespace lmsim::sim {

/// What happens when in a run: hosts and guests boot, the workload warms up, the VMs migrate, the
/// guests go on for a while and come to rest.
class Director : public Component {
  public:
    enum class Phase : std::uint8_t { Boot, WarmUp, Migration, CoolDown, Rest, Over };
    static const char* name_of(Phase phase);

    /// `at_once`: so many VMs migrate at the same time, in the order of their numbers; 0: all.
    Director(sc_core::sc_module_name name, Kernel& kernel, const RunParams& params,
             std::vector<Vm*> vms, std::uint32_t at_once, HostDriver& source,
             HostDriver& destination, std::function<void(Ps, std::string_view)> progress);

    /// Asked when a migration is to begin: a text that is not empty refuses it.
    void check_first(std::function<std::string()> check) { check_ = std::move(check); }
    const std::string& refusal() const { return refusal_; }
    /// Of one VM alone: what goes before the VMMs, calls `go` when they may begin, and is told of
    /// the end.
    void set_first(std::function<void(std::function<void()> go)> first, std::function<void()> end) {
        first_ = std::move(first);
        end_ = std::move(end);
    }
    /// It comes to nothing: the migration ends before the VMMs have begun, or they cancel it.
    void give_up();

    /// Without a migration the run is over some time after the pins are.
    void set_pins(Pins* pins) { pins_ = pins; }

    /// They last as long as the migration does.
    void set_faults(Faults* faults) { faults_ = faults; }

    /// Told what the run is at, where there is hybrid time.
    void set_hybrid(Hybrid* hybrid) { hybrid_ = hybrid; }

    Phase phase() const { return phase_; }
    bool booted() const { return phase_ > Phase::Boot && !boot_failed_; }
    bool timed_out() const { return timed_out_; }
    /// When the host's driver had its VFs online, all guests their own VFs ready; 0 if never.
    Ps source_ready() const { return source_ready_; }
    Ps destination_ready() const { return destination_ready_; }
    Ps guest_ready_at() const { return guest_ready_; }
    /// Of the first VM, and of the last one.
    Ps migration_began() const { return migration_began_; }

    void handle(const Event& event) override;

  private:
    enum class Kind : std::uint32_t {
        Start,
        Measure,
        Migrate,
        CooledDown,
        LookForRest,
        Limit,
        Tell
    };

    void host_ready(bool ok, Ps& at);
    void guest_ready(const Vm& vm);
    void begin_next();
    void begin(Vm& vm);
    void migrate(Vm& vm);
    void migration_finished(Vm& vm);
    bool all_rest() const;
    void over();
    void enter(Vm& vm, metrics::Window window);
    void enter_all(metrics::Window window);

    RunParams params_;
    std::vector<Vm*> vms_;
    std::uint32_t at_once_;
    std::size_t next_ = 0;         // VM to migrate
    std::uint32_t under_way_ = 0;  // migrations
    HostDriver& source_;
    HostDriver& destination_;
    Pins* pins_ = nullptr;
    Hybrid* hybrid_ = nullptr;
    Faults* faults_ = nullptr;
    std::function<void(Ps, std::string_view)> progress_;
    std::function<std::string()> check_;
    std::string refusal_;
    std::function<void(std::function<void()>)> first_;
    std::function<void()> end_;
    bool vmms_began_ = false;
    Phase phase_ = Phase::Boot;
    int hosts_booting_ = 2;
    std::size_t guests_booting_;
    Ps source_ready_ = 0;
    Ps destination_ready_ = 0;
    Ps guest_ready_ = 0;
    bool boot_failed_ = false;
    bool timed_out_ = false;
    Ps migration_began_ = 0;
    Ps rest_until_ = 0;
};

}  // namespace lmsim::sim
