#pragma once

#include <algorithm>
#include <vector>

#include "sim/metrics/vf_times.hpp"

namespace lmsim::sim {

/// When each NVMe VF stops on the source and works on the destination.
class VfMeter {
  public:
    explicit VfMeter(std::uint16_t vfs) : vfs_(vfs) {}

    void stops(Ps at, std::uint16_t vf) { vfs_[vf].stopped = at; }
    void fetches(Ps at, std::uint16_t vf, bool on) { vfs_[vf].fetches = on ? at : ps_never; }
    void interrupts(Ps at, std::uint16_t vf, bool on) { vfs_[vf].interrupts = on ? at : ps_never; }
    void waited(std::uint16_t vf, Ps time) { vfs_[vf].waited += time; }

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
    };
    std::vector<Vf> vfs_;
};

}  // namespace lmsim::sim
