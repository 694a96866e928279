#pragma once

#include "model/host/vmm/run.hpp"

namespace lmsim::host::vmm {

/// One step of the destination (QEMU 10.1 migration/migration.c: process_incoming_migration_co).
class DestinationRun : public Run {
  public:
    DestinationRun(DestinationControl& destination, Device* devices, DeviceThread* threads,
                   const Event& what, const Config& settings, const spec::Rules& in_force,
                   Effects& out)
        : Run{destination.flow, devices, what, settings, in_force, out},
          control_(destination),
          thread_(threads) {}

    void step();

  private:
    bool move(Move what) {
        return advance(Machine::Incoming, control_.incoming, what, advance_incoming);
    }
    bool at(Incoming state) const { return is(control_.incoming, state); }

    void start();
    void answer();
    void resumed_answered(std::int32_t error);
    void load_answered(std::int32_t error);
    void starting_answered();
    void take_message();
    void load_ends();
    void stream_ends();
    void settle();
    bool resume_from(int from);
    void count_acks();
    void initial_data_is_here();
    void stop_with(std::int32_t error, Call what, std::uint16_t about);
    void shut(std::int32_t error);
    void released();
    void finish(Outcome outcome);

    void packet_arrived();
    void thread_answered();
    void thread_started();
    void settle_thread(std::uint16_t index);
    void settle_threads();
    void abort_threads();
    bool threads_work() const;
    void join_threads();

    DestinationControl& control_;
    DeviceThread* thread_;
};

}  // namespace lmsim::host::vmm
