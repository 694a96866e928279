#include "model/host/bring_online.hpp"

#include <algorithm>

#include "model/assert.hpp"

namespace lmsim::host {
namespace {

std::uint16_t share(const wire::FlexibleResources& resources, std::uint16_t secondaries) {
    if (!resources.supported || secondaries == 0) {
        return 0;
    }
    const std::uint32_t for_all =
        resources.total - std::min<std::uint32_t>(resources.total, resources.primary);
    const std::uint32_t most = std::min<std::uint32_t>(for_all / secondaries, resources.secondary);
    // The granularity is what the device prefers, and no rule.
    const std::uint32_t beyond = resources.granularity > 1 ? most % resources.granularity : 0;
    return static_cast<std::uint16_t>(beyond < most ? most - beyond : most);
}

}  // namespace

OnlinePlan plan_online(const wire::PrimaryCapabilities& capabilities, std::uint16_t secondaries) {
    return {share(capabilities.vq, secondaries), share(capabilities.vi, secondaries)};
}

bool needs_online(const wire::SecondaryController& entry, const spec::Rules& rules) {
    return !entry.online && rules.on(spec::Id::HostBringsOnline);
}

std::uint32_t online_commands(const OnlinePlan& plan) {
    return 1U + (plan.vqs != 0 ? 1 : 0) + (plan.vis != 0 ? 1 : 0);
}

wire::Sqe online_command(const OnlinePlan& plan, std::uint32_t number, std::uint16_t cntlid,
                         const spec::Rules& rules) {
    using wire::ResourceType;
    using wire::VirtualizationAction;
    LMSIM_ASSERT(number < online_commands(plan));
    wire::VirtualizationManagement command{VirtualizationAction::SecondaryOnline, ResourceType::Vq,
                                           cntlid, 0};
    if (number == 0 && plan.vqs != 0) {
        command.action = VirtualizationAction::SecondaryAssign;
        command.nr = plan.vqs;
    } else if (number + 2 == online_commands(plan) && plan.vis != 0) {
        command.action = VirtualizationAction::SecondaryAssign;
        command.type = ResourceType::Vi;
        command.nr = plan.vis;
    }
    return wire::encode(command, rules);
}

}  // namespace lmsim::host
