#pragma once

#include <string>
#include <vector>

#include "sim/metrics/part.hpp"

namespace lmsim::sim::metrics {

/// A device of another kind than NVMe: who it is, and what became of its state.
struct DeviceResult {
    Device number = no_device;
    std::string name;                 // "mlx5 0"
    std::uint64_t precopy_bytes = 0;  // read while it ran
    std::uint64_t stop_bytes = 0;     // read while it stood still
    std::uint64_t loaded_bytes = 0;
    std::uint64_t save_commands = 0;
    std::uint64_t load_commands = 0;
    Ps allocating = 0;
};

/// "mlx5 0", or "vf 2".
inline std::string device_text(const std::vector<DeviceResult>& others, Device device) {
    for (const DeviceResult& other : others) {
        if (other.number == device) return other.name;
    }
    return "vf " + std::to_string(device);
}

template <class Visitor>
void device_fields(Visitor& v, const std::vector<DeviceResult>& devices) {
    v.list("devices", devices, "devices of other kinds than NVMe, which come after the VFs",
           [](auto& w, const DeviceResult& device) {
               w.device("device", device.number, "its index, as in the parts of the downtime");
               w.text("name", device.name, "kind, and the how manieth of it");
               w.count("precopy_bytes", device.precopy_bytes, "of its state, read while it ran");
               w.count("stop_bytes", device.stop_bytes, "the same, while it stood still");
               w.count("loaded_bytes", device.loaded_bytes, "loaded on the destination");
               w.count("save_commands", device.save_commands, "that its driver sent to save");
               w.count("load_commands", device.load_commands, "that its driver sent to load");
               w.time("allocating_ps", device.allocating,
                      "so long the destination needed for its resources");
           });
}

}  // namespace lmsim::sim::metrics
