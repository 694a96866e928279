#include "sim/run/vms_result.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace lmsim::sim {

namespace {

constexpr std::size_t source = 0;
constexpr std::size_t destination = 1;

/// What all had to do until then: the worse an outcome, the later it stands here.
int severity(Outcome outcome) {
    switch (outcome) {
        case Outcome::Completed: return 0;
        case Outcome::Cancelled: return 1;
        case Outcome::NotConverged: return 2;
        case Outcome::Failed: return 3;
    }
    return 3;
}

void add_commands(const metrics::CommandCounts& more, metrics::CommandCounts& sum) {
    sum.submitted += more.submitted;
    sum.completed += more.completed;
    sum.lost += more.lost;
    sum.duplicated += more.duplicated;
    sum.failed += more.failed;
}

void add_counts(const metrics::Result& more, metrics::Result& sum) {
    add_commands(more.commands, sum.commands);
    sum.bytes.ram += more.bytes.ram;
    sum.bytes.zero_pages += more.bytes.zero_pages;
    sum.bytes.device_state += more.bytes.device_state;
    sum.bytes.other += more.bytes.other;
    sum.conservation.suspended_activity += more.conservation.suspended_activity;
    sum.conservation.state_mismatch += more.conservation.state_mismatch;
    sum.conservation.page_mismatch += more.conservation.page_mismatch;
    sum.tracking.reports += more.tracking.reports;
    sum.tracking.commands += more.tracking.commands;
    sum.tracking.ranges += more.tracking.ranges;
    sum.tracking.pages += more.tracking.pages;
    sum.tracking.failed += more.tracking.failed;
    sum.dirty_tracking.reports += more.dirty_tracking.reports;
    sum.dirty_tracking.granules += more.dirty_tracking.granules;
    sum.dirty_tracking.pages += more.dirty_tracking.pages;
    sum.dirty_tracking.time += more.dirty_tracking.time;
}

/// The outcome of all is the worst of one.
void sum_up_outcomes(const std::vector<metrics::Result>& each, metrics::Result& all) {
    const auto worst = std::max_element(each.begin(), each.end(),
                                        [](const metrics::Result& a, const metrics::Result& b) {
                                            return severity(a.outcome) < severity(b.outcome);
                                        });
    all.outcome = worst->outcome;
    all.partial = worst->partial;
    const auto completed = std::count_if(each.begin(), each.end(), [](const metrics::Result& one) {
        return one.outcome == Outcome::Completed;
    });
    all.vms->completed = static_cast<std::uint32_t>(completed);
    if (all.outcome == Outcome::Completed) {
        all.reason = fmt::format("all {} VMs run on the destination", each.size());
    } else {
        all.reason = fmt::format("{} of {} VMs run on the destination; VM {}: {}", completed,
                                 each.size(), worst - each.begin(), worst->reason);
    }
}

metrics::VmWaits waits_of(const Vm& vm, std::uint16_t vf) {
    const VfMeter& meter = vm.meter.vfs();
    return {meter.waits(source, vf).waited(), meter.waits(destination, vf).waited(),
            vm.vmms->channel().waited};
}

metrics::MovedVm moved(const Vm& vm, const metrics::Result& result, Ps begin) {
    metrics::MovedVm moved;
    moved.number = vm.number;
    moved.outcome = result.outcome;
    moved.reason = result.reason;
    moved.total = result.total_time;
    moved.downtime = result.downtime.total;
    moved.bytes = result.bytes.total();
    moved.rounds = result.rounds.size();
    moved.waits.link = vm.vmms->channel().waited;
    moved.link_in_downtime = vm.meter.link_waited();
    if (vm.began != 0) {
        moved.start = vm.began - begin;
    }
    if (vm.meter.downtime().blackout().begun()) {
        moved.blackout = result.downtime.begin - begin;
    }
    for (std::uint16_t vf = 0; vf < vm.at(VmmSide::Source).vfs.size(); ++vf) {
        const metrics::VmWaits waits = waits_of(vm, vf);
        moved.waits.source_admin = std::max(moved.waits.source_admin, waits.source_admin);
        moved.waits.destination_admin =
            std::max(moved.waits.destination_admin, waits.destination_admin);
    }
    for (const metrics::VfTimes& vf : result.vfs) {
        const Ps ready = *moved.blackout + vf.ready;
        moved.ready = std::max(moved.ready.value_or(ready), ready);
    }
    return moved;
}

metrics::LastVf last_of(const Vm& vm, const metrics::MovedVm& moved,
                        const metrics::Result& result) {
    const auto vf =
        std::max_element(result.vfs.begin(), result.vfs.end(),
                         [](const auto& a, const auto& b) { return a.ready < b.ready; });
    const auto number = static_cast<std::uint16_t>(vf->device);
    const VfMeter& meter = vm.meter.vfs();
    metrics::LastVf last;
    last.vm = moved.number;
    last.device = vf->device;
    last.ready = *moved.ready;
    last.turn = *moved.start;
    last.precopy = *moved.blackout - last.turn;
    last.blackout = vf->ready;
    last.waits = waits_of(vm, number);
    last.works = meter.waits(source, number).works + meter.waits(destination, number).works;
    return last;
}

}  // namespace

metrics::Result together(const std::vector<std::unique_ptr<Vm>>& vms,
                         std::vector<metrics::Result> each, std::uint32_t at_once) {
    const auto longest = std::max_element(each.begin(), each.end(),
                                          [](const metrics::Result& a, const metrics::Result& b) {
                                              return a.downtime.total < b.downtime.total;
                                          });
    metrics::Result all = *longest;
    metrics::VmsResult& found = all.vms.emplace();
    found.at_once = at_once;
    found.worst = static_cast<std::uint32_t>(longest - each.begin());
    found.worst_downtime = longest->downtime.total;
    all.breaches.clear();
    const Ps begin = vms.front()->began;
    Ps end = begin;
    Ps downtimes = 0;
    Ps stood_still = 0;  // VMs
    for (std::size_t i = 0; i < each.size(); ++i) {
        if (static_cast<std::uint32_t>(i) != found.worst) {
            add_counts(each[i], all);
        }
        for (metrics::BrokenInvariant breach : each[i].breaches) {
            breach.seen = fmt::format("VM {}: {}", i, breach.seen);
            all.breaches.push_back(std::move(breach));
        }
        found.each.push_back(moved(*vms[i], each[i], begin));
        const metrics::MovedVm& one = found.each.back();
        downtimes += one.downtime;
        stood_still += one.downtime != 0 ? 1 : 0;
        end = std::max(end, vms[i]->began + one.total);
        if (one.ready && (!found.last || *one.ready > found.last->ready)) {
            found.last = last_of(*vms[i], one, each[i]);
        }
    }
    found.total = end - begin;
    found.mean_downtime = downtimes / std::max<Ps>(1, stood_still);
    all.total_time = found.total;
    sum_up_outcomes(each, all);
    return all;
}

}  // namespace lmsim::sim
