#pragma once

#include "model/host/vmm/run.hpp"

namespace lmsim::host::vmm {

/// One step of the source.
class SourceRun : public Run {
  public:
    SourceRun(SourceControl& source, Device* devices, DeviceThread* threads, const Event& what,
              const Config& settings, const spec::Rules& in_force, Effects& out)
        : Run{source.flow, devices, what, settings, in_force, out},
          control(source),
          thread(threads) {}

    void step();

  private:
    SourceControl& control;
    DeviceThread* thread;
    Call asked_ = Call::None;  // what the event answers

    bool move(Move what) {
        return advance(Machine::Precopy, control.precopy, what, advance_precopy);
    }
    bool move_switchover(Move what) {
        return advance(Machine::Switchover, control.switchover, what, advance_switchover);
    }
    bool move_rollback(Move what) {
        return advance(Machine::Rollback, control.rollback, what, advance_rollback);
    }
    bool at(Precopy state) const { return is(control.precopy, state); }
    bool at(Switchover state) const { return is(control.switchover, state); }
    bool at(Rollback state) const { return is(control.rollback, state); }

    void start();
    void cancel();
    void return_path();
    void take_ack();
    void answer();

    // Each machine: settle() enters states until something is asked; answered() takes an answer.
    void settle();
    void enter_precopy();
    void enter_setup();
    void precopy_answered(std::int32_t error);
    void setup_answered(std::int32_t error);
    void exact_answered(std::int32_t error);
    void iterate_answered(std::int32_t error);
    void enter_switchover();
    void enter_last();
    void switchover_answered(std::int32_t error);
    void last_answered(std::int32_t error);
    void enter_rollback();
    void rollback_answered();

    void setup_ends();
    void send_ram(bool last);
    void ask_exact();
    void exact_done();
    void block_read();
    void block_sent();
    void send_block(bool last);
    Pending estimate() const;
    void choose();
    bool begin_exact();
    void decide(std::uint64_t bytes, Move otherwise);
    void add_device();
    void count_window();
    void close_window(std::int64_t elapsed);
    void expect_downtime(std::uint64_t transferred, double per_ms);
    void note_sync();
    void ask_sync(bool last);
    bool throttle_looks();
    void throttle_synced(std::int32_t error);
    void judge_period();
    void end_throttle();
    void ask_precopy_info(std::uint16_t index);
    void take_stop_bytes(std::int32_t error);
    void take_precopy_info(std::int32_t error);
    void ask_for_ack();
    bool recheck_from(int from);
    bool stop_from(int from);
    bool stop_answered();
    bool complete_from(int from);
    void complete();
    void thread_answered();
    void pass_the_lock();
    bool start_threads();
    void abort_threads();
    bool threads_work() const;
    void join_threads();
    bool over_multifd() const { return control.threads.count != 0; }
    void leave_with_failure();
    int next_in_precopy(int from) const;

    bool is_taken_back() const;
    bool broken() const { return flow.error != 0 || control.cancelled; }
    std::uint64_t quota() const { return window_quota(config.max_bandwidth); }
    std::uint64_t used() const { return control.transferred - control.window_start_bytes; }
    bool quota_spent() const { return judge(event.quota, quota_exceeded(quota(), used())); }
    static bool judge(Verdict verdict, bool computed) {
        return verdict == Verdict::Computed ? computed : verdict == Verdict::Yes;
    }
    std::uint16_t cursor() const { return flow.cursor; }
    bool another() const { return flow.cursor + 1 < config.devices; }
};

}  // namespace lmsim::host::vmm
