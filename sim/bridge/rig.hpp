#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "sim/bridge/device_port.hpp"
#include "sim/bridge/polled.hpp"

namespace lmsim::sim {

/// A device outside this process: a function, or a PF and VFs of it, open and ready to be driven,
/// with the memory that they reach. It is given back when this ends.
class Rig : public Polled {
  public:
    /// As the user wrote it: "0000:01:00.0", "vfio-user:PATH", "replay:FILE".
    virtual std::string name() const = 0;
    /// The PF and its VFs.
    virtual std::uint16_t functions() const = 0;
    /// Of the PF, 0, or a VF. What it sends is delivered by poll().
    virtual DevicePort& port(std::uint16_t function) = 0;
    /// An address that is no memory of the functions, of a whole page at least.
    virtual std::uint64_t no_memory() const = 0;
    /// Real time since it was opened. One that is recorded tells the same times again when it is
    /// replayed: whoever does something at a time asks here.
    virtual Ps now() = 0;
    /// wait_for() of this: whoever drives a device waits so, that it can be recorded.
    virtual bool wait(const std::function<bool()>& done, Ps limit) {
        return wait_for(*this, done, limit);
    }
};

}  // namespace lmsim::sim
