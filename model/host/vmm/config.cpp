#include "model/host/vmm/config.hpp"

namespace lmsim::host::vmm {

std::string_view blocker(const Config& config) {
    bool all_p2p = true;
    for (std::uint16_t i = 0; i < config.devices && i < max_devices; ++i) {
        if ((config.features[i] & vfio::STOP_COPY_FLAG) == 0) {
            return "a VFIO device does not support migration (STOP_COPY)";
        }
        all_p2p = all_p2p && (config.features[i] & vfio::P2P_FLAG) != 0;
    }
    if (config.devices > max_devices) {
        return "more than 256 VFIO devices";
    }
    if (config.devices > 1 && !all_p2p) {
        return "more than one VFIO device, and not all of them support P2P";
    }
    if (config.switchover_ack && !config.return_path) {
        return "switchover-ack needs return-path";
    }
    return {};
}

}  // namespace lmsim::host::vmm
