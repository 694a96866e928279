#include "sim/scenario/vms_check.hpp"

#include <fmt/format.h>

namespace lmsim::sim {

namespace {

using Problems = std::vector<Problem>;

/// All VMs have their VFs in one device on either side.
void check_room(const std::string& path, const Scenario& scenario, const DeviceParams& device,
                Problems& out) {
    const std::uint32_t vfs = all_vfs(scenario, device);
    if (vfs > device.max_vfs) {
        out.push_back({{"vms.count", path + ".device.vfs", path + ".device.max_vfs"},
                       fmt::format("{} VMs with {} VFs each need {}, but the device has only "
                                   "max_vfs = {}",
                                   scenario.vms.count, device.vfs, vfs, device.max_vfs)});
    }
}

}  // namespace

void check_vms(const Scenario& scenario, Problems& out) {
    if (scenario.vms.count == 1) {
        return;
    }
    check_room("hosts.src", scenario, scenario.hosts.src.device, out);
    check_room("hosts.dst", scenario, scenario.hosts.dst.device, out);
    const struct {
        const char* path;
        bool wanted;
        const char* text;
    } alone[] = {
        {"media_copy.mode", scenario.media_copy.mode != MediaCopyMode::None,
         "local namespaces are copied for one VM alone; expected \"none\", or vms.count = 1"},
        {"hosts.src.driver.log_user_data", scenario.hosts.src.driver.log_user_data,
         "user data is logged for one VM alone; expected false, or vms.count = 1"},
        {"hosts.dst.driver.log_user_data", scenario.hosts.dst.driver.log_user_data,
         "user data is logged for one VM alone; expected false, or vms.count = 1"},
        {"run.migrate", !scenario.run.migrate,
         "a run without a migration is about one VM; expected true, or vms.count = 1"},
        {"host.architecture", scenario.architecture.architecture != host::Architecture::VfioNvme,
         "only vfio-nvme shares the PF's queue among several VMMs; expected that, or "
         "vms.count = 1"},
    };
    for (const auto& one : alone) {
        if (one.wanted) {
            out.push_back({{one.path, "vms.count"}, one.text});
        }
    }
}

}  // namespace lmsim::sim
