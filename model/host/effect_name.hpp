#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "model/host/vfio_nvme.hpp"
#include "model/host/vmm/call.hpp"

// What happens in a migration, by name: "source.vf0 Suspend Executed". The explorer says them of
// its actions and the simulator of its events, so that the order of the one can be asked of the
// other.
namespace lmsim::host::effect {

// Of a command: its entry, its data are with the controller; the controller has done it; its
// completion is with the driver.
inline constexpr std::string_view submitted = "Submitted";
inline constexpr std::string_view fetched = "Fetched";
inline constexpr std::string_view read = "Read";
inline constexpr std::string_view executed = "Executed";
inline constexpr std::string_view completed = "Completed";
// What nobody does by himself.
inline constexpr std::string_view refused = "Refused";
inline constexpr std::string_view timed_out = "TimedOut";
inline constexpr std::string_view reset = "Reset";
inline constexpr std::string_view cancel = "Cancel";
inline constexpr std::string_view channel_cut = "channel Cut";
inline constexpr std::string_view channel_damaged = "channel Damaged";
inline constexpr std::string_view user_reads = "ReadState";
inline constexpr std::string_view user_writes = "WriteState";
inline constexpr std::string_view user_sets = "SET ";  // and the state
// The rest.
inline constexpr std::string_view enabled = "Enabled";
inline constexpr std::string_view finds_closed = "FindsClosed";
inline constexpr std::string_view begins = "run Begins";

/// A host of the migration: 0 is the source, 1 the destination.
std::string_view host_word(unsigned host);

/// A command of the PF's driver for a VF: "Suspend".
std::string_view command_word(FlowStep step);

/// "source.vf0 Fetched"
std::string of_vf(unsigned host, unsigned vf, std::string_view what);
/// "source.vf0 Suspend Executed"
std::string of_command(unsigned host, unsigned vf, FlowStep step, std::string_view what);
/// "source.pf Reset"
std::string of_pf(unsigned host, std::string_view what);
/// "guest.vf0 Submitted"
std::string of_guest(unsigned vf, std::string_view what);
/// "source.vmm Cancel"
std::string of_vmm(unsigned host, std::string_view what);
/// "source.vmm SendMessage Header", "source.vmm ReadDeviceBlock vf0"; `device` below 0: of none.
std::string of_call(unsigned host, vmm::Call call, vmm::Message message, int device);
/// "destination.vmm Receives DeviceData vf0": a message reaches the VMM of `host`.
std::string of_message(unsigned host, vmm::Message message, int device);

}  // namespace lmsim::host::effect
