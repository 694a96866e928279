#pragma once

#include <array>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "sim/check/run_monitor.hpp"
#include "sim/device/nvme_device.hpp"
#include "sim/host/dirty_tracking.hpp"
#include "sim/host/nvme_vf.hpp"
#include "sim/host/opaque_device.hpp"
#include "sim/host/vmm_pair.hpp"
#include "sim/run/dialects.hpp"
#include "sim/run/run_meter.hpp"
#include "sim/run/workload.hpp"

namespace lmsim::sim {

/// Whole ones.
constexpr std::uint64_t pages_of(Bytes bytes) { return bytes.count / page_size; }

struct RunOptions;

/// One VM on the pair of hosts and all that is its own: memory, VFs, guest, VMMs, and who watches
/// them. Numbers of VFs count within it, unless they are said to be a host's.
struct Vm {
    /// On one host.
    struct Side {
        /// `given`: memory that somebody else reaches as well, and has; nullptr: its own.
        Side(std::uint64_t pages, Memory* given)
            : own(given == nullptr ? std::make_unique<Memory>(pages) : nullptr),
              memory(given == nullptr ? *own : *given) {}
        /// What the VMM has open, in the order of its numbers.
        std::vector<VfioDevice*> devices();

        std::unique_ptr<Memory> own;
        Memory& memory;
        std::vector<DevicePort*> ports;  // of the VFs
        std::deque<NvmeVf> vfs;          // as the VMM has them open
        std::vector<std::unique_ptr<OpaqueDevice>> others;
    };

    /// `given`: see Side, of the source and of the destination.
    Vm(std::uint16_t number, const Scenario& scenario, trace::TraceSink* sink,
       std::array<Memory*, 2> given = {});

    /// "guest" of the first VM, "vm1_guest" of the second: of components, and of random streams.
    std::string named(const char* what) const;
    /// A VF's number on its host.
    std::uint16_t on_host(std::uint16_t vf) const {
        return static_cast<std::uint16_t>(first_vf + vf);
    }
    Side& at(VmmSide which) { return sides[static_cast<std::size_t>(which)]; }
    const Side& at(VmmSide which) const { return sides[static_cast<std::size_t>(which)]; }

    /// The devices of other kinds on one host; the VFs are there.
    void add_devices(VmmSide side, Kernel& kernel, const Scenario& scenario,
                     const Dialects& dialects);
    /// The guest with its drivers and its I/O. The workload outlives it.
    void build_guest(Kernel& kernel, const Scenario& scenario, Workload& workload);
    /// The VMMs of both hosts, over this network if others use it, too.
    void build_vmms(Kernel& kernel, const Scenario& scenario, const Dialects& dialects,
                    std::array<HostDriver*, 2> drivers, Network* network);
    /// Its guest, VMMs and devices of other kinds tell the meter, the trace and the log of steps.
    void watch(const Kernel& kernel, const RunOptions& options);
    bool moved() const { return ended != 0 && vmms->finished(); }

    std::uint16_t number;
    std::uint16_t first_vf;  // its number on the host
    std::unique_ptr<trace::TraceSink> renamed;
    trace::TraceSink* sink;  // nullptr: no trace is written
    std::array<Side, 2> sides;
    std::unique_ptr<Guest> guest;
    std::unique_ptr<DirtyTracking> tracking;  // nullptr: the driver tracks, or nobody need
    std::unique_ptr<VmmPair> vmms;
    RunMonitor monitor;
    RunMeter meter;
    std::string diagnosis;  // of the first time-out
    std::uint64_t page_mismatch = 0;
    std::uint64_t state_mismatch = 0;
    // As the director leads it; 0: it never came to that.
    Ps began = 0;
    Ps ended = 0;

  private:
    DirtyTracking* build_tracking(Kernel& kernel, const Scenario& scenario, HostDriver& driver);
};

/// Pages that rings, lists and buffers of a guest take.
std::uint64_t driver_pages(const Scenario& scenario, const Workload& workload);

}  // namespace lmsim::sim
