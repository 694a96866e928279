#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "sim/check/run_monitor.hpp"
#include "sim/device/observer.hpp"
#include "sim/guest/guest.hpp"
#include "sim/host/channel.hpp"
#include "sim/host/host_driver.hpp"
#include "sim/host/opaque_device.hpp"
#include "sim/metrics/guest_meter.hpp"
#include "sim/metrics/result.hpp"
#include "sim/run/downtime_meter.hpp"
#include "sim/run/link_meter.hpp"
#include "sim/run/vf_meter.hpp"
#include "sim/trace/sink.hpp"
#include "sim/trace/storyline.hpp"

namespace lmsim::sim {

/// Watches a whole run: every component tells it what happens, and it keeps the figures of the
/// result and feeds the trace. Nothing in the run depends on it.
class RunMeter : public GuestObserver, public VmmObserver, private UserDataObserver {
  public:
    /// `devices`: all that the VMM migrates, of which the first are the NVMe VFs.
    RunMeter(std::uint16_t vfs, std::uint16_t devices, trace::TraceSink* sink);

    /// What it sees of the VM and its commands is also told to this monitor.
    void set_monitor(RunMonitor* monitor) { monitor_ = monitor; }

    /// The observers to give to the components of one side.
    DeviceObserver& device(VmmSide side) { return sides_[static_cast<std::size_t>(side)]; }
    DriverObserver& driver(VmmSide side) { return sides_[static_cast<std::size_t>(side)]; }
    OpaqueObserver& opaque(VmmSide side) { return sides_[static_cast<std::size_t>(side)]; }

    /// Of the source.
    UserDataObserver& user_data() { return *this; }

    /// The trace tells how busy this link is. `name` and `pipe` must live as long as the meter.
    void watch_link(metrics::Side side, std::string_view name, const Pipe& pipe);

    /// An admin processor has taken a command for that VF of a VM that stands still.
    void admin_takes(VmmSide side, std::uint16_t vf, Ps waits, Ps works) {
        if (downtime_.blackout().begun()) {
            vfs_.processed(static_cast<std::size_t>(side), vf, waits, works);
        }
    }
    /// What it waits for others on the network; it outlives the meter's use.
    void watch_channel(const Channel& channel) { channel_ = &channel; }
    /// The same since the vCPUs stopped.
    Ps link_waited() const;

    /// Called when the state of a VF is in the destination's controller, before it may work.
    void on_state_loaded(std::function<void(std::uint16_t vf)> check) {
        state_loaded_ = std::move(check);
    }
    /// Called when the destination has loaded everything and nothing works there yet.
    void on_stream_loaded(std::function<void()> check) { stream_loaded_ = std::move(check); }

    void enter(Ps at, metrics::Window window);
    /// The guest has I/O to do that stands still with it.
    void guest_waits(Ps at) { guest_.waits(at); }
    /// Asked when the vCPUs stop: has the guest I/O to do that no doorbell has rung for yet?
    void on_vcpus_stop(std::function<bool()> has_io) { has_io_ = std::move(has_io); }
    /// See GuestMeter.
    void sample(metrics::GuestSample* to) { guest_.sample(to); }
    std::uint64_t skip(Ps from, Ps to, const metrics::GuestSample& like) {
        return guest_.skip(from, to, like);
    }
    void close(Ps at) {
        if (sink_ != nullptr) {
            links_.tell(at, *sink_);
        }
        guest_.close(at);
        downtime_.close(at);
    }
    /// After close(): the trace tells of the guest's commands that are under way.
    void tell_open();
    /// The same of a command of a PF's queue.
    void tell_open(VmmSide side, Ps submitted, const wire::Sqe& sqe, std::int32_t vf) {
        sides_[static_cast<std::size_t>(side)].admin_command(submitted, trace::not_reached, sqe, vf,
                                                             0);
    }
    /// After close(): an I/O that was submitted and never completed.
    void unfinished(Ps submitted) { guest_.unfinished(submitted); }

    const metrics::GuestMeter& guest() const { return guest_; }
    const DowntimeMeter& downtime() const { return downtime_; }
    const VfMeter& vfs() const { return vfs_; }
    /// What the migration as a whole is at.
    const trace::Storyline& story() const { return story_; }
    const std::vector<metrics::Round>& rounds() const { return rounds_; }
    std::uint64_t duplicated() const { return duplicated_; }
    std::uint64_t failed_ios() const { return failed_; }
    std::uint64_t suspended_activity() const { return suspended_activity_; }
    std::uint64_t interrupts_lost() const { return interrupts_lost_; }
    std::optional<std::uint64_t> vmm_downtime_ms() const { return downtime_ms_; }
    std::optional<std::uint64_t> vmm_downtime_return_path_ms() const { return return_path_ms_; }
    /// What ended the migration first, if something failed: the call, its errno and its device.
    struct Failure {
        host::vmm::Call call = host::vmm::Call::None;
        std::int32_t error = 0;
        std::uint16_t device = host::vmm::no_device;
        VmmSide side = VmmSide::Source;
    };
    const std::optional<Failure>& failure() const { return failure_; }

