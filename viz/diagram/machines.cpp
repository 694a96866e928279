#include "viz/diagram/machines.hpp"

#include "model/host/memory_log.hpp"
#include "model/host/udmq.hpp"
#include "model/host/vfio_nvme.hpp"
#include "model/host/vmm/machines.hpp"
#include "model/nvme/machines.hpp"
#include "model/vfio/machine.hpp"

namespace lmsim::viz {
namespace {

namespace vmm = host::vmm;

std::vector<MachineInfo> device_machines() {
    return {
        {"",
         "VFIO device migration",
         vfio::arcs(),
         {{"saving session", {"STOP_COPY", "PRE_COPY", "PRE_COPY_P2P"}},
          {"resuming session", {"RESUMING"}}},
         true},
        {"",
         "NVMe controller, from enable to shutdown",
         nvme::life_arcs(),
         {{"shutdown", {"ShuttingDown", "ShutDown"}}}},
        {"suspend", "Suspend and resume of a controller", nvme::migration_arcs()},
        {"", "A submission queue of a controller", nvme::sq_arcs()},
        {"", "A completion queue of a controller", nvme::cq_arcs()},
        {"",
         "A User Data Migration Queue (CDQ) of a controller",
         nvme::cdq_arcs(),
         {{"logging user data", {"Begun", "Logging", "Suspended"}}}},
    };
}

std::vector<MachineInfo> host_machines() {
    return {
        {"",
         "Host driver: arcs of VFIO as admin commands",
         host::flow_arcs(),
         {{"saving", {"ReadingHeader", "ReadingState"}}, {"loading", {"LoadingState"}}}},
        {"udmq",
         "Host: log of a VF's user data",
         host::udmq_arcs(),
         {{"set-up", {"Creating", "Arming", "Starting"}},
          {"VF suspended", {"Tail", "Closed"}},
          {"end", {"Stopping", "Deleting"}}}},
        {"", "Host: tracking of the memory a VF writes", host::memory_log_arcs()},
        {"",
         "VMM, source: from set-up to the decision",
         vmm::precopy_arcs(),
         {{"set-up", {"Header", "LogStart", "FirstSync", "SetupSize", "SetupPreCopy", "SetupInfo"}},
          {"exact count", {"ExactRam", "ExactSize", "ExactInfo"}},
          {"iteration", {"Ram", "Read", "Send", "Window", "Sleep"}}}},
        {"",
         "VMM, source: the blackout",
         vmm::switchover_arcs(),
         {{"stop", {"Pause", "Quiesce", "Stop", "Flush", "Announce"}},
          {"last data",
           {"LastSync", "LastRam", "LastState", "LastRead", "LastSend", "SaveJoin", "SaveRest"}},
          {"end", {"End", "Join", "Cleanup"}}}},
        {"", "VMM, source: after a failure", vmm::rollback_arcs()},
        {"", "VMM: the start of a VM with its devices", vmm::start_arcs()},
        {"", "VMM: one change of a device's state", vmm::set_state_arcs()},
        {"",
         "VMM, destination",
         vmm::incoming_arcs(),
         {{"paused", {"PausedShut", "Paused"}}, {"failure", {"FailedShut", "Release"}}}},
        {"", "VMM, source: the thread that saves a device", vmm::save_thread_arcs()},
        {"", "VMM, destination: the thread that loads a device", vmm::load_thread_arcs()},
        {"",
         "Cloud Hypervisor, source",
         vmm::cloud_source_arcs(),
         {{"memory", {"Collect", "Send"}},
          {"last memory", {"LastCollect", "LastSend", "LateCollect", "LateSend"}},
          {"device", {"Freeze", "Read", "Thaw"}}}},
        {"", "Cloud Hypervisor, source: after a failure", vmm::cloud_back_arcs()},
        {"",
         "Cloud Hypervisor, destination",
         vmm::cloud_target_arcs(),
         {{"snapshot", {"Build", "Write", "Rearm", "Restore"}}}},
    };
}

std::vector<MachineInfo> all_machines() {
    std::vector<MachineInfo> all = device_machines();
    for (MachineInfo& machine : host_machines()) {
        all.push_back(std::move(machine));
    }
    return all;
}

}  // namespace

const std::vector<MachineInfo>& machines() {
    static const std::vector<MachineInfo> list = all_machines();
    return list;
}

const MachineInfo* find_machine(std::string_view name) {
    for (const MachineInfo& machine : machines()) {
        if (machine.name() == name || (!name.empty() && machine.also == name)) {
            return &machine;
        }
    }
    return nullptr;
}

}  // namespace lmsim::viz
