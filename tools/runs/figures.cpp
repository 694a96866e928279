#include "tools/runs/figures.hpp"

#include <algorithm>

#include "model/host/architecture.hpp"
#include "sim/metrics/part.hpp"

namespace lmsim::runs {

namespace {

using Json = nlohmann::ordered_json;

// Sources that are no JSON pointers.
constexpr const char* part_source = "part:";
constexpr const char* vf_source = "vf:";
constexpr const char* access_source = "access:";
constexpr const char* list_source = "list:";

void add_downtime(std::vector<Figure>& all) {
    all.push_back(
        {"downtime_ps", "downtime", Unit::Picoseconds, Shown::Always, "/downtime/total_ps"});
    for (const std::string_view part : sim::metrics::part_names) {
        std::string column = "part_" + std::string(part) + "_ps";
        for (char& c : column) {
            c = c == '-' ? '_' : c;
        }
        all.push_back({column, "  " + std::string(part), Unit::Picoseconds, Shown::IfAny,
                       part_source + std::string(part)});
    }
}

/// Of several VMs; the downtime above is the longest one.
void add_vms(std::vector<Figure>& all) {
    const auto time = [&all](const char* name, const char* title, const char* source) {
        all.push_back({name, title, Unit::Picoseconds, Shown::IfAny, source});
    };
    all.push_back(
        {"vms_completed", "VMs on the destination", Unit::Count, Shown::IfAny, "/vms/completed"});
    time("vms_mean_downtime_ps", "mean downtime of all VMs", "/vms/mean_downtime_ps");
    time("vms_last_vf_ready_ps", "last VF of all works after", "/vms/last_vf/ready_ps");
    time("vms_last_vf_turn_ps", "  until its VM's turn", "/vms/last_vf/turn_ps");
    time("vms_last_vf_precopy_ps", "  pre-copy", "/vms/last_vf/precopy_ps");
    time("vms_last_vf_blackout_ps", "  its VM stands still", "/vms/last_vf/blackout_ps");
    time("vms_last_vf_link_ps", "last VF: its VM waits for the link", "/vms/last_vf/waits/link_ps");
    time("vms_last_vf_source_admin_ps", "last VF: waits for the admin queue, source",
         "/vms/last_vf/waits/source_admin_ps");
    time("vms_last_vf_destination_admin_ps", "last VF: waits for it, destination",
         "/vms/last_vf/waits/destination_admin_ps");
    time("vms_last_vf_works_ps", "last VF: devices work for it", "/vms/last_vf/works_ps");
}

void add_guest(std::vector<Figure>& all) {
    all.push_back({"guest_longest_gap_ps", "guest: longest gap", Unit::Picoseconds, Shown::Always,
                   "/guest/longest_gap_ps"});
    for (const char* window : {"before", "during", "after"}) {
        const std::string w = window;
        const std::string at = "/guest/" + w + "/";
        all.push_back(
            {"guest_" + w + "_iops", "guest: IOPS " + w, Unit::Count, Shown::IfAny, at + "iops"});
        all.push_back({"guest_" + w + "_p50_ns", "guest: p50 " + w, Unit::Nanoseconds, Shown::Never,
                       at + "p50_ns"});
        all.push_back({"guest_" + w + "_p99_ns", "guest: p99 " + w, Unit::Nanoseconds, Shown::IfAny,
                       at + "p99_ns"});
    }
}

void add_bytes(std::vector<Figure>& all) {
    all.push_back({"bytes_total", "bytes sent", Unit::Bytes, Shown::Always, "/bytes/total"});
    all.push_back({"bytes_ram", "  RAM", Unit::Bytes, Shown::IfAny, "/bytes/ram"});
    all.push_back(
        {"bytes_zero_pages", "  zero pages", Unit::Bytes, Shown::IfAny, "/bytes/zero_pages"});
    all.push_back(
        {"bytes_device_state", "  device state", Unit::Bytes, Shown::IfAny, "/bytes/device_state"});
    all.push_back({"bytes_other", "  other", Unit::Bytes, Shown::IfAny, "/bytes/other"});
}

void add_hosts(std::vector<Figure>& all) {
    for (const char* side : {"source", "destination"}) {
        const std::string s = side;
        const std::string host = "/host/" + s;
        all.push_back({"admin_" + s + "_commands", "admin commands, " + s, Unit::Count,
                       Shown::IfAny, host + "/admin/commands"});
        all.push_back({"admin_" + s + "_waited_ps", "  waited in all", Unit::Picoseconds,
                       Shown::IfAny, host + "/admin/waited_ps"});
        all.push_back({"admin_" + s + "_longest_wait_ps", "  longest wait", Unit::Picoseconds,
                       Shown::IfAny, host + "/admin/longest_wait_ps"});
        all.push_back({"host_" + s + "_system_calls", "system calls, " + s, Unit::Count,
                       Shown::IfAny, host + "/system_calls/total"});
        all.push_back({"host_" + s + "_wake_ups", "wake-ups, " + s, Unit::Count, Shown::IfAny,
                       host + "/wake_ups/total"});
        all.push_back({"host_" + s + "_copied_bytes", "copied by the kernel, " + s, Unit::Bytes,
                       Shown::IfAny, host + "/copied_out"});
        all.push_back({"host_" + s + "_pinned_pages", "pages pinned, " + s, Unit::Count,
                       Shown::IfAny, host + "/pinned_pages"});
    }
    for (const std::string_view asset : host::asset_names) {
        std::string column = "access_" + std::string(asset);
        std::replace(column.begin(), column.end(), ' ', '_');
        all.push_back({column, "who reaches " + std::string(asset), Unit::Text, Shown::IfDifferent,
                       access_source + std::string(asset)});
    }
    all.push_back(
        {"cannot", "What it cannot do", Unit::Note, Shown::IfDifferent, "list:/host/cannot:what"});
    all.push_back({"left_out", "What was asked for and left out", Unit::Note, Shown::IfAny,
                   "list:/host/left_out:text"});
}

void add_logs(std::vector<Figure>& all) {
    all.push_back(
        {"cdq_entries", "log of user data: entries", Unit::Count, Shown::IfAny, "/cdq/entries"});
    all.push_back({"cdq_lost", "  times it was lost", Unit::Count, Shown::IfAny, "/cdq/lost"});
    all.push_back({"tracking_commands", "tracked memory: commands", Unit::Count, Shown::IfAny,
                   "/tracking/commands"});
    all.push_back({"tracking_pages", "  pages", Unit::Count, Shown::IfAny, "/tracking/pages"});
    const std::string media = "/media/0/";
    all.push_back(
        {"media_set_up_ps", "media: set-up", Unit::Picoseconds, Shown::IfAny, media + "set_up_ps"});
    all.push_back({"media_first_copy_ps", "media: first copy", Unit::Picoseconds, Shown::IfAny,
                   media + "first_copy_ps"});
    all.push_back({"media_ready_ps", "media: until RAM may begin", Unit::Picoseconds, Shown::IfAny,
                   media + "ready_ps"});
    all.push_back({"media_last_round_ps", "media: in the downtime", Unit::Picoseconds, Shown::IfAny,
                   media + "last_round_ps"});
    all.push_back({"media_bytes", "media: copied", Unit::Bytes, Shown::IfAny, media + "bytes"});
    all.push_back({"media_whole_copies", "media: begun anew", Unit::Count, Shown::IfAny,
                   media + "whole_copies"});
}

void add_checks(std::vector<Figure>& all) {
    all.push_back(
        {"commands_submitted", "commands", Unit::Count, Shown::Never, "/commands/submitted"});
    all.push_back({"commands_lost", "commands lost", Unit::Count, Shown::IfAny, "/commands/lost"});
    all.push_back({"commands_duplicated", "commands duplicated", Unit::Count, Shown::IfAny,
                   "/commands/duplicated"});
    all.push_back(
        {"commands_failed", "commands failed", Unit::Count, Shown::IfAny, "/commands/failed"});
    all.push_back({"broken_invariants", "invariants broken", Unit::Count, Shown::IfAny,
                   "/broken_invariants"});
    all.push_back({"fidelity", "fidelity", Unit::Text, Shown::Never, "/fidelity"});
    all.push_back(
        {"hybrid_note", "What rates cannot say", Unit::Note, Shown::IfAny, "/hybrid/note"});
    all.push_back({"trace_hash", "trace hash", Unit::Text, Shown::Never, "/trace_hash"});
}

std::vector<Figure> make_figures() {
    std::vector<Figure> all;
    all.push_back({"outcome", "outcome", Unit::Text, Shown::Always, "/outcome"});
    all.push_back({"reason", "reason", Unit::Note, Shown::Never, "/reason"});
    add_downtime(all);
    all.push_back(
        {"total_time_ps", "total time", Unit::Picoseconds, Shown::Always, "/total_time_ps"});
    all.push_back({"vmm_downtime_ms", "the VMM's own downtime", Unit::Milliseconds, Shown::Always,
                   "/vmm/downtime_ms"});
    all.push_back({"vmm_downtime_return_path_ms", "  with the return path", Unit::Milliseconds,
                   Shown::IfAny, "/vmm/downtime_return_path_ms"});
    add_vms(all);
    add_guest(all);
    add_bytes(all);
    all.push_back(
        {"precopy_rounds", "pre-copy rounds", Unit::Count, Shown::Always, "/precopy/rounds"});
    all.push_back({"last_vf_ready_ps", "last VF works, from the begin of the downtime",
                   Unit::Picoseconds, Shown::IfAny, "vf:last:ready_ps"});
    add_hosts(all);
    add_logs(all);
    add_checks(all);
    return all;
}

/// Is that the beginning? `rest` is what follows.
bool begins(const std::string& text, const std::string& start, std::string& rest) {
    if (text.compare(0, start.size(), start) != 0) {
        return false;
    }
    rest = text.substr(start.size());
    return true;
}

Json part_sum(const std::string& part, const Json& result) {
    std::int64_t sum = 0;
    for (const Json& each : result.at("downtime").at("parts")) {
        sum += each.at("name") == part ? each.at("ps").get<std::int64_t>() : 0;
    }
    return sum;
}

/// "last:ready_ps"
Json of_vf(const std::string& what, const Json& result) {
    const std::size_t colon = what.find(':');
    for (const Json& vf : result.value("vfs", Json::array())) {
        if (vf.at("place") == what.substr(0, colon)) {
            return vf.at(what.substr(colon + 1));
        }
    }
    return nullptr;
}

/// "VMM (read, write), kernel (read)"
Json parties(const std::string& asset, const Json& result) {
    const Json::json_pointer at("/host/access");
    if (!result.contains(at)) {
        return nullptr;
    }
    std::string text;
    for (const Json& grant : result.at(at)) {
        const std::string access = grant.at("access");
        if (grant.at("asset") == asset && access != "-") {
            text += (text.empty() ? "" : ", ") + grant.at("party").get<std::string>() + " (" +
                    access + ")";
        }
    }
    return text.empty() ? "nobody" : text;
}

/// "/host/cannot:what"
Json texts(const std::string& what, const Json& result) {
    const std::size_t colon = what.find(':');
    const Json::json_pointer at(what.substr(0, colon));
    if (!result.contains(at)) {
        return nullptr;
    }
    std::string text;
    for (const Json& each : result.at(at)) {
        text += (text.empty() ? "" : "; ") + each.at(what.substr(colon + 1)).get<std::string>();
    }
    return text;
}

}  // namespace

const std::vector<Figure>& figures() {
    static const std::vector<Figure> all = make_figures();
    return all;
}

bool is_downtime(const Figure& figure) {
    std::string rest;
    return begins(figure.source, "/downtime/", rest) || begins(figure.source, part_source, rest);
}

Json value_of(const Figure& figure, const Json& result) {
    std::string rest;
    if (is_downtime(figure) && result.at("outcome") != "completed" &&
        result.at("downtime").at("total_ps") == 0) {
        return nullptr;
    }
    if (begins(figure.source, part_source, rest)) {
        return part_sum(rest, result);
    }
    if (begins(figure.source, vf_source, rest)) {
        return of_vf(rest, result);
    }
    if (begins(figure.source, access_source, rest)) {
        return parties(rest, result);
    }
    if (begins(figure.source, list_source, rest)) {
        return texts(rest, result);
    }
    const Json::json_pointer at(figure.source);
    if (!result.contains(at)) {
        return nullptr;
    }
    const Json& value = result.at(at);
    return value.is_array() ? Json(value.size()) : value;
}

}  // namespace lmsim::runs
