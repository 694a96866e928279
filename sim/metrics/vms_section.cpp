#include "sim/metrics/vms_section.hpp"

#include <fmt/format.h>

#include "sim/metrics/display.hpp"

namespace lmsim::sim::metrics {

namespace {

std::string time_or_dash(const std::optional<Ps>& at) { return at ? readable_time(*at) : "-"; }

std::string outcome_name(Outcome outcome) {
    return EnumNames<Outcome>::names[static_cast<std::size_t>(outcome)];
}

Section each_section(const VmsResult& vms) {
    const std::string how = vms.at_once == 0   ? "all at once"
                            : vms.at_once == 1 ? "one after the other"
                                               : fmt::format("{} at once", vms.at_once);
    Section section{
        fmt::format("VMs: {} of {} moved in {}, {}; downtime {} on average, {} at most",
                    vms.completed, vms.each.size(), readable_time(vms.total), how,
                    readable_time(vms.mean_downtime), readable_time(vms.worst_downtime)),
        {{{"VM", right},
          {"outcome"},
          {"start", right},
          {"took", right},
          {"downtime", right},
          {"sent", right},
          {"waited: admin, source", right},
          {"destination", right},
          {"link", right},
          {"in the downtime", right}},
         {}}};
    for (const MovedVm& vm : vms.each) {
        section.table.rows.push_back(
            {fmt::format("{}", vm.number), outcome_name(vm.outcome), time_or_dash(vm.start),
             readable_time(vm.total), readable_time(vm.downtime), readable_bytes(vm.bytes),
             readable_time(vm.waits.source_admin), readable_time(vm.waits.destination_admin),
             readable_time(vm.waits.link), readable_time(vm.link_in_downtime)});
    }
    return section;
}

Section last_section(const LastVf& last) {
    Section section{fmt::format("The last VF: {} of VM {}, after {}", last.device, last.vm,
                                readable_time(last.ready)),
                    {{{""}, {"time", right}}, {}}};
    section.table.rows = {
        {"until its VM's migration began", readable_time(last.turn)},
        {"pre-copy", readable_time(last.precopy)},
        {"its VM stood still", readable_time(last.blackout)},
        {"of these it waited: admin queue, source", readable_time(last.waits.source_admin)},
        {"admin queue, destination", readable_time(last.waits.destination_admin)},
        {"link, its whole VM", readable_time(last.waits.link)},
        {"admin processors worked for it", readable_time(last.works)},
    };
    return section;
}

}  // namespace

std::vector<Section> vms_sections(const Result& result) {
    std::vector<Section> all;
    if (result.vms) {
        all.push_back(each_section(*result.vms));
        if (result.vms->last) {
            all.push_back(last_section(*result.vms->last));
        }
    }
    return all;
}

}  // namespace lmsim::sim::metrics
