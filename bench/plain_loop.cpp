#include <queue>

#include "bench/clock.hpp"
#include "bench/loop_machine.hpp"
#include "bench/loops.hpp"

namespace lmsim::bench {

namespace {

using sim::Ps;

struct Pending {
    Ps at;
    std::uint64_t order;  // ties: the device before the guest, then as posted
    loop::Event event;
};

struct Later {
    bool operator()(const Pending& x, const Pending& y) const {
        return x.at != y.at ? x.at > y.at : x.order > y.order;
    }
};

struct Heap : std::priority_queue<Pending, std::vector<Pending>, Later> {
    void reserve(std::size_t events) { c.reserve(events); }
};

class PlainLoop : public loop::Machine<PlainLoop> {
  public:
    explicit PlainLoop(const CommandPath& path) : Machine(path) { heap_.reserve(1 << 16); }

    void device_event(std::uint32_t /*lane*/, Ps at, const loop::Event& event) {
        heap_.push({at, device_order_++, event});
    }
    void guest_event(std::uint32_t /*lane*/, Ps at, const loop::Event& event) {
        heap_.push({at, guest_order_++, event});
    }
    Tally run();

  private:
    Heap heap_;
    std::uint64_t device_order_ = 0;
    std::uint64_t guest_order_ = std::uint64_t{1} << 63;
};

Tally PlainLoop::run() {
    now_ = path_.begin;
    std::uint64_t events = 0;
    const double before = cpu_seconds();
    begin();
    while (heap_.top().at <= path_.begin + path_.duration) {
        const Pending pending = heap_.top();
        heap_.pop();
        now_ = pending.at;
        ++events;
        handle(pending.event);
    }
    const double spent = cpu_seconds() - before;
    Tally result = tally();
    result.events = events;
    result.cpu_seconds = spent;
    return result;
}

}  // namespace

Tally run_plain(const CommandPath& path) { return PlainLoop(path).run(); }

}  // namespace lmsim::bench
