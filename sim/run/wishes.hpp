#pragma once

#include <array>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "sim/host/host_driver.hpp"
#include "sim/host/vmm_pair.hpp"
#include "sim/pin/pins.hpp"

namespace lmsim::sim {

/// Does what pins wish and nobody does by himself: faults, a user's cancel, and, in a run without a
/// migration, what the user of a VFIO device asks of it.
class Wishes {
  public:
    Wishes(Pins& pins, VmmPair& vmms, std::array<HostDriver*, 2> drivers, std::uint32_t vfs);

    /// Told when a reset has taken what the guest had in a VF.
    void on_loss(std::function<void(VmmSide, std::uint16_t vf)> lost) { lost_ = std::move(lost); }

    Pins::Granted grant(const std::string& wish) { return known_.at(wish)(); }

  private:
    using Grant = std::function<Pins::Granted()>;

    void add(const std::string& wish, Grant grant) { known_[wish] = std::move(grant); }
    void add_host(VmmSide side);
    void add_vf(VmmSide side, std::uint16_t vf);
    void add_user(std::uint16_t vf);
    void add_channel();
    Grant done(const std::string& wish, std::function<void()> act);

    Pins& pins_;
    VmmPair& vmms_;
    std::array<HostDriver*, 2> drivers_;
    std::uint32_t vfs_;
    std::map<std::string, Grant> known_;
    std::map<std::uint16_t, SparseBytes> state_;  // by VF: what the user read last
    std::function<void(VmmSide, std::uint16_t)> lost_;
};

}  // namespace lmsim::sim
