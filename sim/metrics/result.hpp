#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/metrics/device_result.hpp"
#include "sim/metrics/dirty_tracking_result.hpp"
#include "sim/metrics/host_result.hpp"
#include "sim/metrics/media_result.hpp"
#include "sim/metrics/part.hpp"
#include "sim/metrics/vf_times.hpp"
#include "sim/metrics/vms_result.hpp"
#include "sim/scenario/run_params.hpp"

namespace lmsim::sim::metrics {

constexpr std::array<std::string_view, 2> time_base_names{"simulated", "wall"};

/// What a second of the result is: simulated, or of the wall clock (a real device takes part).
enum class TimeBase : std::uint8_t { Simulated, Wall };
using sim::Fidelity;

/// The guest's I/O in a window of time. Rates are derived, so that they cannot disagree.
struct GuestWindow {
    Ps duration = 0;
    std::uint64_t commands = 0;  // completed in the window
    std::uint64_t bytes = 0;
    Ps p50 = 0;  // of latency, as all below; meaningless without commands
    Ps p99 = 0;
    Ps p999 = 0;
    Ps max = 0;
    Ps mean = 0;
    Ps p9999 = 0;

    /// What Little's law makes of the two: commands per second times their mean latency.
    double under_way() const;
    /// Rounded to the nearest integer; nothing for a window without duration.
    std::optional<std::uint64_t> iops() const;
    std::optional<std::uint64_t> bytes_per_s() const;
};

/// The guest's I/O in three windows.
struct GuestResult {
    GuestWindow before;  // from the end of the ramp-up to the start of the migration
    GuestWindow during;  // to the end of the migration, blackout included
    GuestWindow after;   // from there to the end of the run
    Ps longest_gap = 0;  // between completions, while the guest had I/O to do
};

/// What came before the guest's work, from the begin of the run; 0: never.
struct BringUpResult {
    Ps source = 0;  // the VFs of that host are online
    Ps destination = 0;
    Ps guest = 0;  // its drivers have their queues
};

/// `parts` sum to `total` exactly; `busy` may overlap and may lie outside.
struct Downtime {
    Ps total = 0;
    std::vector<PartTime> parts;
    std::vector<PartTime> busy;
    Ps begin = 0;       // simulated time at which it began; 0 if it never did
    bool ended = true;  // false: the guest stood still to the end of the run
};

/// What the VMM itself would print.
struct VmmResult {
    std::string name;  // "QEMU 10.1"
    Ps downtime_limit = 0;
    std::optional<std::uint64_t> downtime_ms;              // without the return path
    std::optional<std::uint64_t> downtime_return_path_ms;  // with it
    std::optional<std::uint64_t> setup_ms;  // until the first pass over memory begins
};

/// What went over the migration channel, by kind.
struct BytesSent {
    std::uint64_t ram = 0;           // contents of pages
    std::uint64_t zero_pages = 0;    // what says that a page is zero
    std::uint64_t device_state = 0;  // data of the VFs
    std::uint64_t other = 0;         // headers, framing, the VMM's own devices, return path

