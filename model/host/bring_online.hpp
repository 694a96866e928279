#pragma once

#include <cstdint>

#include "model/spec/rules.hpp"
#include "model/wire/identify.hpp"
#include "model/wire/sqe.hpp"
#include "model/wire/virtualization.hpp"

namespace lmsim::host {

/// How the driver of a primary controller brings its secondaries online (HO-VIRT-01; NVMe Base 2.3,
/// 8.2.6.3): the flexible resources are shared out evenly, then each is assigned its share.
struct OnlinePlan {
    std::uint16_t vqs = 0;  // for each; 0 where queues are private
    std::uint16_t vis = 0;
};
OnlinePlan plan_online(const wire::PrimaryCapabilities& capabilities, std::uint16_t secondaries);

/// Is there anything to do for this one?
bool needs_online(const wire::SecondaryController& entry, const spec::Rules& rules);

/// The commands for one secondary, in order: those from 0 up to, without, online_commands().
std::uint32_t online_commands(const OnlinePlan& plan);
wire::Sqe online_command(const OnlinePlan& plan, std::uint32_t number, std::uint16_t cntlid,
                         const spec::Rules& rules);

}  // namespace lmsim::host
