#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "sim/bridge/device_port.hpp"
#include "sim/core/kernel.hpp"

namespace lmsim::sim {

/// The host's own NVMe driver binds to VFs as soon as they are there (sriov_drivers_autoprobe),
/// before anybody has given them resources: it enables each of them and waits for CSTS.RDY as long
/// as CAP.TO says, of all at the same time.
class VfProbe : public Component, private PortClient {
  public:
    VfProbe(sc_core::sc_module_name name, Kernel& kernel, Ps poll);

    /// Until the last VF is ready or has been given up. The ports' clients are others afterwards.
    void run(const std::vector<DevicePort*>& vfs, std::function<void()> done);

    void handle(const Event& event) override;

  private:
    /// What a read was for; the VF is in the bits above.
    enum class Read : std::uint32_t { Capabilities, Status };

    void ask(std::uint32_t vf, Read what);
    void over(std::uint32_t vf);
    void interrupt(std::uint32_t /*vector*/) override {}
    void read_done(std::uint64_t token, std::uint64_t value) override;

    Ps poll_;
    std::vector<DevicePort*> vfs_;
    std::vector<Ps> deadlines_;
    std::function<void()> done_;
    std::size_t open_ = 0;
};

}  // namespace lmsim::sim
