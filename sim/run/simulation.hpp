#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sim/bridge/record_port.hpp"
#include "sim/check/run_monitor.hpp"
#include "sim/core/kernel.hpp"
#include "sim/device/nvme_device.hpp"
#include "sim/metrics/result.hpp"
#include "sim/pin/pins.hpp"
#include "sim/run/dialects.hpp"
#include "sim/run/run_meter.hpp"
#include "sim/run/workload.hpp"
#include "sim/trace/sink.hpp"
#include "sim/trace/step_log.hpp"

namespace lmsim::sim {

class Director;
class MediaCopy;
class Hybrid;
class Wishes;

struct RunOptions {
    Stride stride = Stride::Horizon;
    trace::TraceSink* sink = nullptr;  // nullptr: no trace is written; the hash is always there
    trace::StepLog* steps = nullptr;   // nullptr: step() calls are not logged
    PortRecording* ports = nullptr;    // nullptr: what crosses the ports is not recorded
    Dialects dialects;
    /// Told now and then, and at the end: simulated time and what the run is at. May be empty.
    std::function<void(Ps now, std::string_view phase)> progress;
};

/// A whole run: both hosts, the guest, the migration between them, through to the guest's I/O on
/// the destination. SystemC has one kernel per process, so a process makes one of these.
class Simulation {
  public:
    /// `workload` must outlive the simulation.
    Simulation(const Scenario& scenario, Workload& workload, const RunOptions& options);
    ~Simulation();

    /// Runs to the end, or until Kernel::interrupted.
    void run();

    /// All figures; after run().
    metrics::Result result() const;
    /// The controller state of each VF that was moved; empty if it was not saved.
    std::vector<std::vector<std::uint8_t>> states() const;
    /// A side's device, for tests that look into its controllers.
    const NvmeDevice& device(VmmSide side) const;
    std::uint64_t events() const;
    Ps now() const;

  private:
    struct Host;
    void build_guest(Workload& workload);
    DirtyTracking* build_tracking();
    void build_vmms();
    void build_media();
    void watch();
    void watch_invariants();
    void come_to_rest();
    void state_loaded(std::uint16_t vf);
    void pin_effects();
    void describe_workload(metrics::Result& result) const;
    void fill_outcome(metrics::Result& result) const;
    void fill_logs(metrics::Result& result) const;
    void fill_devices(metrics::Result& result) const;
    void completed_outcome(metrics::Result& result) const;
    void unfinished_outcome(metrics::Result& result) const;
    std::string failure_text() const;
    void diagnose(const Host& host, std::uint16_t vf);
    std::string check_namespaces() const;
    void use_hybrid_time();
    void fill_fidelity(metrics::Result& result) const;

    Scenario scenario_;
    RunOptions options_;
    Workload& workload_;
    Kernel kernel_;
    std::unique_ptr<Host> source_;
    std::unique_ptr<Host> destination_;
    std::unique_ptr<Guest> guest_;
    std::unique_ptr<DirtyTracking> tracking_;  // nullptr: the driver tracks, or nobody need
    std::unique_ptr<VmmPair> vmms_;
    std::unique_ptr<Director> director_;
    std::unique_ptr<MediaCopy> media_;  // nullptr: nothing is copied
    std::string media_failure_;
    std::unique_ptr<Pins> pins_;  // nullptr: there are none
    std::unique_ptr<Wishes> wishes_;
    std::unique_ptr<Hybrid> hybrid_;  // nullptr: all of it is simulated
    std::string why_exact_;           // although the scenario wants hybrid time
    RunMonitor monitor_;
    RunMeter meter_;
    std::string diagnosis_;  // of the first time-out
    std::uint64_t page_mismatch_ = 0;
    std::uint64_t state_mismatch_ = 0;
};

/// The rules in force, with what the scenario says of them.
RunOptions effective(const Scenario& scenario, RunOptions options);

/// Why the guest of this scenario cannot be laid out in its memory, or nothing.
std::string check_memory(const Scenario& scenario, const Workload& workload);

}  // namespace lmsim::sim
