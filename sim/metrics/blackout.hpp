#pragma once

#include <map>
#include <vector>

#include "sim/metrics/part.hpp"

namespace lmsim::sim::metrics {

/// Divides the blackout along the critical path: every picosecond from its begin to its end belongs
/// to exactly one label, so the parts sum to the total by construction.
///
///     blackout.begin(t0, {Part::Vmm, Side::Source});
///     blackout.mark(t1, {Part::Suspend, Side::Source, 2});
///     blackout.replace(t1, t2, {Part::Drain, Side::Source, 2});  // once the device has told it
///     blackout.end(t3);
class Blackout {
  public:
    /// vCPUs stop, or the first VF stops fetching because of the migration; the first call counts.
    void begin(Ps at, Label first = {});
    /// From now on the time belongs to `label`. Not before the begin or an earlier mark. Nothing
    /// happens if the blackout has not begun: a VF that is resumed in another life asks nobody.
    void mark(Ps at, Label label);
    /// Gives [from, to) to `label` after the fact. Must not begin before the blackout; may go past
    /// the last mark, whose label then goes on at `to`. Empty if from == to.
    void replace(Ps from, Ps to, Label label);
    /// vCPUs run, or a VF fetches and can interrupt. May be called for each: the last call counts,
    /// and what lies between belongs to whatever was marked.
    void end(Ps at);

    bool begun() const { return !cuts_.empty(); }
    bool ended() const { return ended_; }
    /// Undefined before begin().
    Ps begin_at() const;
    /// The end, or the latest time heard of while it goes on.
    Ps end_at() const { return end_; }
    Ps total() const;

    /// Merged by label, in the order in which the labels first had time; none of them is 0.
    std::vector<PartTime> parts() const;
    /// Of all sides and devices together.
    Ps total(Part part) const;
    /// [from, to) of each stretch, in order, for charts.
    struct Stretch {
        Ps from = 0;
        Ps to = 0;
        Label label;
    };
    std::vector<Stretch> stretches() const;

    /// Somebody was busy for `time` (not negative); busy times may overlap and may lie anywhere.
    void busy(Label label, Ps time);
    /// Sorted by part, side and device.
    std::vector<PartTime> busy() const;

  private:
    struct Cut {
        Ps at = 0;
        Label label;
    };

    std::vector<Cut> cuts_;  // never back in time
    Ps end_ = 0;
    bool ended_ = false;
    std::map<Label, Ps> busy_;
};

}  // namespace lmsim::sim::metrics
