#include "sim/scenario/namespace_check.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "model/nvme/state.hpp"
#include "sim/scenario/namespaces.hpp"

namespace lmsim::sim {

namespace {

using Problems = std::vector<Problem>;

constexpr std::size_t most_namespaces = nvme::SimBounds::namespaces;  // of a device

bool is_shared(const VfNamespace& one) { return one.shared; }

void check_one(const Scenario& scenario, std::size_t index, Problems& out) {
    const NamespaceParams& one = scenario.namespaces[index];
    const std::string path = fmt::format("namespace[{}].", index);
    const Bytes block = scenario.hosts.src.device.block;
    if (one.size % block != 0_B) {
        out.push_back({{path + "size", "hosts.both.device.block"},
                       fmt::format("{} is not a whole number of blocks of {}", format(one.size),
                                   format(block))});
    }
}

/// Which namespace of its VF a workload names.
void check_number(const Scenario& scenario, std::size_t index, Problems& out) {
    const std::uint32_t number = scenario.workloads[index].number;
    const std::size_t count = vf_namespaces(scenario).size();
    if (number > count) {
        out.push_back({{fmt::format("workload[{}].namespace", index), "namespace"},
                       fmt::format("a VF has no namespace {}; expected 0 to {}, or more "
                                   "[[namespace]] tables",
                                   number, count)});
    }
}

}  // namespace

void check_namespaces(const Scenario& scenario, std::vector<Problem>& out) {
    for (std::size_t i = 0; i < scenario.workloads.size(); ++i) {
        check_number(scenario, i, out);
    }
    const DeviceParams& device = scenario.hosts.src.device;
    const std::size_t count = scenario.namespaces.size();
    if (count == 0) {
        return;
    }
    if (!device.private_namespaces) {
        out.push_back({{"namespace", "hosts.both.device.private_namespaces"},
                       "all VFs share one namespace; expected private_namespaces = true, or no "
                       "[[namespace]]"});
    }
    const std::uint32_t vfs = all_vfs(scenario, device);
    if (count * vfs > most_namespaces) {
        out.push_back({{"namespace", "hosts.src.device.vfs"},
                       fmt::format("{} namespaces of each of {} VFs; expected at most {} in all",
                                   count, vfs, most_namespaces)});
    }
    if (scenario.media_copy.used != 100_percent) {
        out.push_back({{"media_copy.used", "namespace"},
                       "each [[namespace]] says itself how much of it is used; expected 100%"});
    }
    for (std::size_t i = 0; i < count; ++i) {
        check_one(scenario, i, out);
    }
}

void check_media_copy(const Scenario& scenario, std::vector<Problem>& out) {
    const MediaCopyParams& copy = scenario.media_copy;
    const DeviceParams& device = scenario.hosts.src.device;
    if (copy.mode == MediaCopyMode::None) {
        return;
    }
    if (!device.private_namespaces) {
        out.push_back({{"media_copy.mode", "hosts.both.device.private_namespaces"},
                       "all VFs share one namespace; expected private_namespaces = true, or mode = "
                       "\"none\""});
    }
    if (device.namespace_set == scenario.hosts.dst.device.namespace_set) {
        out.push_back({{"media_copy.mode", "hosts.dst.device.namespace_set"},
                       "both hosts reach the same namespaces: there is nothing to copy; expected "
                       "another number for hosts.dst, or mode = \"none\""});
    }
    if (copy.mode == MediaCopyMode::Copy && !scenario.hosts.src.driver.log_user_data) {
        out.push_back({{"media_copy.mode", "hosts.src.driver.log_user_data"},
                       "without the log of user data nobody knows what changes while the first "
                       "copy goes on; expected log_user_data = true, or mode = \"mirror\""});
    }
    if (copy.granule < device.block || copy.granule % device.block != 0_B) {
        out.push_back(
            {{"media_copy.granule", "hosts.both.device.block"},
             format(copy.granule) + " is not a whole number of blocks of " + format(device.block)});
    }
    if (copy.granule > copy.chunk) {
        out.push_back(
            {{"media_copy.granule", "media_copy.chunk"},
             format(copy.granule) + " is more than media_copy.chunk = " + format(copy.chunk)});
    }
    if (copy.chunk % copy.granule != 0_B) {
        out.push_back(
            {{"media_copy.chunk", "media_copy.granule"},
             format(copy.chunk) + " is not a whole number of granules of " + format(copy.granule)});
    }
    const std::vector<VfNamespace> namespaces = vf_namespaces(scenario);
    if (std::all_of(namespaces.begin(), namespaces.end(), is_shared)) {
        out.push_back({{"media_copy.mode", "namespace[0].shared"},
                       "both hosts reach all namespaces: there is nothing to copy; expected one "
                       "with shared = false, or mode = \"none\""});
    }
    Bytes needed = 0_B;
    for (const VfNamespace& one : namespaces) {
        needed = Bytes{needed.count + one.size.count * device.vfs};
    }
    if (copy.destination_capacity != 0_B && copy.destination_capacity < needed) {
        out.push_back({{"media_copy.destination_capacity", "hosts.both.device.capacity"},
                       fmt::format("{} is less than the {} that the namespaces of {} VF{} take",
                                   format(copy.destination_capacity), format(needed), device.vfs,
                                   device.vfs == 1 ? "" : "s")});
    }
}

}  // namespace lmsim::sim
