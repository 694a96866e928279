#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "sim/host/host_driver.hpp"
#include "sim/host/memory.hpp"
#include "sim/host/opaque_device.hpp"
#include "sim/host/tracker.hpp"

namespace lmsim::sim {

/// Who tracks what devices write, how finely, and what that takes.
struct DirtyTrackingTiming {
    Tracker by = Tracker::Vmm;
    std::uint64_t memory = 0;   // bytes of the guest's memory
    std::uint64_t granule = 0;  // bytes: of the IOMMU
    Ps turn = 0;                // the IOMMU's log on or off, for all of the memory
    Ps report = 0;              // the IOMMU's log read, for all of the memory
    Ps report_granule = 0;      // more for each granule that was written
};

/// What tracking came to on the source.
struct DirtyTrackingUse {
    std::uint64_t reports = 0;   // asked for, of one device or of the IOMMU
    std::uint64_t granules = 0;  // that they told of
    std::uint64_t pages = 0;     // of these
    Ps time = 0;                 // of all that, starting included
};

/// VFIO's dirty tracking as QEMU sets it up for a whole container (QEMU 10.1 hw/vfio/container.c):
/// by its devices, one after the other, if all of them can; by the IOMMU; or not at all, and
/// everything counts as written each time.
class DirtyTracking : public Component {
  public:
    using Done = std::function<void()>;

    DirtyTracking(sc_core::sc_module_name name, Kernel& kernel, const DirtyTrackingTiming& timing,
                  HostDriver& driver, std::uint16_t vm, std::vector<OpaqueDevice*> others,
                  Memory& memory);

    void start(Done done);
    /// What was written since the last report is dirty in the memory now.
    void report(Done done);
    void stop();

    const DirtyTrackingUse& used() const { return use_; }

    void handle(const Event& event) override;

  private:
    void start_next(std::size_t device);
    void report_next(std::size_t device);
    void report_iommu();
    void after(Ps time, Done done);
    void finish();

    DirtyTrackingTiming timing_;
    HostDriver& driver_;
    std::uint16_t vm_;
    std::vector<OpaqueDevice*> others_;
    Memory& memory_;
    DmaLog iommu_;
    bool on_ = false;
    Ps began_ = 0;
    Done done_;   // of the call at hand
    Done after_;  // when the time at hand is over
    DirtyTrackingUse use_;
};

}  // namespace lmsim::sim
