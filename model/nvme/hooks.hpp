#pragma once

#include <cstddef>
#include <cstdint>

#include "model/nvme/context.hpp"
#include "model/wire/sqe.hpp"

/// What one subject of the controller tells another: declared here, defined where the subject is.
namespace lmsim::nvme {

/// A change of user data that took effect, caused by a controller's own command.
struct Change {
    std::uint32_t nsid = 0;
    std::uint64_t slba = 0;
    std::uint64_t blocks = 0;  // at least 1, within the namespace
    bool deallocated = false;
};

/// What logging may push for one change and the completion after it; see can_log().
constexpr std::size_t change_effects = 14;

/// Is there room in this step for a change and its command's completion? Without it the command
/// waits at Stage::Logging, and put_off() brings Event::Continue.
template <class Bounds>
bool can_log(const Context<Bounds>& ctx) {
    return ctx.effects.size() + change_effects <= Effects::capacity;
}

/// model/nvme/user_data_log.hpp: logs the change if the controller's user data is logged. To be
/// called once the change took effect and before its command completes. Returns how many of its
/// blocks need no more care: at least 2^32 (one entry) or all of them if can_log(); what is left
/// of a longer range is for another step. Leaves room for the completion.
template <class Bounds>
std::uint64_t user_data_changed(Context<Bounds>& ctx, std::uint16_t function, const Change& change);

/// model/nvme/namespace_commands.hpp: bytes that a command on namespaces moves; 0 of any other.
template <class Bounds>
std::uint64_t namespace_data_length(const Context<Bounds>& ctx, const wire::Sqe& sqe, bool mmc);

/// model/nvme/format.hpp: logs what an earlier step had no room for, of the command at
/// Controller::logging_slot, if there is one.
template <class Bounds>
void go_on_logging(Context<Bounds>& ctx, std::uint16_t function);

/// model/nvme/format.hpp: a CLR of the controller gives up its Format NVM.
template <class Bounds>
void end_formats(Context<Bounds>& ctx, std::uint16_t function);

/// model/nvme/user_data_log.hpp: the controller has nothing more in flight (Config::cdq_merge).
template <class Bounds>
void user_data_idle(Context<Bounds>& ctx, std::uint16_t function);

/// model/nvme/user_data_log.hpp: the controller has finished its last command before a suspension:
/// the last entry (ESA 3), and the end of the queue if `dudmq`.
template <class Bounds>
void user_data_suspended(Context<Bounds>& ctx, std::uint16_t function, bool dudmq);

/// model/nvme/user_data_log.hpp: the controller goes on: its next entry is a first one (ESA 1).
template <class Bounds>
void user_data_resumed(Context<Bounds>& ctx, std::uint16_t function);

/// model/nvme/user_data_log.hpp: a CLR of the controller has ended its suspension.
template <class Bounds>
void user_data_reset(Context<Bounds>& ctx, std::uint16_t function);

/// model/nvme/migration.hpp: ends the Suspend with this CID if it waits for its controller, which
/// goes on; false if there is none.
template <class Bounds>
bool abort_suspend(Context<Bounds>& ctx, std::uint16_t function, std::uint16_t cid);

/// model/nvme/cdq.hpp: a CLR of the controller that created them deletes its CDQs.
template <class Bounds>
void delete_cdqs(Context<Bounds>& ctx, std::uint16_t creator);

/// model/nvme/cdq_commands.hpp: begins a Create of a discontiguous queue, whose PRP list has to be
/// fetched before it can be looked at; false if this command is none.
template <class Bounds>
bool begin_cdq(Context<Bounds>& ctx, std::uint16_t function, std::uint32_t slot,
               const wire::Sqe& sqe);

/// model/nvme/cdq_commands.hpp: bytes that a Get Features 21h brings; 0 of any other command.
template <class Bounds>
std::uint32_t cdq_data_length(const Context<Bounds>& ctx, const wire::Sqe& sqe);

/// model/nvme/events.hpp: gives pending events to outstanding AERs of the controller, while there
/// are both.
template <class Bounds>
void deliver_events(Context<Bounds>& ctx, std::uint16_t function);

/// model/nvme/track.hpp: a CLR of the MMC stops all memory tracking, one of an MC its own if the
/// rules say so.
template <class Bounds>
void reset_tracking(Context<Bounds>& ctx, std::uint16_t function);

}  // namespace lmsim::nvme
