#pragma once

#include <atomic>
#include <cstdint>
#include <systemc>
#include <vector>

#include "sim/core/event_queue.hpp"

namespace lmsim::sim {

class Kernel;

/// A part of the simulated machine. It registers with the kernel and gets its own events, in time
/// order.
class Component : public sc_core::sc_module {
  public:
    Component(sc_core::sc_module_name name, Kernel& kernel);
    ~Component() override = default;

    virtual void handle(const Event& event) = 0;

    ComponentId id() const { return id_; }

  protected:
    Ps now() const;
    Ps guest_time() const;
    LaneId add_lane();
    void post(LaneId lane, Ps at, std::uint32_t kind, std::uint32_t a = 0, std::uint64_t b = 0);
    void post_once(Ps at, std::uint32_t kind, std::uint32_t a = 0, std::uint64_t b = 0);
    Kernel& kernel() { return kernel_; }

  private:
    Kernel& kernel_;
    ComponentId id_;
};

/// How far one activation of the kernel's process runs.
enum class Stride : std::uint8_t {
    Horizon,  // up to the next activity of anything else in SystemC: what is proved safe
    Event,    // one event each: the slow reference that must give the same trace hash
};

/// Gives time to the run: one SC_METHOD that takes events from one queue (see EventQueue).
/// `now()` is the time of the event at hand and may lie ahead of sc_time_stamp().
class Kernel : public sc_core::sc_module {
  public:
    SC_HAS_PROCESS(Kernel);
    /// `alone`: whoever makes it gives it time by run_until() and never starts SystemC. Then one
    /// run may follow the other in a process.
    explicit Kernel(sc_core::sc_module_name name, Stride stride = Stride::Horizon,
                    bool alone = false);

    Ps now() const { return now_; }
    /// Time as the guest's I/O counts it: all but that for which the VMM was held
    /// (docs/fidelity.md).
    Ps guest_time() const { return now_ - held_; }
    /// It goes back by so much, and on from there.
    void hold(Ps span) { held_ += span; }
    EventQueue& queue() { return queue_; }
    ComponentId add(Component* component);

    using sc_core::sc_module::trace;  // SystemC's own, of another kind
    /// Mixed into the hash of the component at hand: what happened beyond kind and time of the
    /// event.
    void trace(ComponentId component, std::uint64_t what) {
        std::uint64_t& hash = hashes_[component];
        hash = mix(hash ^ what);
    }
    /// Ordered within each component, free of order across components: two runs are equal if this
    /// is.
    std::uint64_t trace_hash() const;

    /// Between two sc_start(): events were posted from outside any event, or time went by without
    /// one. The next sc_start() takes it from here.
    void wake();
    /// For a host that has a clock of its own and never starts SystemC: everything that is due by
    /// then happens, and it is then; with ps_never all that will ever happen, and time stands. Or
    /// until somebody stops it.
    void run_until(Ps until);
    /// An event that a component would post, and that nothing else comes before: it has happened,
    /// and the component goes on at once. False if it has to be posted.
    bool goes_on(ComponentId component, Ps at, std::uint32_t kind) {
        if (stopped_ || at >= end_ || queue_.next_time() <= at) {
            return false;
        }
        happens(component, at, kind, 0, 0);
        return true;
    }
    /// Ends the run after the event at hand.
    void stop() { stopped_ = true; }
    bool stopped() const { return stopped_; }
    /// The same, because the user wants it.
    void interrupt() { stopped_ = was_interrupted_ = true; }
    /// Set from a signal handler: the run ends after the event at hand.
    static std::atomic<bool> interrupted;
    bool was_interrupted() const { return was_interrupted_; }

    std::uint64_t events() const { return events_; }

    static std::uint64_t mix(std::uint64_t x) {
        x *= 0x9e3779b97f4a7c15U;
        return x ^ (x >> 29);
    }

  private:
    void start_of_simulation() override;
    void run();
    void dispatch();
    void happens(ComponentId component, Ps at, std::uint32_t kind, std::uint32_t a,
                 std::uint64_t b) {
        now_ = at;
        trace(component, static_cast<std::uint64_t>(at) ^ b ^
                             (static_cast<std::uint64_t>(kind) << 56) ^
                             (static_cast<std::uint64_t>(a) << 24));
        ++events_;
    }
    bool dispatch_until(Ps end, std::uint64_t most);

    Stride stride_;
    sc_core::sc_event wake_;
    EventQueue queue_;
    std::vector<Component*> components_;
    std::vector<std::uint64_t> hashes_;
    Ps now_ = 0;
    Ps held_ = 0;
    Ps end_ = 0;  // what is due before happens in this activation
    std::uint64_t events_ = 0;
    bool stopped_ = false;
    bool was_interrupted_ = false;
};

inline Ps Component::now() const { return kernel_.now(); }
inline Ps Component::guest_time() const { return kernel_.guest_time(); }
inline LaneId Component::add_lane() { return kernel_.queue().add_lane(id_); }
inline void Component::post(LaneId lane, Ps at, std::uint32_t kind, std::uint32_t a,
                            std::uint64_t b) {
    kernel_.queue().post(lane, at, kind, a, b);
}
inline void Component::post_once(Ps at, std::uint32_t kind, std::uint32_t a, std::uint64_t b) {
    kernel_.queue().post_once(id_, at, kind, a, b);
}

}  // namespace lmsim::sim
