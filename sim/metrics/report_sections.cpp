#include "sim/metrics/report_sections.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/metrics/display.hpp"

namespace lmsim::sim::metrics {
namespace {

constexpr std::size_t devices_in_full = 8;

std::string ms(Ps ps) { return decimal(static_cast<std::uint64_t>(ps), 1'000'000'000, 3); }

std::vector<std::string> part_row(std::string part, Side side, std::string device, Ps ps,
                                  Ps total) {
    return {std::move(part), std::string(name(side)), std::move(device), ms(ps),
            readable_share(share_ppm(ps, total))};
}

std::string rate(std::optional<std::uint64_t> value) {
    return value ? fmt::format("{}", *value) : "-";
}

std::vector<std::string> window_row(const char* name, const GuestWindow& window) {
    const auto latency = [&](Ps ps) {
        return window.commands == 0 ? std::string("-") : readable_time(ps);
    };
    const auto bytes = window.bytes_per_s();
    return {name,
            readable_time(window.duration),
            fmt::format("{}", window.commands),
            rate(window.iops()),
            bytes ? readable_bytes(*bytes) + "/s" : "-",
            latency(window.p50),
            latency(window.p99),
            latency(window.p999),
            latency(window.max)};
}

std::string vmm_text(const VmmResult& vmm) {
    if (!vmm.downtime_ms && !vmm.downtime_return_path_ms) return "no downtime";
    if (!vmm.downtime_ms) {
        return fmt::format("{} ms, with the return path", *vmm.downtime_return_path_ms);
    }
    if (!vmm.downtime_return_path_ms) {
        return fmt::format("{} ms, without the return path", *vmm.downtime_ms);
    }
    return fmt::format("{} ms, or {} ms with the return path", *vmm.downtime_ms,
                       *vmm.downtime_return_path_ms);
}

std::string counts_text(const CommandCounts& commands) {
    std::string text =
        fmt::format("{} submitted, {} completed, {} lost, {} duplicated", commands.submitted,
                    commands.completed, commands.lost, commands.duplicated);
    if (commands.failed != 0) {
        text += fmt::format(", {} ended in errors", commands.failed);
    }
    const std::uint64_t ended = commands.completed + commands.lost;
    if (commands.submitted > ended) {
        text += fmt::format(", {} under way at the end", commands.submitted - ended);
    }
    return text;
}

}  // namespace

// So many that a table of all of them helps nobody.
constexpr std::size_t many_vfs = 16;

Section downtime_section(const Result& result, Detail detail) {
    const Downtime& downtime = result.downtime;
    Section section{"Downtime",
                    {{{"part"}, {"side"}, {"device"}, {"ms", right}, {"share", right}}, {}}};
    auto& rows = section.table.rows;
    std::vector<PartGroup> groups = part_groups(downtime.parts);
    const std::size_t most_in_full = detail == Detail::EachDevice ? devices_in_full : 1;
    for (const PartTime& part : downtime.parts) {
        const Label& label = part.label;
        const auto group = std::find_if(groups.begin(), groups.end(), [&](const PartGroup& g) {
            return g.part == label.part && g.side == label.side;
        });
        if (group == groups.end()) continue;  // printed already
        const std::string part_name(name(label.part));
        if (group->devices.size() > most_in_full) {
            const char* const kind = result.devices.empty() ? "VFs" : "devices";
            rows.push_back(
                part_row(fmt::format("{} ({} {})", part_name, group->devices.size(), kind),
                         label.side, "", group->ps, downtime.total));
            groups.erase(group);
            continue;
        }
        rows.push_back(
            part_row(part_name, label.side,
                     label.device == no_device ? "" : device_text(result.devices, label.device),
                     part.ps, downtime.total));
    }
    rows.push_back({"total", "", "", ms(downtime.total),
                    readable_share(share_ppm(downtime.total, downtime.total))});
    return section;
}

Section figures_section(const Result& result) {
    Section section{"Beside it", {{{""}, {""}}, {}}};
    const std::string vmm = result.vmm.name.empty() ? "the VMM" : result.vmm.name;
    section.table.rows = {
        {vmm + " would print", vmm_text(result.vmm)},
        {"longest gap of guest I/O", readable_time(result.guest.longest_gap)},
        {"total time", readable_time(result.total_time)},
        {"pre-copy", plural(result.rounds.size(), "round")},
    };
    if (result.vfs.size() >= many_vfs) {
        std::string text;
        for (const VfOrder& one : first_median_last(result.vfs)) {
            text += fmt::format("{}{} (VF {}) after {}", text.empty() ? "" : ", ", one.place,
                                one.vf.device, readable_time(one.vf.ready));
        }
        section.table.rows.push_back({"VFs work again", text});
    }
    return section;
}

Section guest_section(const Result& result) {
    const GuestResult& guest = result.guest;
    return {"Guest I/O",
            {{{"migration"},
              {"time", right},
              {"commands", right},
              {"IOPS", right},
              {"bandwidth", right},
              {"p50", right},
              {"p99", right},
              {"p99.9", right},
              {"max", right}},
             {window_row("before", guest.before), window_row("during", guest.during),
              window_row("after", guest.after)}}};
}

Section bytes_section(const Result& result) {
    const auto row = [](const char* kind, std::uint64_t bytes) {
        return std::vector<std::string>{kind, readable_bytes(bytes), fmt::format("{}", bytes)};
    };
    return {"Sent over the channel",
            {{{"kind"}, {"size", right}, {"bytes", right}},
             {row("RAM", result.bytes.ram), row("zero pages", result.bytes.zero_pages),
              row("device state", result.bytes.device_state), row("other", result.bytes.other),
              row("total", result.bytes.total())}}};
}

Section logs_section(const Result& result) {
    const UserDataLogResult& log = result.cdq;
    const MemoryTrackResult& tracking = result.tracking;
    Section section{"Logs of the source", {{{""}, {""}}, {}}};
    if (log.entries != 0) {
        section.table.rows.push_back(
            {"user data", fmt::format("{} entries: {} blocks written, {} deallocated; {} head "
                                      "updates, {} events",
                                      log.entries, log.blocks, log.deallocated, log.head_updates,
                                      log.tail_events + log.full_events)});
        section.table.rows.push_back(
            {"", log.lost == 0
                     ? "no log has a gap"
                     : fmt::format("LOST {} times: all has to be copied again", log.lost)});
    }
    if (tracking.reports != 0) {
        section.table.rows.push_back(
            {"memory", fmt::format("{} reports in {} commands: {} pages in {} ranges; {} failed",
                                   tracking.reports, tracking.commands, tracking.pages,
                                   tracking.ranges, tracking.failed)});
    }
    if (!section.table.rows.empty()) {
        section.table.rows.push_back(
            {"admin queue",
             fmt::format("{} commands waited {} in all", result.source_admin.commands,
                         readable_time(result.source_admin.waited))});
    }
    return section;
}

/// The first that fell: what follows may be its consequence.
std::vector<std::string> invariant_row(const Result& result) {
    if (result.breaches.empty()) {
        return {"invariants", "ok", "all of lmsim check hold"};
    }
    const BrokenInvariant& first = result.breaches.front();
    const std::size_t others = result.breaches.size() - 1;
    return {"invariants", "FAILED",
            fmt::format("{} at {}: {}; {}{}", first.id, readable_time(first.at), first.seen,
                        first.text, others == 0 ? "" : fmt::format(" ({} more)", others))};
}

/// The first that was not reached: the others may be its consequence.
std::vector<std::string> pins_row(const Result& result) {
    const auto missed = std::find_if(result.pins.begin(), result.pins.end(),
                                     [](const PinResult& pin) { return !pin.reached; });
    if (missed == result.pins.end()) {
        return {"pins", "ok", fmt::format("{} reached", result.pins.size())};
    }
    const auto reached = std::count_if(result.pins.begin(), result.pins.end(),
                                       [](const PinResult& pin) { return pin.reached; });
    return {"pins", "FAILED",
            fmt::format("{} of {} reached; {}", reached, result.pins.size(), missed->text)};
}

Section checks_section(const Result& result) {
    const CommandCounts& commands = result.commands;
    const Conservation& conservation = result.conservation;
    const auto verdict = [](bool good) { return std::string(good ? "ok" : "FAILED"); };
    const bool counts = commands.lost == 0 && commands.duplicated == 0;
    Section section{"Checks", {{{""}, {""}, {""}}, {}}};
    section.table.rows = {
        {"commands", verdict(counts), counts_text(commands)},
        {"suspended VFs", verdict(conservation.suspended_activity == 0),
         fmt::format("fetches, writes and interrupts while suspended: {}",
                     conservation.suspended_activity)},
        {"device state", verdict(conservation.state_mismatch == 0),
         fmt::format("VFs that loaded other than was saved: {}", conservation.state_mismatch)},
        {"memory", verdict(conservation.page_mismatch == 0),
         fmt::format("pages that differ on the destination: {}", conservation.page_mismatch)},
        {"Little's law", fmt::format("{:.4f} %", result.littles_law.error * 100),
         fmt::format("{:.2f} under way, {:.0f} completions/s, {:.2f} us each", result.littles_law.l,
                     result.littles_law.lambda_per_s, result.littles_law.w_ns / 1000)},
    };
    section.table.rows.insert(section.table.rows.end() - 1, invariant_row(result));
    if (!result.pins.empty()) {
        section.table.rows.insert(section.table.rows.end() - 1, pins_row(result));
    }
    return section;
}

Section faults_section(const Result& result) {
    Section section{"Faults",
                    {{{"class"},
                      {"where"},
                      {"occasions", right},
                      {"injected", right},
                      {"detected", right},
                      {"survived", right}},
                     {}}};
    for (const FaultResult& fault : result.faults) {
        section.table.rows.push_back(
            {fault.what, fault.where.empty() ? "anywhere" : fault.where,
             fmt::format("{}", fault.occasions), fmt::format("{}", fault.injected),
             fmt::format("{}", fault.detected), fmt::format("{}", fault.survived)});
    }
    return section;
}

Section utilization_section(const Result& result) {
    const auto row = [](const char* side, const Utilization& u) {
        return std::vector<std::string>{
            side, readable_share(u.link_up_ppm), readable_share(u.link_down_ppm),
            readable_share(u.media_ppm), readable_share(u.admin_queue_ppm)};
    };
    return {"Busy",
            {{{"device"},
              {"link up", right},
              {"link down", right},
              {"media", right},
              {"admin queue", right}},
             {row("source", result.source), row("destination", result.destination)}}};
}

Section rounds_section(const Result& result) {
    constexpr std::size_t at_most = 40;
    Section section{
        "Pre-copy rounds",
        {{{"round", right}, {"begins at", right}, {"dirty", right}, {"sent", right}}, {}}};
    const std::size_t shown = std::min(result.rounds.size(), at_most);
    for (std::size_t i = 0; i < shown; ++i) {
        const Round& round = result.rounds[i];
        section.table.rows.push_back({fmt::format("{}", i), readable_time(round.at),
                                      readable_bytes(round.dirty_bytes),
                                      readable_bytes(round.sent_bytes)});
    }
    if (shown < result.rounds.size()) {
        section.table.rows.push_back(
            {"...", fmt::format("and {} more", result.rounds.size() - shown), "", ""});
    }
    return section;
}

Section ignored_section(const Result& result) {
    Section section{"Ignored in the workload, as it has no meaning here",
                    {{{"key"}, {"value"}, {"place"}}, {}}};
    for (const IgnoredKey& key : result.ignored) {
        section.table.rows.push_back({key.key, key.value, key.where});
    }
    return section;
}

}  // namespace lmsim::sim::metrics
