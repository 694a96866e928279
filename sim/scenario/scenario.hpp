#pragma once

#include <string>
#include <vector>

#include "sim/core/param.hpp"
#include "sim/fault/fault_params.hpp"
#include "sim/pin/pin.hpp"
#include "sim/profile/row_list.hpp"
#include "sim/scenario/architecture_params.hpp"
#include "sim/scenario/host_params.hpp"
#include "sim/scenario/media_copy_params.hpp"
#include "sim/scenario/namespace_params.hpp"
#include "sim/scenario/opaque_params.hpp"
#include "sim/scenario/run_params.hpp"
#include "sim/scenario/vm_params.hpp"
#include "sim/scenario/vmm_params.hpp"
#include "sim/scenario/vms_params.hpp"
#include "sim/scenario/workload_params.hpp"

namespace lmsim::sim {

/// All that one run depends on. Scenario{} is the default scenario; every member is declared where
/// it stands, once, with its unit, default, range, help and source.
struct Scenario {
    std::string name = param(&name, "name", "", "what to call the run", choice);
    std::string description =
        param(&description, "description", "", "the question that the scenario answers", choice);
    ProfileName profile =
        param(&profile, "profile", ProfileName{"ratified"},
              "the dialect of the standard that devices, drivers and VMM speak: "
              "a name (`lmsim spec profiles`), or a file relative to the scenario",
              choice);
    RowList without =
        param(&without, "without", RowList{},
              "rules that are switched off in whatever dialect somebody speaks", choice);
    RowList with = param(&with, "with", RowList{},
                         "rules that are switched on: defects of posted drivers, options", choice);
    std::uint64_t seed = param(&seed, "seed", 1, between<std::int64_t>(0, INT64_MAX),
                               "of all random streams", choice);
    RunParams run = group(&run, "run", "when things happen");
    ExpectParams expect =
        group(&expect, "expect", "what is expected; anything else is exit code 1");
    VmParams vm = group(&vm, "vm", "the guest");
    VmsParams vms = group(&vms, "vms", "several VMs on the same pair of hosts");
    ArchitectureParams architecture =
        group(&architecture, "host", "where the logic of the migration lives");
    HostsParams hosts = group(&hosts, "hosts", "the two sides of the migration");
    ChannelParams channel = group(&channel, "channel", "the network between the two VMMs");
    VmmParams vmm = group(&vmm, "vmm", "the virtual machine monitor");
    MediaCopyParams media_copy =
        group(&media_copy, "media_copy", "namespaces that are local to a host and move, too");
    std::vector<NamespaceParams> namespaces =
        list(&namespaces, "namespace", 16,
             "the namespaces of each VF, in the order of their NSIDs; without any it has one");
    CarryParams carry =
        group(&carry, "carry", "who carries what the standard's state structure does not");
    OtherDevicesParams devices =
        group(&devices, "devices", "VFIO devices of other kinds than NVMe, after the VFs");
    std::vector<WorkloadParams> workloads = list(&workloads, "workload", 256, "I/O of the guest");
    std::vector<PinParams> pins =
        list(&pins, "pin", 1024, "an order of effects that the run has to keep");
    std::vector<FaultParams> faults =
        list(&faults, "fault", 256, "what goes wrong while the VM moves: docs/faults.md");
};

/// VFs of all VMs on that device.
inline std::uint32_t all_vfs(const Scenario& scenario, const DeviceParams& device) {
    return scenario.vms.count * device.vfs;
}

}  // namespace lmsim::sim
