#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "model/check/monitor.hpp"
#include "model/spec/rules.hpp"
#include "sim/trace/sink.hpp"

namespace lmsim::sim {

/// An invariant that fell in a run: the first time.
struct Breach {
    const check::Invariant* invariant = nullptr;
    Ps at = 0;
    check::Observation seen;
    std::uint64_t times = 0;
};

/// Watches a run while it happens: components tell it what they do. Nothing depends on it.
class RunMonitor {
  public:
    /// The trace is told of what no record of another kind says. `sink` may be null; it outlives
    /// the monitor. Whatever dialects the devices speak, what has to hold is in the standard.
    explicit RunMonitor(trace::TraceSink* sink) : sink_(sink) {}
    /// Of hosts with several VMs that have `each` VFs: tells the monitor of each what it has to
    /// know, with its own numbers of VFs. The monitors outlive it.
    RunMonitor(std::vector<RunMonitor*> vms, std::uint16_t each)
        : sink_(nullptr), vms_(std::move(vms)), each_(each) {}

    void tell(Ps at, const check::Observation& seen) {
        if (each_ != 0) {
            return pass_on(at, seen);
        }
        const check::Invariant* const broken = check::step(monitor_, seen, rules_);
        if (broken != nullptr || (sink_ != nullptr && trace::is_own_record(seen.what))) {
            tell_more(at, seen, broken);
        }
    }

    /// May the VF access memory and interrupt there? Then nothing depends on hearing that it does,
    /// which it does several times for each command.
    bool may_touch(metrics::Side side, std::uint16_t vf) {
        if (each_ != 0) {
            return vms_[vf / each_]->may_touch(side, vf % each_);
        }
        const std::uint8_t host =
            side == metrics::Side::Destination ? check::destination : check::source;
        return monitor_.vf.at(vf).place[host].still == 0 && monitor_.vm.on(host);
    }
    /// The same of fetching from a submission queue.
    bool may_fetch(metrics::Side side, std::uint16_t vf, std::uint16_t queue) {
        if (each_ != 0) {
            return vms_[vf / each_]->may_fetch(side, vf % each_, queue);
        }
        const std::uint8_t host =
            side == metrics::Side::Destination ? check::destination : check::source;
        return may_touch(side, vf) &&
               monitor_.vf.at(vf).place[host].sq.at(queue) == check::QueueLife::Live;
    }
    /// Is any log of user data on? Nobody needs to hear of changes otherwise.
    bool watches_user_data() const { return user_data_; }
    void watch_user_data(bool on) { user_data_ = on; }
    /// In the order in which they fell.
    const std::vector<Breach>& breaches() const { return breaches_; }

  private:
    void pass_on(Ps at, const check::Observation& seen);
    void tell_more(Ps at, const check::Observation& seen, const check::Invariant* broken);

    spec::Rules rules_;
    trace::TraceSink* sink_;
    check::Monitor<check::WideBounds> monitor_;
    std::vector<Breach> breaches_;
    bool user_data_ = false;
    std::vector<RunMonitor*> vms_;
    std::uint16_t each_ = 0;  // 0: it watches one VM itself
};

/// Command Abort Requested, in a status field without the phase tag. Nobody aborts commands here.
inline bool is_abort(std::uint16_t status, const spec::Rules& rules) {
    return status == rules.status(spec::Id::StatusAbortRequested);
}

/// An observation of a VF (check::no_vf: of none) on a host.
inline check::Observation observe(check::What what, metrics::Side side,
                                  std::uint16_t vf = check::no_vf, std::uint64_t value = 0,
                                  std::uint64_t value2 = 0) {
    check::Observation seen;
    seen.what = what;
    seen.host = side == metrics::Side::Destination ? check::destination : check::source;
    seen.vf = vf;
    seen.value = value;
    seen.value2 = value2;
    return seen;
}

/// The same of a queue or a command in it.
inline check::Observation observe_queue(check::What what, metrics::Side side, std::uint16_t vf,
                                        std::uint16_t queue, std::uint16_t cid = 0) {
    check::Observation seen = observe(what, side, vf);
    seen.queue = queue;
    seen.cid = cid;
    return seen;
}

}  // namespace lmsim::sim
