#pragma once

#include "sim/metrics/vms_result.hpp"

namespace lmsim::sim::metrics {

// What result.json says of several VMs: see result_fields.hpp.

template <class Visitor>
void vm_waits_fields(Visitor& v, const VmWaits& waits) {
    v.time("source_admin_ps", waits.source_admin,
           "its commands for the source's PF queue: from the wish for each to its doorbell, and "
           "for an admin processor");
    v.time("destination_admin_ps", waits.destination_admin, "the same on the destination");
    v.time("link_ps", waits.link, "what its VM sent, for what other VMs sent");
}

template <class Visitor>
void moved_vm_fields(Visitor& v, const MovedVm& vm) {
    const auto time = [](const std::optional<Ps>& at) -> std::optional<std::uint64_t> {
        return at ? std::optional<std::uint64_t>(static_cast<std::uint64_t>(*at)) : std::nullopt;
    };
    v.count("vm", vm.number, "its number");
    v.choice("outcome", EnumNames<Outcome>::names, vm.outcome, "how its migration ended");
    v.text("reason", vm.reason, "one sentence: why");
    v.maybe_count("start_ps", time(vm.start), "its migration begins; null: it never did");
    v.time("total_ps", vm.total, "from there to its end");
    v.maybe_count("blackout_ps", time(vm.blackout), "it stops; null: it never did");
    v.time("downtime_ps", vm.downtime, "so long it stood still");
    v.maybe_count("ready_ps", time(vm.ready),
                  "the last of its VFs works on the destination; null: none does");
    v.count("bytes", vm.bytes, "on the migration channel");
    v.count("rounds", vm.rounds, "of pre-copy");
    v.object("waits", "longest of its VFs, while it stood still; link: the whole migration",
             [&](auto& w) { vm_waits_fields(w, vm.waits); });
    v.time("link_in_downtime_ps", vm.link_in_downtime, "of that of the link, since it stopped");
}

template <class Visitor>
void last_vf_fields(Visitor& v, const LastVf& last) {
    v.count("vm", last.vm, "whose it is");
    v.device("device", last.device, "its index there");
    v.time("ready_ps", last.ready, "it works; the sum of the three that follow");
    v.time("turn_ps", last.turn, "until its VM's migration begins");
    v.time("precopy_ps", last.precopy, "from there until its VM stands still");
    v.time("blackout_ps", last.blackout, "from there until it works");
    v.object("waits", "its own while its VM stood still; link: its VM's, the whole migration",
             [&](auto& w) { vm_waits_fields(w, last.waits); });
    v.time("works_ps", last.works, "so long admin processors worked for it, both sides together");
}

template <class Visitor>
void vms_fields(Visitor& v, const VmsResult& vms) {
    v.count("at_once", vms.at_once, "migrations that may be under way; 0: all");
    v.count("completed", vms.completed, "VMs that run on the destination");
    v.time("total_ps", vms.total, "from the first migration's begin to the last one's end");
    v.time("mean_downtime_ps", vms.mean_downtime, "of the VMs that stood still");
    v.time("worst_downtime_ps", vms.worst_downtime, "of all VMs");
    v.count("worst", vms.worst,
            "the VM that it is of: downtime, vmm, guest, precopy, vfs, devices are its");
    v.list("each", vms.each, "the VMs; times count from the begin of the first migration",
           [](auto& w, const MovedVm& vm) { moved_vm_fields(w, vm); });
    v.optional("last_vf", vms.last, "the VF that was the last to work on the destination",
               [](auto& w, const LastVf& last) { last_vf_fields(w, last); });
}

}  // namespace lmsim::sim::metrics
