#include <deque>
#include <memory>
#include <systemc>
#include <vector>

#include "bench/clock.hpp"
#include "bench/loop_machine.hpp"
#include "bench/loops.hpp"
#include "sim/core/reports.hpp"

namespace lmsim::bench {

namespace {

using sim::Ps;

sc_core::sc_time sc_ps(Ps time) {
    return sc_core::sc_time::from_value(static_cast<std::uint64_t>(time));
}

/// A resource: what it has at hand leaves it in order, and its event says when the first does.
template <class Loop>
class Resource : public sc_core::sc_module {
  public:
    SC_HAS_PROCESS(Resource);
    Resource(sc_core::sc_module_name name, Loop& loop) : sc_module(name), loop_(loop) {
        SC_METHOD(leave);
        dont_initialize();
        sensitive << due_;
    }
    void post(Ps at, const loop::Event& event) {
        queue_.push_back({at, event});
        if (queue_.size() == 1) {
            due_.notify(sc_ps(at) - sc_core::sc_time_stamp());
        }
    }

  private:
    struct Item {
        Ps at;
        loop::Event event;
    };
    void leave() {
        const Item item = queue_.front();
        queue_.pop_front();
        if (!queue_.empty()) {
            due_.notify(sc_ps(queue_.front().at - item.at));
        }
        loop_.take(item.at, item.event);
    }

    Loop& loop_;
    sc_core::sc_event due_;
    std::deque<Item> queue_;
};

class SystemcLoop : public loop::Machine<SystemcLoop> {
  public:
    explicit SystemcLoop(const CommandPath& path) : Machine(path) {
        for (std::uint32_t i = 0; i < lanes(); ++i) {
            resources_.push_back(std::make_unique<Resource<SystemcLoop>>(
                sc_core::sc_gen_unique_name("resource"), *this));
        }
    }
    void device_event(std::uint32_t lane, Ps at, const loop::Event& event) {
        resources_[lane]->post(at, event);
    }
    void guest_event(std::uint32_t lane, Ps at, const loop::Event& event) {
        resources_[lane]->post(at, event);
    }
    void take(Ps at, const loop::Event& event) {
        now_ = at;
        ++events_;
        handle(event);
    }
    Tally run() {
        now_ = path_.begin;
        sc_core::sc_start(sc_core::SC_ZERO_TIME);
        const double before = cpu_seconds();
        begin();
        sc_core::sc_start(sc_ps(path_.begin + path_.duration));
        const double spent = cpu_seconds() - before;
        Tally result = tally();
        result.events = events_;
        result.cpu_seconds = spent;
        return result;
    }

  private:
    std::vector<std::unique_ptr<Resource<SystemcLoop>>> resources_;
    std::uint64_t events_ = 0;
};

}  // namespace

Tally run_systemc(const CommandPath& path) {
    sim::install_report_handler();
    return SystemcLoop(path).run();
}

}  // namespace lmsim::bench
