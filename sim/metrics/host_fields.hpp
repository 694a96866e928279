#pragma once

#include "sim/metrics/host_result.hpp"

namespace lmsim::sim::metrics {

// The part `host` of result.json, see result_fields.hpp.

template <class Visitor>
void host_use_fields(Visitor& v, const HostUse& use) {
    v.object("system_calls", "of the VMM and of programs beside it, by interface", [&](auto& w) {
        w.count("vfio", use.vfio_calls, "of VFIO devices, DMA logging and interrupts included");
        w.count("data", use.data_calls, "read() and write() of a data_fd");
        w.count("passthrough", use.passthrough, "admin commands by ioctl()");
        w.count("cdq", use.cdq_calls, "to make, delete and read() Controller Data Queues");
        w.count("total", use.system_calls(), "sum of the four");
    });
    v.object("wake_ups", "of threads that slept", [&](auto& w) {
        w.count("commands", use.commands_waited, "by the completion of an admin command");
        w.count("events", use.events, "by an eventfd");
        w.count("messages", use.messages, "by another process");
        w.count("total", use.wake_ups(), "sum of the three");
    });
    v.count("copied_out", use.copied_out, "bytes copied by the kernel to a process");
    v.count("copied_in", use.copied_in, "bytes copied by the kernel from a process");
    v.count("pinned_pages", use.pinned_pages,
            "pages of processes pinned: for commands in turn, for queues at once");
    v.object("admin", "commands of the migration on the PF's queue; boot does not count",
             [&](auto& w) {
                 w.count("commands", use.commands, "submitted");
                 w.time("waited_ps", use.waited, "from the wish to the doorbell, in all");
                 w.time("mean_wait_ps", use.mean_wait(), "the same, of one command");
                 w.time("longest_wait_ps", use.longest_wait, "of the one that waited longest");
             });
}

template <class Visitor>
void host_fields(Visitor& v, const HostResult& host) {
    v.choice("architecture", host::architecture_names, host.architecture,
             "who drove the migration of the VFs");
    v.choice("cdq", host::cdq_place_names, host.cdq,
             "who had the queues of user data changes, if there were any");
    v.object("source", "what it took on the source",
             [&](auto& w) { host_use_fields(w, host.source); });
    v.object("destination", "what it took on the destination",
             [&](auto& w) { host_use_fields(w, host.destination); });
    v.list("access", host.access, "who can reach what", [](auto& w, const host::Grant& grant) {
        w.choice("party", host::party_names, grant.party, "who");
        w.choice("asset", host::asset_names, grant.asset, "what");
        w.choice("access", host::access_names, grant.access, "how");
        w.text("why", std::string(grant.why), "why, or how");
        w.text("source", std::string(grant.source), "who says so");
    });
    v.list("cannot", host.cannot, "what the architecture cannot do",
           [](auto& w, const host::Lack& lack) {
               w.text("what", std::string(lack.what), "what it does not have");
               w.text("why", std::string(lack.why), "why");
               w.text("source", std::string(lack.source), "who says so");
           });
    v.list("left_out", host.left_out, "what the scenario asked for and did not get",
           [](auto& w, const LeftOut& left) {
               w.text("key", left.path, "of the scenario");
               w.text("text", left.text, "what became of it");
           });
}

}  // namespace lmsim::sim::metrics
