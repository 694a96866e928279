#pragma once

#include <sys/types.h>

#include <chrono>
#include <memory>
#include <string>

#include "sim/bridge/fd.hpp"
#include "sim/bridge/vfio/changes.hpp"

namespace lmsim::sim::vfio_kernel {

/// A process of its own that changes drivers and numbers of VFs for this one, and undoes all of it,
/// the last first, as soon as it is told to or this process is no more: after an error, SIGINT,
/// SIGKILL or a crash alike. It has none of this process's descriptors, and no signal of a terminal
/// reaches it.
class Guardian {
  public:
    /// For how long others are waited for.
    struct Limits {
        Changes::Limits changes;
        /// For a process that has lost its end of the line to be gone, so that nothing is open.
        std::chrono::milliseconds death{30'000};
    };

    static Result<std::unique_ptr<Guardian>> start(std::shared_ptr<const System> system,
                                                   const Limits& limits);
    ~Guardian();
    Guardian(const Guardian&) = delete;
    Guardian& operator=(const Guardian&) = delete;

    /// The function gets the driver vfio-pci instead of what it has; an error in words, likewise
    /// below.
    std::string lend(const std::string& bdf);
    /// The PF, which vfio-pci has, gets so many VFs.
    std::string make_vfs(const std::string& bdf, unsigned count);
    /// Undoes all of it and ends.
    std::string give_back();

    pid_t pid() const { return pid_; }

  private:
    Guardian() = default;
    std::string ask(const std::string& request);

    Fd line_;
    pid_t pid_ = -1;
};

}  // namespace lmsim::sim::vfio_kernel
