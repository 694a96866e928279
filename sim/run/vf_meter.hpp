#pragma once

#include <algorithm>
#include <vector>

#include "sim/metrics/vf_times.hpp"

namespace lmsim::sim {

/// What the commands for a VF waited for on one side, while the VM stood still.
struct VfWaits {
    Ps queue = 0;      // from the wish for each to its doorbell
    Ps processor = 0;  // for an admin processor of the device
    Ps works = 0;      // so long these worked on them

    Ps waited() const { return queue + processor; }
};

/// When each NVMe VF stops on the source and works on the destination.
class VfMeter {
  public:
    explicit VfMeter(std::uint16_t vfs) : vfs_(vfs) {}

    void stops(Ps at, std::uint16_t vf) { vfs_[vf].stopped = at; }
    void fetches(Ps at, std::uint16_t vf, bool on) { vfs_[vf].fetches = on ? at : ps_never; }
    void interrupts(Ps at, std::uint16_t vf, bool on) { vfs_[vf].interrupts = on ? at : ps_never; }
    void waited(std::size_t side, std::uint16_t vf, Ps time) {
        vfs_[vf].waited += time;
        vfs_[vf].waits[side].queue += time;
    }
    void processed(std::size_t side, std::uint16_t vf, Ps waits, Ps works) {
        vfs_[vf].waits[side].processor += waits;
        vfs_[vf].waits[side].works += works;
    }
    const VfWaits& waits(std::size_t side, std::uint16_t vf) const { return vfs_[vf].waits[side]; }

    /// Of a blackout that began then; those VFs that came to work on the destination.
    std::vector<metrics::VfTimes> times(Ps began) const {
        std::vector<metrics::VfTimes> all;
        for (std::size_t i = 0; i < vfs_.size(); ++i) {
            const Vf& vf = vfs_[i];
            const Ps ready = std::max(vf.fetches, vf.interrupts);
            if (ready != ps_never && vf.stopped >= began) {
                all.push_back({static_cast<metrics::Device>(i), vf.stopped - began, ready - began,
                               vf.waited});
            }
        }
        return all;
    }

  private:
    struct Vf {
        Ps stopped = -1;
        Ps fetches = ps_never;
        Ps interrupts = ps_never;
        Ps waited = 0;
        VfWaits waits[2];  // by side
    };
    std::vector<Vf> vfs_;
};

}  // namespace lmsim::sim
