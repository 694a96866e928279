#include "sim/core/kernel.hpp"

#include <algorithm>

namespace lmsim::sim {

std::atomic<bool> Kernel::interrupted{false};

namespace {

Ps to_ps(const sc_core::sc_time& time) { return static_cast<Ps>(time.value()); }

constexpr std::uint64_t between_looks = 1024;  // events, until somebody looks for an interrupt

sc_core::sc_time from_ps(Ps time) {
    return sc_core::sc_time::from_value(static_cast<std::uint64_t>(time));
}

}  // namespace

Component::Component(sc_core::sc_module_name name, Kernel& kernel)
    : sc_module(name), kernel_(kernel), id_(kernel.add(this)) {}

Kernel::Kernel(sc_core::sc_module_name name, Stride stride, bool alone)
    : sc_module(name), stride_(stride) {
    if (alone) {
        return;  // a process would be there until this program's end
    }
    SC_METHOD(run);
    // During initialization the time to pending activity looks infinite: the horizon would not
    // hold.
    dont_initialize();
    sensitive << wake_;
}

ComponentId Kernel::add(Component* component) {
    const ComponentId id = queue_.add_component();
    LMSIM_ASSERT(id == components_.size());
    components_.push_back(component);
    hashes_.push_back(id + 1);
    return id;
}

void Kernel::start_of_simulation() {
    LMSIM_ASSERT(sc_core::sc_get_time_resolution() == sc_core::sc_time(1, sc_core::SC_PS));
    if (!queue_.empty()) {
        wake_.notify(from_ps(queue_.next_time()));
    }
}

void Kernel::wake() {
    const Ps here = to_ps(sc_core::sc_time_stamp());
    now_ = std::max(now_, here);
    if (!queue_.empty()) {
        const Ps next = queue_.next_time();
        wake_.cancel();
        wake_.notify(next <= here ? sc_core::SC_ZERO_TIME : from_ps(next - here));
    }
}

inline void Kernel::dispatch() {
    const Event event = queue_.pop();
    const ComponentId component = event.component();
    happens(component, event.at, event.kind, event.a, event.b);
    components_[component]->handle(event);
}

void Kernel::run_until(Ps until) {
    end_ = stride_ == Stride::Event ? 0 : until == ps_never ? ps_never : until + 1;
    while (!queue_.empty() && !stopped_ && queue_.next_time() <= until) {
        dispatch();
    }
    end_ = 0;
    now_ = until == ps_never ? now_ : std::max(now_, until);
}

/// What happens before `end`, but at most so many events. False: nothing is left of it.
bool Kernel::dispatch_until(Ps end, std::uint64_t most) {
    for (std::uint64_t i = 0; i < most; ++i) {
        if (stopped_ || queue_.next_time() >= end) {
            return false;
        }
        dispatch();
    }
    return true;
}

void Kernel::run() {
    const Ps here = to_ps(sc_core::sc_time_stamp());
    Ps horizon = here;
    if (stride_ == Stride::Horizon) {
        const std::uint64_t quiet = sc_core::sc_time_to_pending_activity().value();
        const bool endless = quiet > static_cast<std::uint64_t>(ps_never - here);
        horizon = endless ? ps_never : here + static_cast<Ps>(quiet);
    }
    // An event exactly on the horizon waits for its own activation, after the other activity.
    const Ps end = std::max(horizon, here + 1);
    const std::uint64_t most = stride_ == Stride::Event ? 1 : between_looks;
    end_ = stride_ == Stride::Event ? 0 : end;
    bool more = true;
    while (more) {
        more = dispatch_until(end, most) && stride_ == Stride::Horizon;
        if (interrupted.load(std::memory_order_relaxed)) {
            was_interrupted_ = true;
            stopped_ = true;
            more = false;
        }
    }
    end_ = 0;
    if (stopped_) {
        sc_core::sc_stop();
    } else if (!queue_.empty()) {
        const Ps wait = queue_.next_time() - here;
        wake_.notify(wait == 0 ? sc_core::SC_ZERO_TIME : from_ps(wait));
    }
}

std::uint64_t Kernel::trace_hash() const {
    std::uint64_t sum = 0;
    for (const std::uint64_t hash : hashes_) {
        sum += mix(hash);
    }
    return sum;
}

}  // namespace lmsim::sim
