#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/check/invariant.hpp"
#include "model/explore/rfc/queue_driver.hpp"
#include "model/host/vfio_nvme.hpp"
#include "model/vfio/uapi.hpp"

namespace lmsim::explore {

/// What is out of the ordinary about a VM that moves.
struct MoveBounds {
    std::uint32_t vendor_bytes = 0;  // opaque state of its VF
    std::uint32_t mdts = 6;          // 2^n pages of 4 KiB
    bool two_versions = false;       // its state has version 1h; the source lists 0h before that
    bool disturbed = false;          // one of the mishaps below happens, or none
};

/// A step of the run, or a mishap in its place.
enum class MoveStep : std::uint8_t {
    Next,     // the VMM's next step
    Answer,   // the device does what the driver asked for last
    Refused,  // or it refuses
    Resumed,  // another program resumes the VF that is being saved
    Empty,    // the device gives a state in which nothing is
    Bare,     // what arrives is a header that announces nothing
    Cut,      // what arrives lacks its end
};

/// A VM with one VF and two pairs of queues, which a VMM moves as simply as can be: one call after
/// the other, and back to the source when one fails. Devices answer when they are told to.
class MovedVm {
  public:
    MovedVm(const MoveBounds& bounds, const spec::Rules& rules);
    MovedVm(const MovedVm&) = delete;
    MovedVm& operator=(const MovedVm&) = delete;

    /// What can happen now; nothing once it is over.
    std::vector<MoveStep> choices() const;
    /// The first invariant that fell, or nullptr. `step` must be one of choices().
    const check::Invariant* perform(MoveStep step);
    std::string describe(MoveStep step) const;
    bool over() const { return phase_ == Phase::Over; }

  private:
    using Bench = nvme::bench::Bench<nvme::WorldBounds<1, 3>>;
    enum class Phase : std::uint8_t { Stop, Save, Ready, Open, Load, Start, Back, Over };

    struct Side {
        const char* name;
        Bench bench;
        QueueDriver pf{bench, 0};
        host::VfioNvme flow;
        spec::Rules taken;
        std::optional<Effect> submitted;

        Side(const char* called, const nvme::Config& config, const spec::Rules& rules);
        std::vector<std::uint8_t> identify(spec::Id cns);
        std::vector<std::uint8_t> snapshot();
        bool suspended();
    };
    struct Arc {
        vfio::MigState from;
        vfio::MigState to;
        bool at_source;
    };

    const Arc& arc() const;
    Side& at_hand() { return arc().at_source ? source_ : destination_; }
    const Side& at_hand() const { return arc().at_source ? source_ : destination_; }
    void next();
    void give(host::FlowEvent event);
    void replied(vfio::Errno error);
    void answer(bool refused);
    void mishap(MoveStep step);
    void transmit(MoveStep how);
    void empty_buffer(Side& side);
    void guest_submits(std::uint16_t qid);
    void guest_takes();
    const check::Invariant* judge();

    MoveBounds bounds_;
    Side source_;
    Side destination_;
    QueueDriver guest_;
    Phase phase_ = Phase::Stop;
    bool arrived_ = false;
    bool harmed_ = false;  // a mishap has happened
    bool empty_ = false;
    std::vector<std::uint8_t> loaded_;          // the destination's state when its VM starts
    std::map<std::uint32_t, int> outstanding_;  // by QID and CID: 1 until it has completed
};

}  // namespace lmsim::explore
