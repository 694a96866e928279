#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sim/bridge/record_port.hpp"
#include "sim/device/nvme_device.hpp"
#include "sim/host/host_driver.hpp"
#include "sim/run/rig_side.hpp"
#include "sim/run/vm.hpp"

namespace lmsim::sim {

/// One side's machine: the host's own memory, the device and its driver. All VMs share it. A device
/// outside this process has the host's memory, too.
struct HostSide {
    /// `name`: "src" or "dst". Gives the VMs their VFs.
    HostSide(const char* name, Kernel& run, const Scenario& scenario, VmmSide side,
             const RunOptions& options, const std::vector<std::unique_ptr<Vm>>& vms);

    std::unique_ptr<Memory> kernel;
    std::unique_ptr<NvmeDevice> device;  // nullptr: it is outside this process,
    std::unique_ptr<RigSide> rig;        // where this reaches it
    std::unique_ptr<HostDriver> driver;
    std::vector<std::unique_ptr<RecordPort>> recorders;
    std::vector<DevicePort*> ports;  // of the VFs of all VMs

  private:
    void build_device(const char* name, Kernel& run, const Scenario& scenario, VmmSide side,
                      const RunOptions& options);
    DevicePort& port(const char* name, std::uint16_t function, const RunOptions& options);
};

}  // namespace lmsim::sim
