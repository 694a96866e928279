#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/bridge/record_port.hpp"
#include "sim/bridge/rig.hpp"
#include "sim/core/kernel.hpp"
#include "sim/metrics/result.hpp"
#include "sim/pin/pins.hpp"
#include "sim/run/standing.hpp"
#include "sim/run/vm.hpp"
#include "sim/trace/sink.hpp"
#include "sim/trace/step_log.hpp"

namespace lmsim::sim {

class Director;
class MediaCopy;
class Hybrid;
class VmRouter;
class Wishes;
class RigGuestObserver;
struct HostSide;

/// What stands on one side of a run in the place of the model.
struct SideBackend {
    Rig* rig = nullptr;           // nullptr: the model
    Memory* vm_memory = nullptr;  // nullptr: the VM's memory there is its own
};

/// What a run has beyond its scenario and its workload. What is pointed to outlives the run.
struct RunOptions {
    /// Of the source and of the destination. With a rig time is the wall clock's.
    std::array<SideBackend, 2> backends = {};
    /// Of the source and of the destination: what its media are instead of what the scenario says.
    /// They outlive the run, of which all is simulated then.
    std::array<MediaModel*, 2> media = {};
    Stride stride = Stride::Horizon;
    trace::TraceSink* sink = nullptr;  // nullptr: no trace is written; the hash is always there
    trace::StepLog* steps = nullptr;   // nullptr: step() calls are not logged
    PortRecording* ports = nullptr;    // nullptr: what crosses the ports is not recorded
    Dialects dialects;
    /// Nothing else in this process uses SystemC. Then its kernel is not started, and a process may
    /// make one run after the other. The run is the same.
    bool alone = false;
    /// Told now and then, and at the end: simulated time and what the run is at. May be empty.
    std::function<void(Ps now, std::string_view phase)> progress;
};

/// A whole run: both hosts, the guests, their migrations, through to their I/O on the destination.
/// SystemC has one kernel per process, so a process makes one of these at a time, and only one
/// unless RunOptions::alone.
class Simulation {
  public:
    /// `workload` must outlive the simulation.
    Simulation(const Scenario& scenario, Workload& workload, const RunOptions& options);
    ~Simulation();

    /// Runs to the end, or until Kernel::interrupted.
    void run();
    /// After run(): a device outside this process has ceased to answer, in words; else empty.
    const std::string& trouble() const { return trouble_; }

    /// How far it is: asked by who is told of progress, or after run().
    Standing standing() const;

    /// All figures; after run().
    metrics::Result result() const;
    /// The controller state of each VF that was moved; empty if it was not saved.
    std::vector<std::vector<std::uint8_t>> states() const;
    /// A side's device, for tests that look into its controllers.
    const NvmeDevice& device(VmmSide side) const;
    /// Where the first VM runs now; nowhere if it ended, or stands still.
    std::optional<VmmSide> runs_on() const;
    std::uint64_t events() const;
    Ps now() const;

  private:
    HostSide& host(VmmSide side) const;
    Vm& vm_of(std::uint16_t host_vf) const;
    void use_hybrid_time();
    void build_media();
    void pin_effects();
    void arm_faults();
    bool act(const FaultPlan& plan);
    void vmm_crashed(VmmSide side);
    void watch();
    void watch_hosts();
    void come_to_rest();
    bool wall() const { return options_.backends[0].rig != nullptr; }
    void watch_rigs();
    void run_on_wall_time();
    bool poll_rigs();
    bool rigs_are_well();
    void end_in_trouble();
    void wait_for_rigs(Ps now);
    std::string boot_trouble() const;
    void state_loaded(Vm& vm, std::uint16_t vf);
    void diagnose(const HostSide& host, std::uint16_t host_vf);
    std::string check_namespaces() const;
    std::string migration_words(const Vm& vm) const;

    // Result: simulation_result.cpp
    metrics::Result one_vm(const Vm& vm) const;
    void fill_run(metrics::Result& result) const;
    void fill_outcome(const Vm& vm, metrics::Result& result) const;
    void completed_outcome(const Vm& vm, metrics::Result& result) const;
    void unfinished_outcome(const Vm& vm, metrics::Result& result) const;
    std::string failure_text(const Vm& vm) const;
    void fill_tracking(const Vm& vm, metrics::Result& result) const;
    void fill_devices(const Vm& vm, metrics::Result& result) const;
    void fill_hosts(metrics::Result& result) const;
    void fill_faults(metrics::Result& result) const;
    void fill_fidelity(metrics::Result& result) const;
    void describe_workload(metrics::Result& result) const;

    Scenario scenario_;
    RunOptions options_;
    Workload& workload_;
    Kernel kernel_;
    std::vector<std::unique_ptr<Vm>> vms_;
    std::unique_ptr<HostSide> source_;
    std::unique_ptr<HostSide> destination_;
    Network network_;  // of several VMs; one alone has its own
    std::unique_ptr<Director> director_;
    std::unique_ptr<MediaCopy> media_;  // nullptr: nothing is copied
    std::string media_failure_;
    std::string trouble_;         // why a device outside this process is of no use any more
    std::unique_ptr<Pins> pins_;  // nullptr: there are none
    std::unique_ptr<Wishes> wishes_;
    std::unique_ptr<Faults> faults_;  // nullptr: nothing goes wrong
    std::unique_ptr<Hybrid> hybrid_;  // nullptr: all of it is simulated
    std::string why_exact_;           // although the scenario wants hybrid time
    // Of several VMs: who tells each of them what it has to know.
    std::vector<std::unique_ptr<VmRouter>> routers_;
    std::unique_ptr<RunMonitor> monitors_;
    std::unique_ptr<RigGuestObserver> guest_observer_;
};

/// The rules in force, with what the scenario says of them.
RunOptions effective(const Scenario& scenario, RunOptions options);

/// The scenario with what its faults set up (FaultHow::Setup).
Scenario with_faults(Scenario scenario);

/// Why the guest of this scenario cannot be laid out in its memory, or nothing.
std::string check_memory(const Scenario& scenario, const Workload& workload);

}  // namespace lmsim::sim
