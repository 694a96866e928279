#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "sim/bridge/device_port.hpp"
#include "sim/core/event_queue.hpp"

namespace lmsim::sim::conform {

/// What the cases are run against: a device with a PF (function 0, the MMC) and VFs, behind ports.
/// Nothing else of it is ever looked at.
class Target {
  public:
    virtual ~Target() = default;

    virtual std::string name() const = 0;
    /// The PF and its VFs.
    virtual std::uint16_t functions() const = 0;
    virtual DevicePort& port(std::uint16_t function) = 0;
    /// An address that is no host memory, of a whole page at least, if the target knows one; else
    /// 0.
    virtual std::uint64_t no_memory() const { return 0; }
    /// Pages of 4 KiB whose writes by one MC it can track at once, if the target knows; else 0.
    virtual std::uint64_t trackable() const { return 0; }
    /// May the data and the configuration that it keeps be destroyed?
    virtual bool destructive() const { return true; }
    /// What its time is: "simulated" or "wall".
    virtual const char* time_base() const { return "simulated"; }
    /// Why nothing can be expected of it any more; empty as long as something can.
    virtual std::string trouble() const { return {}; }
    /// Lets the target go on until `done()`, at most for `limit` of its time. False if it is still
    /// not done, be it that the time is over or that nothing more can happen.
    virtual bool wait(const std::function<bool()>& done, Ps limit) = 0;
};

}  // namespace lmsim::sim::conform
