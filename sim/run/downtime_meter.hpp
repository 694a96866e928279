#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "model/host/vfio_nvme.hpp"
#include "model/nvme/machines.hpp"
#include "sim/host/vmm_pair.hpp"
#include "sim/metrics/blackout.hpp"

namespace lmsim::sim {

/// Finds out whose time each moment of the blackout is. Each side says what it is at; until the source
/// has sent its last message its work is the critical path, from then on the destination's, and
/// where neither works the channel's.
class DowntimeMeter {
  public:
    explicit DowntimeMeter(std::uint16_t vfs)
        : operational_{std::vector<bool>(vfs, true), std::vector<bool>(vfs, true)} {}

    void call_began(Ps at, VmmSide side, const Effect& call);
    void call_ended(Ps at, VmmSide side);
    /// The migration fails: the source is the critical path again, whatever it had sent.
    void rolls_back(Ps at);
    void flow_step(Ps at, VmmSide side, std::uint16_t vf, host::FlowStep step);
    void controller_entered(Ps at, VmmSide side, std::uint16_t vf, nvme::Migration state);

    const metrics::Blackout& blackout() const { return blackout_; }

  private:
    struct Activity {
        bool on = false;
        metrics::Label call;   // of the call under way
        metrics::Label label;  // of what it is at
        Ps since = 0;
        host::vmm::Call what = host::vmm::Call::None;
        bool last_message = false;
    };

    void set(Ps at, VmmSide side, const metrics::Label& label);
    void update(Ps at);
    void end_if_all_work(Ps at);
    Activity& of(VmmSide side) { return activity_[static_cast<std::size_t>(side)]; }

    metrics::Blackout blackout_;
    std::array<Activity, 2> activity_;
    metrics::Label shown_;
    std::array<std::vector<bool>, 2> operational_;  // by side and VF
    VmmSide owner_ = VmmSide::Source;
    bool stream_ended_ = false;
    bool vcpus_run_ = true;
};

}  // namespace lmsim::sim
