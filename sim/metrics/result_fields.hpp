#pragma once

#include "sim/core/schemas.hpp"
#include "sim/metrics/host_fields.hpp"
#include "sim/metrics/media_fields.hpp"
#include "sim/metrics/result.hpp"
#include "sim/metrics/vms_fields.hpp"

namespace lmsim::sim::metrics {

// The one list of what stands in result.json, in its order. A visitor that is given values writes
// the file; one that ignores them writes the schema.

template <class Visitor>
void part_time_fields(Visitor& v, const PartTime& part) {
    v.choice("name", part_names, part.label.part, "what the time was spent on");
    v.choice("side", side_names, part.label.side, "where");
    v.device("device", part.label.device, "index of the VF, or of a device after them; null: none");
    v.time("ps", part.ps, "how long");
}

template <class Visitor>
void part_group_fields(Visitor& v, const std::pair<PartGroup, Ps>& group) {
    v.choice("name", part_names, group.first.part, "the part");
    v.choice("side", side_names, group.first.side, "where");
    v.count("devices", group.first.devices.size(), "how many devices it is the sum of");
    v.time("ps", group.first.ps, "how long");
    v.share("share", share_ppm(group.first.ps, group.second), "of the total");
}

template <class Visitor>
void downtime_fields(Visitor& v, const Result& result) {
    const Downtime& downtime = result.downtime;
    std::vector<std::pair<PartGroup, Ps>> dominant;
    for (PartGroup& group : dominant_parts(result)) {
        dominant.emplace_back(std::move(group), downtime.total);
    }
    v.time("total_ps", downtime.total,
           "the blackout: from the earlier of vCPUs stop and first VF stops fetching to the later "
           "of vCPUs run and every VF fetches and can interrupt");
    v.time("begin_ps", downtime.begin, "simulated time of its begin");
    v.flag("ended", downtime.ended,
           "false: it lasted to the end of the run, and total_ps is only how long that was");
    v.list("parts", downtime.parts,
           "its division along the critical path; sums to total_ps exactly",
           [](auto& w, const PartTime& part) { part_time_fields(w, part); });
    v.list("dominant", dominant, "the parts with their devices together, longest first",
           [](auto& w, const std::pair<PartGroup, Ps>& group) { part_group_fields(w, group); });
    v.list("busy", downtime.busy, "who was busy for how long; may overlap",
           [](auto& w, const PartTime& part) { part_time_fields(w, part); });
}

template <class Visitor>
void vmm_fields(Visitor& v, const VmmResult& vmm) {
    v.text("name", vmm.name, "whose algorithm decided");
    v.time("downtime_limit_ps", vmm.downtime_limit, "what it was allowed to take");
    v.maybe_count("downtime_ms", vmm.downtime_ms,
                  "the downtime it would print without return path");
    v.maybe_count("downtime_return_path_ms", vmm.downtime_return_path_ms,
                  "the downtime it would print with the return path");
    v.maybe_count("setup_ms", vmm.setup_ms,
                  "the set-up it would print: until the first pass over memory begins");
}

template <class Visitor>
void window_fields(Visitor& v, const GuestWindow& window) {
    const auto latency = [&window](Ps ps) -> std::optional<std::uint64_t> {
        if (window.commands == 0) return std::nullopt;
        return (static_cast<std::uint64_t>(ps) + 500) / 1000;
    };
    v.time("duration_ps", window.duration, "length of the window");
    v.count("commands", window.commands, "completed in it");
    v.count("bytes", window.bytes, "of their data");
    v.maybe_count("iops", window.iops(), "commands per second");
    v.maybe_count("bytes_per_s", window.bytes_per_s(), "bytes per second");
    v.maybe_count("p50_ns", latency(window.p50), "median latency, within 1/128");
    v.maybe_count("p99_ns", latency(window.p99), "99th percentile, within 1/128");
    v.maybe_count("p999_ns", latency(window.p999), "99.9th percentile, within 1/128");
    v.maybe_count("max_ns", latency(window.max), "longest latency, exact");
    v.maybe_count("p9999_ns", latency(window.p9999), "99.99th percentile, within 1/128");
    v.maybe_count("mean_ns", latency(window.mean), "mean latency, exact");
    v.number("under_way", window.under_way(),
             "commands per second times mean latency: how many were under way (Little's law)");
}

template <class Visitor>
void guest_fields(Visitor& v, const GuestResult& guest) {
    v.object("before", "from the end of the warm-up's ramp to the begin of the migration",
             [&](auto& w) { window_fields(w, guest.before); });
    v.object("during", "to the end of the migration, blackout included",
             [&](auto& w) { window_fields(w, guest.during); });
    v.object("after", "from there to the end of the run",
             [&](auto& w) { window_fields(w, guest.after); });
    v.time("longest_gap_ps", guest.longest_gap,
           "longest time between completions while the guest had I/O to do");
}

template <class Visitor>
void bytes_fields(Visitor& v, const BytesSent& bytes) {
    v.count("ram", bytes.ram, "contents of pages");
    v.count("zero_pages", bytes.zero_pages, "to say that pages are zero");
    v.count("device_state", bytes.device_state, "data of the VFs");
    v.count("other", bytes.other, "headers, framing, the VMM's own devices, return path");
    v.count("total", bytes.total(), "sum of the four");
}

template <class Visitor>
void precopy_fields(Visitor& v, const std::vector<Round>& rounds) {
    v.count("rounds", rounds.size(), "passes over dirty memory before the switchover");
    v.list("each", rounds, "the rounds in order", [](auto& w, const Round& round) {
        w.time("t_ps", round.at, "simulated time of its begin");
        w.count("dirty_bytes", round.dirty_bytes, "found dirty when it began");
        w.count("sent_bytes", round.sent_bytes, "sent until it ended");
    });
}

template <class Visitor>
void check_fields(Visitor& v, const Result& result) {
    v.object("commands", "of the guest", [&](auto& w) {
        w.count("submitted", result.commands.submitted, "doorbells rang for them");
        w.count("completed", result.commands.completed, "completed, on either side");
        w.count("lost", result.commands.lost, "never completed, on no side; must be 0");
        w.count("duplicated", result.commands.duplicated, "completed again; must be 0");
        w.count("failed", result.commands.failed, "completed with an error status; must be 0");
    });
    v.object("conservation", "each must be 0", [&](auto& w) {
        w.count("suspended_activity", result.conservation.suspended_activity,
                "fetches, writes and interrupts of a suspended VF");
        w.count("state_mismatch", result.conservation.state_mismatch,
                "VFs whose loaded state is not the saved one, byte for byte");
        w.count("page_mismatch", result.conservation.page_mismatch,
                "pages that differ on the destination");
        w.count("media_mismatch", result.conservation.media_mismatch,
                "blocks of copied namespaces that differ on the destination");
    });
    v.list("broken_invariants", result.breaches,
           "invariants that did not hold (docs/check.md), in the order in which they fell; must be "
           "empty",
           [](auto& w, const BrokenInvariant& breach) {
               w.text("id", breach.id, "of the invariant");
               w.text("text", breach.text, "what should have held");
               w.text("seen", breach.seen, "what happened when it fell first");
               w.time("t_ps", breach.at, "simulated time of that");
               w.count("times", breach.times, "how often it fell");
           });
    v.list("pins", result.pins, "orders of effects that the scenario asked for (docs/explore.md)",
           [](auto& w, const PinResult& pin) {
               w.text("effect", pin.effect, "what had to wait, or was done then");
               w.text("after", pin.after, "what it waited for");
               w.flag("reached", pin.reached, "it happened after that; must be true");
               w.time("t_ps", pin.at, "simulated time of the effect; 0 if it never came");
               w.time("held_ps", pin.held, "so long it waited");
               w.text("text", pin.text, "why it was not reached");
           });
    v.list("faults", result.faults, "what went wrong, as the scenario says (docs/faults.md)",
           [](auto& w, const FaultResult& fault) {
               w.text("id", fault.id, "of its class");
               w.text("what", fault.what, "its class");
               w.text("where", fault.where, "as declared; empty: anywhere");
               w.count("occasions", fault.occasions, "on which it could have struck");
               w.count("injected", fault.injected, "it struck");
               w.count("detected", fault.detected, "of these, somebody noticed something");
               w.count("survived", fault.survived,
                       "of these, nothing was lost and all came to rest: all or none of a run");
           });
    v.object("littles_law", "L = lambda * W over the run", [&](auto& w) {
        w.number("l", result.littles_law.l, "mean number of commands under way");
        w.number("lambda_per_s", result.littles_law.lambda_per_s, "completions per second");
        w.number("w_ns", result.littles_law.w_ns, "mean latency");
        w.number("error", result.littles_law.error, "relative difference of the two sides");
    });
}

template <class Visitor>
void log_fields(Visitor& v, const Result& result) {
    v.object("cdq", "the logs of user data changes that the source's host kept", [&](auto& w) {
        const UserDataLogResult& log = result.cdq;
        w.count("entries", log.entries, "read from the VFs' queues");
        w.count("ranges", log.ranges, "of these, those that tell of a change");
        w.count("blocks", log.blocks, "written, as these tell; a block counts each time");
        w.count("deallocated", log.deallocated, "blocks deallocated, as these tell");
        w.count("whole", log.whole, "entries that tell of a whole namespace");
        w.count("tail_events", log.tail_events, "CDQ Tail Pointer events");
        w.count("full_events", log.full_events, "CDQ Full Error events");
        w.count("head_updates", log.head_updates, "Set Features 21h");
        w.count("lost", log.lost, "times that a log had a gap: all is copied again");
    });
    v.object("tracking", "of memory by the source's device", [&](auto& w) {
        const MemoryTrackResult& tracking = result.tracking;
        w.count("reports", tracking.reports, "asked for, of single VFs");
        w.count("commands", tracking.commands, "Track Receive commands for them");
        w.count("ranges", tracking.ranges, "in the reports");
        w.count("pages", tracking.pages, "of 4 KiB that these name");
        w.count("failed", tracking.failed, "reports that failed: all memory counted as written");
    });
    v.list("vfs", first_median_last(result.vfs),
           "the first VF that works on the destination, the one in the middle and the last",
           [](auto& w, const VfOrder& one) {
               w.text("place", std::string(one.place), "first, median or last");
               w.device("device", one.vf.device, "index of the VF");
               w.time("stopped_ps", one.vf.stopped, "it stops; from the begin of the blackout");
               w.time("ready_ps", one.vf.ready, "it works; from the begin of the blackout");
               w.time("waited_ps", one.vf.waited,
                      "its commands, from the wish for each to its doorbell, on both sides");
           });
    v.object("admin", "the admin queues of the PFs", [&](auto& w) {
        const auto side = [](auto& x, const AdminUse& use) {
            x.count("commands", use.commands, "submitted, boot included");
            x.time("waited_ps", use.waited, "from the wish for a command to its doorbell, in all");
        };
        w.object("source", "of the source", [&](auto& x) { side(x, result.source_admin); });
        w.object("destination", "of the destination",
                 [&](auto& x) { side(x, result.destination_admin); });
    });
}

template <class Visitor>
void utilization_fields(Visitor& v, const Utilization& side) {
    v.share("link_up", side.link_up_ppm, "PCIe link, device to host");
    v.share("link_down", side.link_down_ppm, "PCIe link, host to device");
    v.share("media", side.media_ppm, "media channels");
    v.share("admin_queue", side.admin_queue_ppm, "the PF's admin command processor");
}

template <class Visitor>
void workload_fields(Visitor& v, const Result& result) {
    v.object("workload", "the guest's I/O in words", [&](auto& w) {
        w.text("source", result.workload.source, "where it comes from");
        w.texts("lines", result.workload.lines, "its jobs");
        w.texts("notes", result.workload.notes, "what to know about it");
    });
    v.list("ignored", result.ignored, "keys of the workload's file that have no meaning here",
           [](auto& w, const IgnoredKey& key) {
               w.text("key", key.key, "the key");
               w.text("value", key.value, "its value");
               w.text("where", key.where, "file:line");
           });
}

template <class Visitor>
void identity_fields(Visitor& v, const Result& result) {
    v.constant("schema", schema::Result, "name and version of this format");
    v.text("version", result.version, "of lmsim");
    v.text("scenario", result.scenario, "its name");
    v.count("seed", result.seed, "of all random streams");
    v.hash("trace_hash", result.trace_hash, "equal runs have equal hashes");
    v.choice("time_base", time_base_names, result.time_base, "what a second is");
    v.flag("partial", result.partial, "interrupted: all figures are those up to there");
    v.choice("fidelity", EnumNames<Fidelity>::names, result.fidelity,
             "how exactly time was simulated");
    v.number("error_bound", result.error_bound, "relative, of the downtime; 0 when exact");
    v.object("hybrid", "what went by rates instead of being simulated", [&](auto& w) {
        w.text("note", result.hybrid.note,
               "why the run is more exact than was asked for, or empty");
        w.count("stretches", result.hybrid.stretches, "of time without I/O of the guest");
        w.count("commands", result.hybrid.commands, "of the guest, counted and not simulated");
        w.time("skipped_ps", result.hybrid.skipped, "all these stretches together");
        w.time("held_ps", result.hybrid.held,
               "for which the VMM waited until the I/O was steady again; in no other figure");
    });
}

template <class Visitor>
void result_fields(Visitor& v, const Result& result) {
    identity_fields(v, result);
    v.choice("outcome", EnumNames<Outcome>::names, result.outcome, "how the migration ended");
    v.text("reason", result.reason, "one sentence: why");
    v.object("expectation", "what the scenario expects", [&](auto& w) {
        w.flag("met", result.expectation.met, "whether it came so");
        w.text("text", result.expectation.text, "what was expected and, if not met, what came");
    });
    v.object("downtime", "how long the guest stood still, and why",
             [&](auto& w) { downtime_fields(w, result); });
    v.object("vmm", "what the VMM would print", [&](auto& w) { vmm_fields(w, result.vmm); });
    v.time("total_time_ps", result.total_time, "from the command to migrate to its end");
    v.object("guest", "the guest's I/O", [&](auto& w) { guest_fields(w, result.guest); });
    v.object("bring_up", "when all was ready to begin with", [&](auto& w) {
        w.time("source_ps", result.bring_up.source, "the source's VFs were online");
        w.time("destination_ps", result.bring_up.destination, "the destination's VFs were online");
        w.time("guest_ps", result.bring_up.guest, "the guest's drivers had their queues");
    });
    v.object("bytes", "on the migration channel", [&](auto& w) { bytes_fields(w, result.bytes); });
    v.object("precopy", "before the switchover",
             [&](auto& w) { precopy_fields(w, result.rounds); });
    v.optional("vms", result.vms, "several VMs; only if there are",
               [](auto& w, const VmsResult& vms) { vms_fields(w, vms); });
    check_fields(v, result);
    log_fields(v, result);
    media_fields(v, result.media);
    device_fields(v, result.devices);
    dirty_tracking_fields(v, result.dirty_tracking);
    v.object("host", "where the logic of the migration lived, and what that took",
             [&](auto& w) { host_fields(w, result.host); });
    v.object("utilization", "of the measured time", [&](auto& w) {
        w.object("source", "the source's device",
                 [&](auto& x) { utilization_fields(x, result.source); });
        w.object("destination", "the destination's device",
                 [&](auto& x) { utilization_fields(x, result.destination); });
    });
    workload_fields(v, result);
}

}  // namespace lmsim::sim::metrics
