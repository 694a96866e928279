#include "sim/scenario/namespaces.hpp"

namespace lmsim::sim {

std::vector<VfNamespace> vf_namespaces(const Scenario& scenario) {
    const DeviceParams& device = scenario.hosts.src.device;
    const auto one = [&](Bytes size, Share used, bool shared) {
        const Uint128 part = static_cast<Uint128>(size.count) * used.ppm / 1'000'000;
        const auto bytes = static_cast<std::uint64_t>(part);
        return VfNamespace{size, bytes - bytes % device.block.count, shared};
    };
    if (scenario.namespaces.empty()) {
        return {one(device.capacity, scenario.media_copy.used, false)};
    }
    std::vector<VfNamespace> all;
    for (const NamespaceParams& params : scenario.namespaces) {
        const Bytes size = params.size == 0_B ? device.capacity : params.size;
        all.push_back(one(size, params.used, params.shared));
    }
    return all;
}

}  // namespace lmsim::sim
