#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "sim/bridge/vfio/system.hpp"

namespace lmsim::sim::vfio_kernel {

/// Writes in a process of its own; 0, errno, or ETIMEDOUT if the kernel has not come back by then:
/// it may never, and the process that waits for it cannot be ended (a function that is open keeps
/// its driver and its VFs).
int limited_write(const System& system, const std::string& below, const std::string& text,
                  std::chrono::milliseconds limit);

/// Waits until nobody has the function open through VFIO; false if somebody still has.
bool wait_until_closed(const System& system, const std::string& bdf,
                       std::chrono::milliseconds limit);

/// Changes of drivers and of numbers of VFs, and how each is undone. Errors are in words.
class Changes {
  public:
    /// For how long others are waited for.
    struct Limits {
        /// For one change. A controller may take two minutes to be enabled (NVMe Base 2.3, CAP.TO).
        std::chrono::milliseconds change{150'000};
        /// For whoever has a function open to close it.
        std::chrono::milliseconds closing{10'000};
    };

    Changes(const System& system, const Limits& limits) : system_(system), limits_(limits) {}

    /// The function gets the driver vfio-pci.
    std::string lend(const std::string& bdf);
    /// The PF gets so many VFs, and vfio-pci has them.
    std::string make_vfs(const std::string& bdf, unsigned count);
    /// All that was done, the last first; goes on where something fails.
    std::string undo();

  private:
    /// What was there before.
    struct Former {
        std::string bdf;
        bool made_vfs = false;     // the number of VFs was changed, otherwise the driver
        std::string driver;        // empty: none
        std::string override;      // empty: none
        std::string enable_sriov;  // vfio-pci's parameter
        unsigned numvfs = 0;
    };

    std::string write(const std::string& below, const std::string& text, const std::string& what);
    std::string bind_vfs(const std::string& bdf);
    std::string undo(const Former& former);
    std::string undo_vfs(const Former& former);
    std::string undo_driver(const Former& former);

    const System& system_;
    Limits limits_;
    std::vector<Former> done_;
};

/// Gives a function that was left with vfio-pci back to the kernel: its VFs end, driver_override is
/// cleared, and the kernel's own driver probes it. What was done, a sentence each, in `said`; in
/// words what could not be done.
std::string release(const System& system, const std::string& bdf, const Changes::Limits& limits,
                    std::vector<std::string>& said);

}  // namespace lmsim::sim::vfio_kernel
