#pragma once

#include "sim/metrics/result.hpp"

namespace lmsim::tests {

/// Hosts with two interfaces, and a figure in every place.
inline sim::metrics::HostResult sample_host() {
    sim::metrics::HostResult host;
    host.architecture = host::Architecture::Split;
    host.cdq = host::CdqPlace::Kernel;
    host.source = {40, 8, 12, 30, 150, 9, 3, 262'144, 0, 7, 150, 12'000'000, 900'000};
    host.destination = {20, 5, 0, 0, 60, 0, 0, 0, 131'072, 0, 60, 1'200'000, 100'000};
    for (std::size_t cell = 0; cell < host::party_names.size() * host::asset_names.size(); ++cell) {
        const std::size_t assets = host::asset_names.size();
        host.access.push_back(host::grant(host.architecture, host.cdq,
                                          static_cast<host::Party>(cell / assets),
                                          static_cast<host::Asset>(cell % assets)));
    }
    host.cannot = {*host::find_lack(host.architecture, host.cdq, host::Ability::OneInterface)};
    host.left_out = {{"hosts.src.driver.pre_copy", "read while the VM stands still"}};
    return host;
}

/// A completed migration of four VFs with a figure in every place.
inline sim::metrics::Result sample_result() {
    using namespace sim::metrics;
    Result result;
    result.version = "0.1.0";
    result.scenario = "quickstart";
    result.seed = 7;
    result.trace_hash = 0x0123456789abcdefU;
    result.reason = "pending bytes fell below the threshold after 2 rounds";
    result.downtime.begin = 1'250'000'000'000;
    result.downtime.total = 23'400'123'456;
    result.downtime.parts = {
        {{Part::Vmm, Side::Source, no_device}, 400'000'000},
        {{Part::Drain, Side::Source, 0}, 1'000'123'456},
        {{Part::Suspend, Side::Source, 0}, 2'500'000'000},
        {{Part::Suspend, Side::Source, 1}, 3'500'000'000},
        {{Part::Suspend, Side::Source, 2}, 3'000'000'000},
        {{Part::Suspend, Side::Source, 3}, 3'000'000'000},
        {{Part::Transfer, Side::Network, no_device}, 8'000'000'000},
        {{Part::StateLoad, Side::Destination, 3}, 2'000'000'000},
    };
    result.downtime.busy = {{{Part::StateRead, Side::Source, 1}, 700'000'000}};
    result.vmm = {"QEMU 10.1", 300'000'000'000, 21, 24, 12};
    result.total_time = 2'310'000'000'000;
    result.guest.before = {50'000'000'000, 4000,        16'384'000, 80'123'456,
                           210'000'000,    400'000'000, 512'000'499};
    result.guest.during = {2'310'000'000'000, 150'000,       614'400'000,   82'000'000,
                           1'230'000'000,     9'000'000'000, 24'100'000'500};
    result.guest.after = {50'000'000'000, 0, 0, 0, 0, 0, 0};
    result.guest.longest_gap = 24'100'000'000;
    result.bytes = {4'294'967'296, 1'258'291, 131'072, 12'345};
    result.rounds = {{50'000'000'000, 4'294'967'296, 4'200'000'000},
                     {1'200'000'000'000, 80'000'000, 80'000'000}};
    result.commands = {154'000, 154'000, 0, 0};
    result.cdq = {5000, 4990, 123'456, 789, 0, 9, 0, 11, 0};
    result.tracking = {12, 13, 700, 900, 0};
    result.source_admin = {150, 12'345'678};
    result.destination_admin = {60, 1'234'567};
    result.host = sample_host();
    result.expectation = {true, "completed within 100 ms"};
    result.ignored = {{"ioengine", "libaio", "mixed.fio:3"}};
    result.workload = {"fio job file mixed.fio", {"randrw 70/30, 4 KiB, depth 32"}, {}};
    result.source = {123'456, 98'700, 456'789, 1'000};
    result.destination = {23'456, 8'700, 56'789, 2'000};
    result.littles_law = {31.98, 64'898.5, 492'770.25, 0};
    return result;
}

}  // namespace lmsim::tests
