#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sim/bridge/rig.hpp"
#include "sim/bridge/vfio/container.hpp"
#include "sim/core/result.hpp"

namespace lmsim::sim {

/// What is opened, and how.
struct RigRequest {
    /// A PCI address, "0000:01:00.0", of a PF or of a function alone; or "vfio-user:PATH"; or
    /// "replay:FILE", a session that was recorded, in place of its device.
    std::string device;
    /// Addresses of functions that are its VFs, although they are functions of their own; sockets,
    /// if the device is served: only these then, of those that there are.
    std::vector<std::string> vfs;
    /// VFs that the PF shall have as long as this lasts; functions 1 to `sriov` of the rig.
    unsigned sriov = 0;
    /// The VF token, a UUID, that whoever has the PF through VFIO has set; for a VF without its PF.
    std::string vf_token;
    /// By which of VFIO's two ways functions are opened.
    vfio_kernel::Access access = vfio_kernel::Access::Auto;
    std::uint64_t memory_pages = 16384;  // 64 MiB: what three controllers hand out
    std::uint64_t vm_pages = 0;  // memory of the VFs alone, which the PF does not reach; 0: one of
                                 // `memory_pages` for all functions
    /// Waiting ends as soon as this is true: with the trouble "interrupted".
    std::function<bool()> interrupted;
    /// Where the session is recorded; empty: nowhere.
    std::string record;
    /// What the user typed: it stands in the recording.
    std::string command;
    /// What the session is of, if its verb does one of several things: it stands in the recording,
    /// and that of a replay has to be the same.
    std::string subject;
    /// Told at the end, in words, what could not be given back, why a recording is not complete,
    /// or that a replay was not as its recording.
    std::function<void(const std::string&)> complain;
};

/// Does the kernel keep memory in place for it (RLIMIT_MEMLOCK)? Not for one that a process serves.
bool pins_memory(const RigRequest& request);

/// Is it a recording, in place of its device?
bool is_replay(const RigRequest& request);

/// In words what is wrong, or missing on this machine.
Result<std::unique_ptr<Rig>> open_rig(const RigRequest& request);

/// Two devices, or one.
struct Rigs {
    std::unique_ptr<Rig> both;  // what the two are parts of; nullptr: each is alone
    std::unique_ptr<Rig> source;
    std::unique_ptr<Rig> destination;  // nullptr: there is none
};

/// `destination` without a device: there is none. Where the source is recorded, or a recording, the
/// same file is of both: what is replayed has a destination if what was recorded had one, and then
/// the request's own device is but words.
Result<Rigs> open_rigs(const RigRequest& source, const RigRequest& destination);

}  // namespace lmsim::sim
