#include "sim/run/host_side.hpp"

#include <fmt/format.h>

#include "sim/run/convert.hpp"
#include "sim/run/simulation.hpp"

namespace lmsim::sim {

namespace {

// Of the state of a VF: then it pays to know where there are zeros.
constexpr std::uint64_t many_bytes = 32768;

const HostParams& params_of(const Scenario& scenario, VmmSide side) {
    return side == VmmSide::Source ? scenario.hosts.src : scenario.hosts.dst;
}

}  // namespace

HostSide::HostSide(const char* name, Kernel& run, const Scenario& scenario, VmmSide side,
                   const RunOptions& options, const std::vector<std::unique_ptr<Vm>>& vms) {
    const HostParams& params = params_of(scenario, side);
    const spec::Rules& rules = options.dialects.driver[static_cast<std::size_t>(side)];
    build_device(name, run, scenario, side, options);
    std::uint16_t function = 1;
    for (const auto& vm : vms) {
        for (std::uint32_t vf = 0; vf < params.device.vfs; ++vf, ++function) {
            if (device) {
                device->attach(function, vm->at(side).memory);
            }
            ports.push_back(&port(name, function, options));
            vm->at(side).ports.push_back(ports.back());
        }
    }
    HostTiming timing = host_timing(scenario, params, options.dialects);
    timing.any_device = rig != nullptr;
    driver = std::make_unique<HostDriver>(fmt::format("{}_driver", name).c_str(), run, timing,
                                          port(name, 0, options), ports, rules);
    const Ps interrupts = params.driver.msix.ps * static_cast<Ps>(msix_vectors(params.device));
    for (const auto& vm : vms) {
        for (std::uint16_t vf = 0; vf < params.device.vfs; ++vf) {
            vm->at(side).vfs.emplace_back(*driver, vm->on_host(vf), interrupts);
        }
        vm->add_devices(side, run, scenario, options.dialects);
    }
}

/// The model, or the way to a device outside this process.
void HostSide::build_device(const char* name, Kernel& run, const Scenario& scenario, VmmSide side,
                            const RunOptions& options) {
    const HostParams& params = params_of(scenario, side);
    if (Rig* const outside = options.backends[static_cast<std::size_t>(side)].rig) {
        const bool source = side == VmmSide::Source;
        rig = std::make_unique<RigSide>(
            *outside, run, source ? metrics::Side::Source : metrics::Side::Destination,
            static_cast<std::uint16_t>(params.device.vfs), params.device.block.count,
            options.dialects.driver[static_cast<std::size_t>(side)]);
        return;
    }
    kernel = std::make_unique<Memory>(host_pages(scenario, params, options.dialects));
    if (params.device.vendor_bytes.count >= many_bytes) {
        kernel->know_zeros();
    }
    device = std::make_unique<NvmeDevice>(
        fmt::format("{}_device", name).c_str(), run, device_timing(scenario, params),
        options.dialects.device[static_cast<std::size_t>(side)], scenario.seed);
    device->use_media(options.media[static_cast<std::size_t>(side)]);
    device->attach(0, *kernel);
}

/// The function's port, behind a recorder if the run is recorded.
DevicePort& HostSide::port(const char* name, std::uint16_t function, const RunOptions& options) {
    DevicePort& inner = device          ? device->port(function)
                        : function == 0 ? rig->pf()
                                        : rig->vf(static_cast<std::uint16_t>(function - 1));
    if (options.ports == nullptr) {
        return inner;
    }
    const std::string label =
        function == 0 ? fmt::format("{}.pf", name) : fmt::format("{}.vf{}", name, function - 1);
    recorders.push_back(std::make_unique<RecordPort>(inner, label, *options.ports));
    return *recorders.back();
}

}  // namespace lmsim::sim
