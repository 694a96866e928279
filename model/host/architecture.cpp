#include "model/host/architecture.hpp"

#include "model/assert.hpp"

namespace lmsim::host {
namespace {

using A = Architecture;
using C = CdqPlace;

template <class... Each>
constexpr std::uint8_t mask(Each... each) {
    return static_cast<std::uint8_t>(((1U << static_cast<unsigned>(each)) | ...));
}

constexpr std::uint8_t all = mask(A::VfioNvme, A::VmmDirect, A::Split, A::Vendor2022);
constexpr std::uint8_t by_vfio = mask(A::VfioNvme, A::Split, A::Vendor2022);
constexpr std::uint8_t any = mask(C::Driver, C::User, C::Kernel, C::None);

// Mails and code that the tables name.
constexpr std::string_view gunthorpe_2022 =
    "J. Gunthorpe, 2022-12, <Y5CWVu08abcOuEQH@ziepe.ca>: resume lets the user command arbitrary "
    "DMA; FLR and BAR have to be interlocked with VFIO";
constexpr std::string_view gunthorpe_2026 =
    "J. Gunthorpe, linux-nvme, 2026-04-24: VFIO for PCI and volatile state, something else for "
    "namespaces and media; plumbing the entire CDQ to user space treats it insecurely";
constexpr std::string_view gurtovoy_2022 =
    "M. Gurtovoy, 2022-12, thread of <20221206055816.292304-1-lei.rao@intel.com>: a virtual "
    "subsystem has to be configured on both hosts";
constexpr std::string_view derrick_2022 =
    "J. Derrick, linux-nvme, 2022-12-07: no way of knowing what C4h does on another drive";
constexpr std::string_view rao_2022 =
    "L. Rao, 2022-12-05, RFC PATCH 5/5 nvme-vfio: five commands on the PF's admin queue, ignored "
    "on a VF's";
constexpr std::string_view cdq_2025 =
    "J. Granados, 2025-07-14, PATCH RFC 3/8: read() copies entries and moves the head";
constexpr std::string_view cdq_2026 =
    "J. Granados, 2026-04-24, PATCH RFC 4/5: rings are pinned user memory";
constexpr std::string_view cdq_2026_ioctl =
    "J. Granados, 2026-04-24, PATCH RFC 5/5, line 832: no privilege is checked (R004-24)";
constexpr std::string_view kch_2025 =
    "C. Kulkarni, 2025-08-03, RFC 4/4: the driver sends Get and Set Controller State";
constexpr std::string_view cmd_allowed =
    "Linux 7.3 drivers/nvme/host/ioctl.c, nvme_cmd_allowed(): admin commands need CAP_SYS_ADMIN";
constexpr std::string_view dma_logging =
    "Linux 7.3 include/uapi/linux/vfio.h, VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT";
constexpr std::string_view base_queue = "NVMe Base 2.3, 8.1.13: the MMC's commands manage the MCs";
constexpr std::string_view iommu = "Linux 7.3 drivers/vfio: a VF's DMA goes through its own domain";
constexpr std::string_view kernel_trusted = "it drives the PF";

constexpr std::string_view no_udmq = "the commands of 2022 know no Controller Data Queue";

}  // namespace

constexpr std::array<Lack, lack_count> all_lacks{{
    {mask(A::Vendor2022), any, Ability::TrackMemory, "memory tracked by the device",
     "the five commands know no tracking: IOMMU or nothing", rao_2022},
    {mask(A::Vendor2022), any, Ability::LogUserData, "a log of user data changes", no_udmq,
     rao_2022},
    {mask(A::Vendor2022), any, Ability::SeveralVfs, "several VFs of one VM",
     "its driver has STOP_COPY alone; QEMU wants P2P of all devices if there is more than one",
     "QEMU 10.1 hw/vfio/migration.c, vfio_multiple_devices_migration_is_supported()"},
    {mask(A::Vendor2022), any, Ability::PreCopy, "device state before the stop",
     "its driver has STOP_COPY alone", rao_2022},
    {mask(A::VfioNvme), mask(C::Driver), Ability::CopyMedia, "media copied by a program",
     "the log's entries stay in the driver: what copies has to be in the kernel, too",
     gunthorpe_2026},
    {mask(A::Vendor2022), any, Ability::CopyMedia, "local media copied while the VM runs", no_udmq,
     rao_2022},
    {mask(A::VfioNvme, A::Vendor2022), any, Ability::SetUpNamespaces,
     "namespaces set up on the destination", "VFIO has no call for them: an administrator does it",
     gurtovoy_2022},
    {mask(A::Vendor2022), any, Ability::VersionedState, "a state that names its version",
     "the data are opaque: another device or firmware may take them for something else", rao_2022},
    {mask(A::Vendor2022), any, Ability::ConsistentState, "a check that the state is consistent",
     "completions tell the size alone, not whether the controller stood still", rao_2022},
    {mask(A::Vendor2022), any, Ability::ProbeDevice, "to know whether a drive has the commands",
     "vendor specific opcodes without a guard", derrick_2022},
    {mask(A::VmmDirect), any, Ability::ResetInterlock, "an interlock with resets and BAR accesses",
     "vfio-pci resets the VF and maps its BAR, and knows nothing of the migration", gunthorpe_2022},
    {mask(A::VmmDirect), any, Ability::CheckedState, "a state that the kernel has looked at",
     "passthrough hands it to the device as it came over the network", gunthorpe_2022},
    {mask(A::VmmDirect), any, Ability::NoPrivilege, "a VMM without privileges",
     "passthrough of admin commands to the PF needs CAP_SYS_ADMIN, and reaches all VFs",
     cmd_allowed},
    {mask(A::VmmDirect), any, Ability::VmmAsItIs, "VMMs as they are",
     "each VMM needs code for NVMe; QEMU and Cloud Hypervisor have code for VFIO", gunthorpe_2026},
    {mask(A::Split), any, Ability::OneInterface, "one interface",
     "two, and an order between them: the log ends after VFIO has suspended the VF, and who reads "
     "it has to tell the VMM",
     gunthorpe_2026},
    {mask(A::VfioNvme, A::VmmDirect, A::Split), any, Ability::PeerToPeer,
     "peer-to-peer DMA stopped alone",
     "NVMe's Suspend stops all of the controller: RUNNING_P2P is a suspended VF", base_queue},
}};

namespace {

constexpr std::uint8_t direct = mask(A::VmmDirect);
constexpr std::uint8_t vendor = mask(A::Vendor2022);
constexpr std::uint8_t standard_vfio = mask(A::VfioNvme, A::Split);
constexpr std::uint8_t standard = mask(A::VfioNvme, A::VmmDirect, A::Split);
constexpr std::uint8_t not_user = mask(C::Driver, C::Kernel, C::None);

constexpr std::array grants{
    Grant{Party::Guest, Asset::ControllerState, all, any, Access::None,
          "the commands are the PF's; the VF's own admin queue does not take them", base_queue},
    Grant{Party::Guest, Asset::ChangeLog, all, any, Access::None, "the queue is the host's memory",
          base_queue},
    Grant{Party::Guest, Asset::WrittenAddresses, all, any, Access::None,
          "the reports go to the host", base_queue},
    Grant{Party::Guest, Asset::OtherVfs, all, any, Access::None, "its VF's queues are all it has",
          base_queue},
    Grant{Party::Guest, Asset::HostMemory, all, any, Access::None,
          "the VF's DMA ends in the VM's memory", iommu},

    Grant{Party::Vmm, Asset::ControllerState, standard_vfio, any, Access::ReadWrite,
          "data_fd: whole states; the driver checks their form (HO-MIG-05), not what they say",
          kch_2025},
    Grant{Party::Vmm, Asset::ControllerState, vendor, any, Access::ReadWrite,
          "data_fd: opaque data that nobody can check", rao_2022},
    Grant{Party::Vmm, Asset::ControllerState, direct, any, Access::ReadWrite,
          "in its own memory; nobody looks at what it sends", gunthorpe_2022},
    Grant{Party::Vmm, Asset::ChangeLog, mask(A::VfioNvme), mask(C::Driver), Access::None,
          "entries stay in the driver", gunthorpe_2026},
    Grant{Party::Vmm, Asset::ChangeLog, standard_vfio, mask(C::User, C::Kernel), Access::None,
          "another process has the queue", gunthorpe_2026},
    Grant{Party::Vmm, Asset::ChangeLog, direct, mask(C::User), Access::ReadWrite,
          "the ring is its memory: whatever later types of queues hold, too", cdq_2026},
    Grant{Party::Vmm, Asset::ChangeLog, direct, mask(C::Kernel), Access::Read,
          "copies of entries, by read()", cdq_2025},
    Grant{Party::Vmm, Asset::ChangeLog, vendor, any, Access::None, no_udmq, rao_2022},
    Grant{Party::Vmm, Asset::WrittenAddresses, standard_vfio, any, Access::Read,
          "a bitmap of its own VM's memory", dma_logging},
    Grant{Party::Vmm, Asset::WrittenAddresses, direct, any, Access::Read,
          "Track Receive by passthrough, of any VF that it names", cmd_allowed},
    Grant{Party::Vmm, Asset::WrittenAddresses, vendor, any, Access::None,
          "the device tells of none", rao_2022},
    Grant{Party::Vmm, Asset::OtherVfs, by_vfio, any, Access::None,
          "the driver puts in the CNTLID of the VF whose file is open (HO-MIG-01)", kch_2025},
    Grant{Party::Vmm, Asset::OtherVfs, direct, any, Access::ReadWrite,
          "a CNTLID is a number in its command: any VF's state, any VF's Suspend", gunthorpe_2022},
    Grant{Party::Vmm, Asset::HostMemory, by_vfio, any, Access::None,
          "a forged state commands DMA within the VM's own domain alone", gunthorpe_2022},
    Grant{Party::Vmm, Asset::HostMemory, direct, not_user, Access::None,
          "the kernel maps what its commands name", cmd_allowed},
    Grant{
        Party::Vmm, Asset::HostMemory, direct, mask(C::User), Access::Write,
        "as posted: above 2 MiB ring memory is read as PRP entries, which are addresses (R004-02)",
        cdq_2026},

    Grant{Party::Kernel, Asset::ControllerState, by_vfio, any, Access::ReadWrite,
          "it reads, keeps and loads it", kch_2025},
    Grant{Party::Kernel, Asset::ControllerState, direct, any, Access::ReadWrite,
          "it passes it on without a look", kernel_trusted},
    Grant{Party::Kernel, Asset::ChangeLog, standard, any, Access::ReadWrite,
          "it has the queue, or has pinned it", kernel_trusted},
    Grant{Party::Kernel, Asset::ChangeLog, vendor, any, Access::None, no_udmq, rao_2022},
    Grant{Party::Kernel, Asset::WrittenAddresses, standard, any, Access::ReadWrite,
          "reports go through it", kernel_trusted},
    Grant{Party::Kernel, Asset::WrittenAddresses, vendor, any, Access::None,
          "the device tells of none", rao_2022},
    Grant{Party::Kernel, Asset::OtherVfs, all, any, Access::ReadWrite,
          "the PF's admin queue serves all VFs", kernel_trusted},
    Grant{Party::Kernel, Asset::HostMemory, all, any, Access::ReadWrite, "it owns the domains",
          kernel_trusted},

    Grant{Party::CharDevice, Asset::ControllerState, all, any, Access::ReadWrite,
          "passthrough of the same commands, with CAP_SYS_ADMIN", cmd_allowed},
    Grant{Party::CharDevice, Asset::ChangeLog, mask(A::VfioNvme), mask(C::Driver), Access::None,
          "the driver's queue cannot be named", cmd_allowed},
    Grant{Party::CharDevice, Asset::ChangeLog, standard, mask(C::User), Access::ReadWrite,
          "a queue of its own for any VF, and no privilege is checked", cdq_2026_ioctl},
    Grant{Party::CharDevice, Asset::ChangeLog, standard, mask(C::Kernel), Access::Read,
          "copies of entries, by read() of the queue's own file", cdq_2025},
    Grant{Party::CharDevice, Asset::ChangeLog, vendor, any, Access::None, no_udmq, rao_2022},
    Grant{Party::CharDevice, Asset::WrittenAddresses, standard, any, Access::Read,
          "Track Receive by passthrough, with CAP_SYS_ADMIN", cmd_allowed},
    Grant{Party::CharDevice, Asset::WrittenAddresses, vendor, any, Access::None,
          "the device tells of none", rao_2022},
    Grant{Party::CharDevice, Asset::OtherVfs, all, any, Access::ReadWrite,
          "passthrough names any VF, with CAP_SYS_ADMIN", cmd_allowed},
    Grant{Party::CharDevice, Asset::HostMemory, all, not_user, Access::None,
          "the kernel maps what its commands name", cmd_allowed},
    Grant{
        Party::CharDevice, Asset::HostMemory, standard, mask(C::User), Access::Write,
        "as posted: above 2 MiB ring memory is read as PRP entries, which are addresses (R004-02)",
        cdq_2026},
};

constexpr bool has(std::uint8_t bits, unsigned bit) { return (bits >> bit & 1U) != 0; }

/// Which places an architecture can have its queue in.
constexpr std::array<std::uint8_t, architecture_names.size()> places{
    mask(C::Driver, C::User, C::Kernel),  // vfio-nvme
    mask(C::User, C::Kernel),             // vmm-direct: no driver of the VF could keep it
    mask(C::User, C::Kernel),             // split: the media path is a program's
    mask(C::None),
};

constexpr bool holds(const Grant& one, unsigned architecture, unsigned place, unsigned party,
                     unsigned asset) {
    return static_cast<unsigned>(one.party) == party && static_cast<unsigned>(one.asset) == asset &&
           has(one.architectures, architecture) && has(one.cdqs, place);
}

constexpr std::size_t cells_of(unsigned architecture, unsigned place, unsigned party,
                               unsigned asset) {
    std::size_t found = 0;
    for (const Grant& one : grants) {
        found += holds(one, architecture, place, party, asset) ? 1 : 0;
    }
    return found;
}

/// Every cell of the table has one grant.
constexpr bool is_complete() {
    for (unsigned a = 0; a < architecture_names.size(); ++a) {
        for (unsigned c = 0; c < cdq_place_names.size(); ++c) {
            for (unsigned cell = 0; cell < party_names.size() * asset_names.size(); ++cell) {
                const unsigned party = cell / asset_names.size();
                const unsigned asset = cell % asset_names.size();
                if (has(places[a], c) && cells_of(a, c, party, asset) != 1) {
                    return false;
                }
            }
        }
    }
    return true;
}
static_assert(is_complete());

}  // namespace

Architecture architecture_of(Architecture asked, const spec::Rules& rules) {
    return rules.on(spec::Id::VendorCommands) ? Architecture::Vendor2022 : asked;
}

CdqPlace cdq_place(Architecture architecture, CdqWish wish, const spec::Rules& rules) {
    if (architecture == Architecture::Vendor2022) {
        return CdqPlace::None;
    }
    switch (wish) {
        case CdqWish::Driver: return CdqPlace::Driver;
        case CdqWish::User: return CdqPlace::User;
        case CdqWish::Kernel: return CdqPlace::Kernel;
        case CdqWish::Auto: break;
    }
    if (rules.on(spec::Id::CdqByIoctl) || architecture == Architecture::VmmDirect) {
        return CdqPlace::User;
    }
    return architecture == Architecture::Split ? CdqPlace::Kernel : CdqPlace::Driver;
}

bool fits(Architecture architecture, CdqPlace place) {
    return has(places[static_cast<std::size_t>(architecture)], static_cast<unsigned>(place));
}

bool applies(const Lack& lack, Architecture architecture, CdqPlace place) {
    return has(lack.architectures, static_cast<unsigned>(architecture)) &&
           has(lack.cdqs, static_cast<unsigned>(place));
}

const Lack* find_lack(Architecture architecture, CdqPlace place, Ability ability) {
    for (const Lack& lack : all_lacks) {
        if (lack.ability == ability && applies(lack, architecture, place)) {
            return &lack;
        }
    }
    return nullptr;
}

const Grant& grant(Architecture architecture, CdqPlace place, Party party, Asset asset) {
    for (const Grant& one : grants) {
        if (holds(one, static_cast<unsigned>(architecture), static_cast<unsigned>(place),
                  static_cast<unsigned>(party), static_cast<unsigned>(asset))) {
            return one;
        }
    }
    LMSIM_ASSERT(!"a cell of a place that does not fit");
    return grants[0];
}

}  // namespace lmsim::host
