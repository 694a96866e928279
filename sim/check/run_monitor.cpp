#include "sim/check/run_monitor.hpp"

#include <algorithm>

namespace lmsim::sim {

/// What is of no VF is of all VMs.
void RunMonitor::pass_on(Ps at, const check::Observation& seen) {
    if (seen.vf == check::no_vf) {
        for (RunMonitor* vm : vms_) {
            vm->tell(at, seen);
        }
        return;
    }
    check::Observation own = seen;
    own.vf = seen.vf % each_;
    vms_[seen.vf / each_]->tell(at, own);
}

void RunMonitor::tell_more(Ps at, const check::Observation& seen, const check::Invariant* broken) {
    // Who checks the trace has to find what fell here.
    const bool in_another_record = !trace::is_own_record(seen.what) && broken == nullptr;
    if (sink_ != nullptr && !in_another_record) {
        sink_->seen({at, seen});
    }
    if (broken == nullptr) {
        return;
    }
    const auto known = std::find_if(breaches_.begin(), breaches_.end(),
                                    [broken](const Breach& b) { return b.invariant == broken; });
    if (known != breaches_.end()) {
        ++known->times;
    } else {
        breaches_.push_back({broken, at, seen, 1});
    }
}

}  // namespace lmsim::sim
