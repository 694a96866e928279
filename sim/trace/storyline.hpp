#pragma once

#include <string_view>

#include "sim/trace/sink.hpp"

namespace lmsim::sim::trace {

/// Is it a machine of a VMM, and not of a function?
inline bool of_vmm(const StateRecord& record) {
    return record.vf == no_device && record.queue == no_queue && record.machine != "controller" &&
           record.side != Side::Network;
}

/// Reads out of the records of the VMMs what the migration as a whole is at, and where the guest
/// runs: what stands on top of the traces that are looked at.
class Storyline {
  public:
    /// What the record changes.
    struct Change {
        bool phase = false;
        bool guest = false;
    };
    Change take(const StateRecord& record);
    Change take(const PhaseRecord& record);

    /// "setup", "pre-copy", "switchover", "handover" (the guest runs again, the VMMs are not done);
    /// empty before and after the migration.
    std::string_view phase() const { return phase_; }
    /// "runs on the source", "stopped", ...
    std::string_view guest() const { return guest_; }

  private:
    Change enter(std::string_view phase);

    std::string_view phase_;
    std::string_view guest_ = "runs on the source";
    bool over_ = false;
};

}  // namespace lmsim::sim::trace