    // GuestObserver
    void io_submitted(Ps at) override { guest_.submitted(at); }
    void io_completed(const IoRecord& io) override;
    void command_submitted(Ps at, std::uint16_t vf, std::uint16_t queue, const wire::Sqe& sqe,
                           std::uint64_t length) override;
    void command_completed(Ps at, std::uint16_t vf, std::uint16_t queue,
                           const wire::Cqe& cqe) override;
    void duplicate_completion(Ps at, std::uint16_t vf, std::uint16_t queue) override;
    void commands_abandoned(Ps at, std::uint16_t vf) override;

    // VmmObserver
    void call_began(Ps at, VmmSide side, const Effect& call) override;
    /// The user pauses the VM before it is moved.
    void paused_by_user(Ps at);
    void call_ended(Ps at, VmmSide side, std::int32_t error, std::uint64_t value) override;
    void reported(Ps at, VmmSide side, const Effect& report) override;
    void sending(Ps at, VmmSide side) override { downtime_.sending(at, side); }
    void device_done(Ps at, VmmSide side) override { downtime_.device_done(at, side); }
    void thread_call_began(Ps at, VmmSide side, const Effect& call) override;
    void thread_call_ended(Ps at, VmmSide side, const Effect& call, std::int32_t error,
                           std::uint64_t value) override;
    void pages_sent(Ps at) override { look(at); }

  private:
    struct Side : public DeviceObserver, public DriverObserver, public OpaqueObserver {
        RunMeter* meter = nullptr;
        VmmSide side = VmmSide::Source;
        std::vector<host::FlowStep> at_step;  // by VF

        void state_entered(Ps at, std::uint16_t function, std::uint32_t state) override;
        bool hears_commands() const override { return meter->sink_ != nullptr; }
        void command_posted(Ps fetched, Ps posted, std::uint16_t function, std::uint16_t sqid,
                            std::uint16_t cid, std::uint8_t opcode, std::uint16_t status) override;
        void interrupts_switched(Ps at, std::uint16_t function, bool on) override;
        void broke_suspension(Ps at, std::uint16_t function) override;
        void interrupt_lost(Ps at, std::uint16_t function) override;
        void flow_step(Ps at, std::uint16_t vf, host::FlowStep step, bool well) override;
        void admin_asked(Ps at) override;
        void admin_rung(Ps at, std::int32_t vf, Ps waited) override;
        void admin_command(Ps submitted, Ps completed, const wire::Sqe& sqe, std::int32_t vf,
                           std::uint16_t status) override;
        void device_is_at(Ps at, std::uint16_t device, metrics::Part part, bool done) override {
            meter->downtime_.device_is_at(at, side, device, part, done);
        }
        void device_works(Ps at, std::uint16_t device, bool works, bool interrupts) override {
            meter->downtime_.device_works(at, side, device, works, interrupts);
        }
    };

    // UserDataObserver
    void log_entry(Ps at, std::uint16_t vf, wire::Esa esa, const UserDataChange* change) override;
    void log_event(Ps at, std::uint16_t vf, wire::CdqEvent event) override;
    void log_lost(Ps at, std::uint16_t vf, bool restarted) override;

    /// Whenever something happens: are records of links due?
    void look(Ps at) {
        if (links_.due(at)) {
            links_.tell(at, *sink_);
        }
    }
    void tell(const trace::PhaseRecord& record) {
        story_.take(record);
        if (sink_ != nullptr) {
            sink_->phase(record);
        }
    }
    void watch_vcpus(Ps at, VmmSide side, host::vmm::Call call);
    void vcpus_stop(Ps at, VmmSide side);
    trace::CommandRecord& record(std::uint16_t vf, std::uint16_t queue, std::uint16_t cid);

    metrics::GuestMeter guest_;
    DowntimeMeter downtime_;
    VfMeter vfs_;
    trace::Storyline story_;
    trace::TraceSink* sink_;
    RunMonitor* monitor_ = nullptr;
    const Channel* channel_ = nullptr;
    Ps link_waited_ = 0;  // when the vCPUs stopped
    LinkMeter links_;
    Side sides_[2];
    std::vector<metrics::Round> rounds_;
    std::uint64_t duplicated_ = 0;
    std::uint64_t failed_ = 0;
    std::uint64_t suspended_activity_ = 0;
    std::uint64_t interrupts_lost_ = 0;
    std::uint64_t sent_bytes_ = 0;  // on the wire so far
    std::optional<std::uint64_t> downtime_ms_;
    std::optional<std::uint64_t> return_path_ms_;
    std::optional<Failure> failure_;
    std::vector<std::vector<std::vector<trace::CommandRecord>>> commands_;  // vf, queue, cid
    Effect open_call_[2];
    std::function<void(std::uint16_t)> state_loaded_;
    std::function<void()> stream_loaded_;
    std::function<bool()> has_io_;
};

}  // namespace lmsim::sim
