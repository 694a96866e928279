#pragma once

#include <cstdint>

#include "model/nvme/context.hpp"

/// What one subject of the controller tells another: declared here, defined where the subject is.
namespace lmsim::nvme {

/// A change of user data that took effect, caused by a controller's own command.
struct Change {
    std::uint32_t nsid = 0;
    std::uint64_t slba = 0;
    std::uint64_t blocks = 0;  // at least 1, within the namespace
    bool deallocated = false;
};

/// model/nvme/cdq.hpp: logs the change if the controller's user data is logged; a range that one
/// entry cannot hold takes several. Pushes up to change_effects() effects.
template <class Bounds>
void user_data_changed(Context<Bounds>& ctx, std::uint16_t function, const Change& change);

/// model/nvme/cdq.hpp: the controller has finished its last command before a suspension: the last
/// entry (ESA 3), and the end of the queue if `dudmq`.
template <class Bounds>
void user_data_suspended(Context<Bounds>& ctx, std::uint16_t function, bool dudmq);

/// model/nvme/cdq.hpp: the controller goes on: its next entry is a first one (ESA 1).
template <class Bounds>
void user_data_resumed(Context<Bounds>& ctx, std::uint16_t function);

/// model/nvme/cdq.hpp: a CLR of the controller that created them deletes its CDQs.
template <class Bounds>
void delete_cdqs(Context<Bounds>& ctx, std::uint16_t creator);

/// model/nvme/events.hpp: gives pending events to outstanding AERs of the controller, while there
/// are both.
template <class Bounds>
void deliver_events(Context<Bounds>& ctx, std::uint16_t function);

/// model/nvme/track.hpp: a CLR of the MMC stops all memory tracking.
template <class Bounds>
void stop_tracking(Context<Bounds>& ctx);

}  // namespace lmsim::nvme
