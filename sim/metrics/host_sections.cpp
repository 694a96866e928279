#include "sim/metrics/host_sections.hpp"

#include <fmt/format.h>

#include "sim/metrics/display.hpp"

namespace lmsim::sim::metrics {
namespace {

template <class Names, class Enum>
std::string name_of(const Names& names, Enum value) {
    return std::string(names[static_cast<std::size_t>(value)]);
}

std::string calls_text(const HostUse& use) {
    return fmt::format("{} ({} VFIO, {} data, {} passthrough, {} queue)", use.system_calls(),
                       use.vfio_calls, use.data_calls, use.passthrough, use.cdq_calls);
}

std::string wake_ups_text(const HostUse& use) {
    return fmt::format("{} ({} commands, {} eventfd, {} messages)", use.wake_ups(),
                       use.commands_waited, use.events, use.messages);
}

std::string copies_text(const HostUse& use) {
    return fmt::format("{} out, {} in; {} pinned", readable_bytes(use.copied_out),
                       readable_bytes(use.copied_in), plural(use.pinned_pages, "page"));
}

std::string waits_text(const HostUse& use) {
    return fmt::format("{}: waited {} on average, {} at most, {} in all",
                       plural(use.commands, "command"), readable_time(use.mean_wait()),
                       readable_time(use.longest_wait), readable_time(use.waited));
}

Section use_section(const HostResult& host) {
    Section section{fmt::format("Hosts: {}, queue of changes: {}",
                                name_of(host::architecture_names, host.architecture),
                                name_of(host::cdq_place_names, host.cdq)),
                    {{{""}, {"source"}, {"destination"}}, {}}};
    const auto row = [&](const char* what, std::string (*text)(const HostUse&)) {
        section.table.rows.push_back({what, text(host.source), text(host.destination)});
    };
    row("system calls", calls_text);
    row("wake-ups", wake_ups_text);
    row("copied", copies_text);
    row("admin queue", waits_text);
    for (const LeftOut& left : host.left_out) {
        section.table.rows.push_back({"left out", left.path, left.text});
    }
    return section;
}

Section access_section(const HostResult& host) {
    Section section{"Who can reach what", {{{"what"}}, {}}};
    for (const std::string_view party : host::party_names) {
        section.table.columns.push_back({std::string(party)});
    }
    for (const std::string_view asset : host::asset_names) {
        section.table.rows.push_back({std::string(asset)});
    }
    for (const host::Grant& grant : host.access) {
        section.table.rows[static_cast<std::size_t>(grant.asset)].push_back(
            name_of(host::access_names, grant.access));
    }
    return section;
}

/// Cells that say more than no.
Section reasons_section(const HostResult& host) {
    Section section{"Why", {{{"who"}, {"what"}, {"why"}, {"source"}}, {}}};
    for (const host::Grant& grant : host.access) {
        if (grant.access != host::Access::None) {
            section.table.rows.push_back({name_of(host::party_names, grant.party),
                                          name_of(host::asset_names, grant.asset),
                                          std::string(grant.why), std::string(grant.source)});
        }
    }
    return section;
}

Section cannot_section(const HostResult& host) {
    Section section{"What this architecture cannot do", {{{"what"}, {"why"}, {"source"}}, {}}};
    for (const host::Lack& lack : host.cannot) {
        section.table.rows.push_back(
            {std::string(lack.what), std::string(lack.why), std::string(lack.source)});
    }
    return section;
}

}  // namespace

std::vector<Section> host_sections(const HostResult& host, Detail detail) {
    const bool usual = host.architecture == host::Architecture::VfioNvme &&
                       host.cdq == host::CdqPlace::Driver && host.left_out.empty();
    std::vector<Section> all;
    if (detail == Detail::EachDevice || !usual) {
        all.push_back(use_section(host));
    }
    if (detail == Detail::EachDevice && !host.access.empty()) {
        all.push_back(access_section(host));
        all.push_back(reasons_section(host));
        all.push_back(cannot_section(host));
    }
    return all;
}

}  // namespace lmsim::sim::metrics