    std::uint64_t total() const { return ram + zero_pages + device_state + other; }
};

/// One pass over the dirty memory before the switchover.
struct Round {
    Ps at = 0;                      // its begin
    std::uint64_t dirty_bytes = 0;  // found dirty when it began
    std::uint64_t sent_bytes = 0;   // sent until it ended
};

/// The guest's commands; none may be lost or duplicated.
struct CommandCounts {
    std::uint64_t submitted = 0;
    std::uint64_t completed = 0;
    std::uint64_t lost = 0;        // never completed, on no side
    std::uint64_t duplicated = 0;  // completed again
    std::uint64_t failed = 0;      // completed with an error status
};

/// Each must be 0.
struct Conservation {
    std::uint64_t suspended_activity = 0;  // fetches, writes, interrupts of a suspended VF
    std::uint64_t state_mismatch = 0;      // VFs whose loaded state is not the saved one
    std::uint64_t page_mismatch = 0;       // pages that differ on the destination
    std::uint64_t media_mismatch = 0;      // blocks of copied namespaces that differ there
};

/// An invariant that did not hold.
struct BrokenInvariant {
    std::string id;    // "INV-CMD-01", docs/check.md
    std::string text;  // what should have held
    std::string seen;  // what happened when it fell first
    Ps at = 0;
    std::uint64_t times = 0;
};

/// An order that the scenario asked for.
struct PinResult {
    std::string effect;
    std::string after;
    bool reached = false;
    Ps at = 0;         // of the effect
    Ps held = 0;       // so long it waited
    std::string text;  // why it was not reached
};

/// A fault that the scenario declares: docs/faults.md.
struct FaultResult {
    std::string id;
    std::string what;
    std::string where;            // empty: anywhere
    std::uint64_t occasions = 0;  // on which it could have struck
    std::uint64_t injected = 0;
    std::uint64_t detected = 0;  // of these, somebody has noticed
    std::uint64_t survived = 0;  // of these, the run came through: all of them or none
};

/// What the source's host read of its VFs' logs of user data changes.
struct UserDataLogResult {
    std::uint64_t entries = 0;
    std::uint64_t ranges = 0;       // entries that tell of a change
    std::uint64_t blocks = 0;       // of these: written
    std::uint64_t deallocated = 0;  // of these: blocks that were deallocated
    std::uint64_t whole = 0;        // entries that tell of a whole namespace
    std::uint64_t tail_events = 0;
    std::uint64_t full_events = 0;
    std::uint64_t head_updates = 0;
    std::uint64_t lost = 0;  // times that a VF's log was lost
};

/// What the source's device told of the memory that its VFs wrote.
struct MemoryTrackResult {
    std::uint64_t reports = 0;
    std::uint64_t commands = 0;
    std::uint64_t ranges = 0;
    std::uint64_t pages = 0;
    std::uint64_t failed = 0;
};

/// The admin queue of one side's PF.
struct AdminUse {
    std::uint64_t commands = 0;
    Ps waited = 0;  // from the wish to the doorbell, all commands together
};

/// What the scenario expects, and whether it came.
struct Expectation {
    bool met = true;
    std::string text;  // what was expected; if not met, also what came
};

/// A key of the workload's file that has no meaning here.
struct IgnoredKey {
    std::string key;
    std::string value;
    std::string where;  // "file:line"
};

/// The guest's I/O in words.
struct Workload {
    std::string source;              // "fio job file mixed.fio"
    std::vector<std::string> lines;  // its jobs, a line each
    std::vector<std::string> notes;
};

/// Parts per million of the measured time in which a resource was busy.
struct Utilization {
    std::uint32_t link_up_ppm = 0;
    std::uint32_t link_down_ppm = 0;
    std::uint32_t media_ppm = 0;
    std::uint32_t admin_queue_ppm = 0;
};

/// L = lambda * W over the whole run; `error` is relative (see GuestMeter).
struct LittlesLaw {
    double l = 0;             // mean number of commands under way
    double lambda_per_s = 0;  // completions per second
    double w_ns = 0;          // mean latency
    double error = 0;
};

/// What went by rates instead of being simulated; nothing in an exact run.
struct HybridUse {
    std::string note;  // why the run is more exact than was asked for, or nothing
    std::uint64_t stretches = 0;
    std::uint64_t commands = 0;  // of the guest, counted and not simulated
    Ps skipped = 0;              // simulated time without I/O of the guest
    Ps held = 0;                 // for which the VMM waited until the I/O was steady again
};

/// All that a run has to say, in integers where it can: the table, the report and result.json are
/// printed from this and from nothing else.
struct Result {
    std::string version;
    std::string scenario;
    std::uint64_t seed = 0;
    std::uint64_t trace_hash = 0;
    TimeBase time_base = TimeBase::Simulated;
    bool partial = false;  // interrupted: all figures are those up to there
    Fidelity fidelity = Fidelity::Exact;
    double error_bound = 0;  // relative, of the downtime; 0 when exact
    HybridUse hybrid;
    Outcome outcome = Outcome::Completed;
    std::string reason;  // one sentence: why the outcome is what it is
    Downtime downtime;
    VmmResult vmm;
    Ps total_time = 0;  // from the VMM's command to migrate to the end of the migration
    GuestResult guest;
    BringUpResult bring_up;
    BytesSent bytes;
    std::vector<Round> rounds;
    CommandCounts commands;
    Conservation conservation;
    std::vector<BrokenInvariant> breaches;  // in the order in which they fell
    std::vector<PinResult> pins;            // in the order of the scenario
    std::vector<FaultResult> faults;        // in the order of the scenario
    UserDataLogResult cdq;
    MemoryTrackResult tracking;
    std::vector<MediaResult> media;  // one, if local namespaces were to be copied
    DirtyTrackingResult dirty_tracking;
    std::vector<DeviceResult> devices;  // of other kinds than NVMe
    std::vector<VfTimes> vfs;           // that came to work on the destination
    std::optional<VmsResult> vms;       // of several
    AdminUse source_admin;
    AdminUse destination_admin;
    HostResult host;
    Expectation expectation;
    std::vector<IgnoredKey> ignored;
    Workload workload;
    Utilization source;
    Utilization destination;
    LittlesLaw littles_law;

    /// Nothing lost, duplicated or different, and every invariant held.
    bool conserved() const;
    /// Every order that the scenario asked for was kept.
    bool pins_reached() const;
};

/// A part with all its devices on a side together.
struct PartGroup {
    Part part = Part::Vmm;
    Side side = Side::Source;
    std::vector<Device> devices;  // ascending; empty if it belongs to none
    Ps ps = 0;
};

/// Devices together, in the order of first appearance.
std::vector<PartGroup> part_groups(const std::vector<PartTime>& parts);

/// The groups of the downtime, longest first; ties in the order of the parts.
std::vector<PartGroup> dominant_parts(const Result& result);

/// `ps` of `whole` in parts per million, rounded to the nearest; 0 of nothing.
std::uint32_t share_ppm(Ps ps, Ps whole);

/// The text of result.json: keys in the order of the schema, the same bytes for the same Result.
std::string result_json(const Result& result);

/// The text of the JSON Schema (2020-12) that result_json() follows.
std::string result_schema();

}  // namespace lmsim::sim::metrics
