#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "model/spec/rules.hpp"

namespace lmsim::host {

/// Who of a host drives the migration of a VF. All send what host::VfioNvme asks for; they differ
/// in who sends it, in what that costs and in what is possible.
enum class Architecture : std::uint8_t {
    VfioNvme,    // a VFIO driver, with commands of its own on the PF's queue
    VmmDirect,   // the VMM, with passthrough commands of the NVMe driver
    Split,       // VFIO for the VF, another interface for namespaces and media
    Vendor2022,  // a VFIO driver with the vendor specific commands of 2022
};
constexpr std::array<std::string_view, 4> architecture_names{"vfio-nvme", "vmm-direct", "split",
                                                             "vendor-2022"};

/// Who has the Controller Data Queue of a VF's user data.
enum class CdqPlace : std::uint8_t {
    Driver,  // the driver, for itself
    User,    // a program, in memory of its own that the kernel pins; eventfd (RFC of 2026-04)
    Kernel,  // the kernel; a program gets copies by read() (RFC of 2025-07)
    None,    // there is none
};
constexpr std::array<std::string_view, 4> cdq_place_names{"driver", "user", "kernel", "none"};

/// The same as somebody wishes it; Auto: as the architecture has it.
enum class CdqWish : std::uint8_t { Auto, Driver, User, Kernel };

/// What an architecture may be unable to do.
enum class Ability : std::uint8_t {
    TrackMemory,
    LogUserData,
    SeveralVfs,
    PeerToPeer,
    PreCopy,
    CopyMedia,
    SetUpNamespaces,
    VersionedState,
    ConsistentState,
    ProbeDevice,
    ResetInterlock,
    CheckedState,
    NoPrivilege,
    VmmAsItIs,
    OneInterface,
};

/// An ability that an architecture lacks, and why.
struct Lack {
    std::uint8_t architectures;  // a bit each
    std::uint8_t cdqs;
    Ability ability;
    std::string_view what;
    std::string_view why;
    std::string_view source;
};

/// Who may have the logic of a migration, or a part of it.
enum class Party : std::uint8_t { Guest, Vmm, Kernel, CharDevice };
constexpr std::array<std::string_view, 4> party_names{"guest", "VMM", "kernel", "char device"};

/// What of a VM somebody has to be kept from.
enum class Asset : std::uint8_t {
    ControllerState,   // of the VM's own VF
    ChangeLog,         // entries of its Controller Data Queue
    WrittenAddresses,  // guest memory that the device wrote, as reports tell it
    OtherVfs,          // state and queues of the VFs of other VMs
    HostMemory,        // beyond the VM's own, by a device's DMA
};
constexpr std::array<std::string_view, 5> asset_names{
    "controller state", "change log", "written addresses", "other VFs", "host memory"};

/// What a party can do to an asset.
enum class Access : std::uint8_t { None, Read, Write, ReadWrite };
constexpr std::array<std::string_view, 4> access_names{"-", "read", "write", "read, write"};

/// What a party can do to an asset in these architectures.
struct Grant {
    Party party;
    Asset asset;
    std::uint8_t architectures;
    std::uint8_t cdqs;
    Access access;
    std::string_view why;
    std::string_view source;
};

/// What a host is, once its drivers' dialect is known: who speaks the commands of 2022 (LM-VND-01)
/// is Vendor2022, whatever was asked for.
Architecture architecture_of(Architecture asked, const spec::Rules& rules);

/// Who has the queue; a dialect may give it to a program (HO-CIO-01).
CdqPlace cdq_place(Architecture architecture, CdqWish wish, const spec::Rules& rules);

/// Can an architecture have its queue there?
bool fits(Architecture architecture, CdqPlace place);

/// All that there is to say, in the order of the abilities.
constexpr std::size_t lack_count = 16;
extern const std::array<Lack, lack_count> all_lacks;
bool applies(const Lack& lack, Architecture architecture, CdqPlace place);
/// nullptr: it can.
const Lack* find_lack(Architecture architecture, CdqPlace place, Ability ability);

/// The one cell of the table. `place` fits the architecture.
const Grant& grant(Architecture architecture, CdqPlace place, Party party, Asset asset);

}  // namespace lmsim::host
