#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <vector>

#include "model/host/vmm/cloud.hpp"
#include "model/host/vmm/engine.hpp"
#include "sim/core/kernel.hpp"
#include "sim/fault/faults.hpp"
#include "sim/guest/guest.hpp"
#include "sim/host/channel.hpp"
#include "sim/host/dirty_tracking.hpp"
#include "sim/host/host_driver.hpp"
#include "sim/host/media_gate.hpp"
#include "sim/host/ram.hpp"
#include "sim/host/vfio_device.hpp"
#include "sim/pin/pins.hpp"
#include "sim/trace/machine_tap.hpp"

namespace lmsim::sim {

constexpr std::uint64_t config_space_bytes = 4096;  // of a VFIO device, MSI-X table included

/// What the VMM does for one VFIO device after the other: more for each that came before.
struct DeviceCost {
    Ps first = 0;  // once, with the first device
    Ps each = 0;
    Share growth;  // of `each`

    /// Of a device that `before` others came before.
    Ps of(std::uint64_t before) const {
        const Int128 grown = static_cast<Int128>(each) * growth.ppm * before / 1'000'000;
        return (before == 0 ? first : 0) + each + static_cast<Ps>(grown);
    }
    /// Of so many devices together.
    Ps all(std::uint64_t devices) const {
        Ps sum = 0;
        for (std::uint64_t i = 0; i < devices; ++i) sum += of(i);
        return sum;
    }
};

/// Times of the VMM's own work, in picoseconds.
struct VmmTiming {
    Ps pause = 0;
    Ps resume = 0;
    Ps block_flush = 0;
    Ps bitmap_sync = 0;  // for all of the guest's memory
    Ps page = 0;         // CPU for each page with content
    Ps zero_page = 0;
    Ps device_save = 0;  // CPUs and emulated devices
    Ps device_load = 0;
    std::uint64_t device_bytes = 0;
    std::uint64_t clear_log = 0;  // pages: see RamSender::clear_before_sending()
    bool carry_msix = true;
    bool managed = false;
    DeviceCost setup;  // of VFIO devices
    DeviceCost stop;
    DeviceCost start;
    std::uint32_t multifd_channels = 1;
    Ps multifd_channel = 0;  // each, when the last pages are flushed
    Ps multifd_copy = 0;     // of one MiB of device state
};

/// One side of the migration as the VMM sees it.
struct VmmHost {
    HostDriver* driver = nullptr;
    Memory* memory = nullptr;
    std::vector<DevicePort*> ports;     // of the NVMe VFs, which are the first devices
    std::vector<VfioDevice*> devices;   // all that the VMM has open, in the order of their number
    DirtyTracking* tracking = nullptr;  // nullptr: as the driver does it
    std::uint16_t vm = 0;               // whose VFs these are, as the driver counts VMs
};

/// What the VMMs did with the channel.
struct ChannelUse {
    std::uint64_t ram = 0;
    std::uint64_t zero_pages = 0;
    std::uint64_t device_state = 0;
    std::uint64_t other = 0;
};

enum class VmmSide : std::uint8_t { Source, Destination };

/// Follows the migration; for metrics and traces.
class VmmObserver {
  public:
    virtual ~VmmObserver() = default;
    virtual void call_began(Ps at, VmmSide side, const Effect& call) = 0;
    virtual void call_ended(Ps at, VmmSide side, std::int32_t error, std::uint64_t value) = 0;
    virtual void reported(Ps at, VmmSide side, const Effect& report) = 0;
    /// The call at hand has done its own work and now waits for the channel to take what it sends.
    virtual void sending(Ps /*at*/, VmmSide /*side*/) {}
    /// The device has done what the call at hand asked of it; the VMM's own work goes on.
    virtual void device_done(Ps /*at*/, VmmSide /*side*/) {}
    /// The same of a call that the thread of a device makes, beside all others.
    virtual void thread_call_began(Ps /*at*/, VmmSide /*side*/, const Effect& /*call*/) {}
    virtual void thread_call_ended(Ps /*at*/, VmmSide /*side*/, const Effect& /*call*/,
                                   std::int32_t /*error*/, std::uint64_t /*value*/) {}
    /// Some pages more have left.
    virtual void pages_sent(Ps /*at*/) {}
};

/// The VMM processes of both hosts and the channel between them: they host model/host/vmm and give
/// its calls their time.
class VmmPair : public Component {
  public:
    VmmPair(sc_core::sc_module_name name, Kernel& kernel, const VmmTiming& timing,
            const Channel& channel, const host::vmm::Config& config, const spec::Rules& rules,
            Guest& guest, const VmmHost& source, const VmmHost& destination);

    void start();
    void cancel();
    bool finished() const { return flow(VmmSide::Source).finished || gone_; }
    /// A source that crashed says nothing: then it is the destination's, if that did not as well.
    host::vmm::Outcome outcome() const {
        const auto it = flow(gone_ ? VmmSide::Destination : VmmSide::Source).outcome;
        return gone_ && it == host::vmm::Outcome::None ? host::vmm::Outcome::Failed : it;
    }
    const ChannelUse& used() const { return used_; }
    const Channel& channel() const { return channel_; }
    /// For what else uses the network between the hosts.
    Channel& channel() { return channel_; }
    /// The media are copied beside the migration: no switchover before they are ready for it.
    void set_media(MediaGate* media) { media_ = media; }
    void set_pins(Pins* pins) { pins_ = pins; }
    /// The connection of the hosts breaks, with what is on its way.
    void cut();
    /// The oldest block of device state on the channel loses its end. False if there is none.
    bool damage();
    // What goes wrong: sim/fault/.
    void set_faults(Faults* faults) { faults_ = faults; }
    /// The network carries nothing for so long.
    void stall(Ps length);
    /// It has one part in `parts` of its bandwidth; 1: all of it again.
    void slow_down(std::uint64_t parts);
    /// The VMM process of that side ends without a word. False if it did before.
    bool crash(VmmSide side);
    bool crashed(VmmSide side) const { return crashed_[static_cast<std::size_t>(side)]; }
    /// On which side the vCPUs would go on, or do.
    VmmSide owner() const { return owner_; }
    void on_crash(std::function<void(VmmSide)> told) { on_crash_ = std::move(told); }

    void set_observer(VmmObserver* observer) { observer_ = observer; }
    void set_step_log(trace::StepLog* steps) { steps_ = steps; }
    void set_trace(trace::TraceSink* sink);
    /// Asked before each call is made: true if it has to wait until `go` is called.
    using Gate = std::function<bool(VmmSide side, const Effect& call, std::function<void()> go)>;
    void set_gate(Gate gate) { gate_ = std::move(gate); }
    /// The clock that the VMMs read goes back by the time for which a call had to wait.
    void set_clock_back(Ps span) { set_back_ += span; }
    /// Pages that are dirty, as far as the VMM knows.
    std::uint64_t pages_left() const { return ram_.left(); }
    /// Called once, when the source has come to its end.
    void on_finish(std::function<void()> finished) { on_finish_ = std::move(finished); }

    void handle(const Event& event) override;

  private:
    enum class Kind : std::uint32_t {
        Answer,
        Timer,
        Arrive,
        ReturnArrive,
        Chunk,
        Closed,
        Saved,
        ThreadAnswer,
        Copied,
        ChannelIdle,
        PacketArrives,
        StateSaved,
        LateCall
    };

    struct Item {
        host::vmm::Message message = host::vmm::Message::None;
        host::vmm::Marker marker = host::vmm::Marker::None;
        std::uint16_t device = host::vmm::no_device;
        std::int32_t error = 0;
        std::uint64_t length = 0;
        SparseBytes bytes;
        Ps arrived = 0;
        Ps loaded = 0;  // of Ram: when its pages are loaded if each is as soon as it has come
        std::uint64_t held = 0;  // what it takes of the channel's buffer
    };
    struct Answer {
        std::uint32_t ticket = 0;
        std::int32_t error = 0;
        std::uint64_t value0 = 0;
        std::uint64_t value1 = 0;
        std::uint64_t length = 0;
    };
    struct Slice {  // a RamSendSlice under way
        std::uint64_t limit = 0;
        Ps until = 0;
        bool last = false;
        std::uint64_t twice = 0;  // bytes to send once more
        RamSender::Sent sent;
    };

    /// What one thread of a device has at hand, and the packets for it that have come.
    struct Line {
        Answer pending;
        Effect call;
        std::string called;  // the call at hand, as pins name it
        SparseBytes block;   // read and not queued; being written
        std::map<std::uint32_t, SparseBytes> packets;
        std::uint32_t config = UINT32_MAX;  // number of the configuration space
        std::uint32_t arrived = 0;          // so many, without gaps
        std::uint64_t waiting = 0;          // bytes
    };
    /// What one channel of multifd carries at a time.
    struct Job {
        bool pages = false;
        std::uint16_t device = 0;
        std::uint32_t number = 0;
        bool config = false;
        std::uint64_t length = 0;  // on the wire
        SparseBytes bytes;
        Ps found = 0;  // of pages: when the next ones are
        Ps gone = 0;
    };

    std::int64_t now_ms() const { return vmm_time() / 1'000'000'000; }
    Ps vmm_time() const { return now() - set_back_; }
    bool is_cloud() const { return config_.engine == host::vmm::Engine::CloudHypervisor; }
    const host::vmm::Flow& flow(VmmSide side) const;
    bool takes_messages() const;
    void step(VmmSide side, const host::vmm::Event& event);
    void step_cloud(VmmSide side, host::vmm::Event event, Effects& effects);
    void write_blob(std::uint16_t index);
    void send_state();
    template <class Vmm>
    void step_vmm(Vmm& vmm, metrics::Side side, const host::vmm::Event& event, Effects& effects);
    void perform(VmmSide side, const Effect& effect);
    void begin_call(VmmSide side, const Effect& effect);
    static std::string effect_of(VmmSide side, const Effect& call);
    bool stops_message(VmmSide side, const Item& item);
    bool stops_closing();
    void take_back();
    /// Nobody takes what is sent over a connection that is broken.
    std::int32_t sending_error() const {
        return cut_ ? static_cast<std::int32_t>(vfio::Errno::Io) : 0;
    }
    void call(VmmSide side, const Effect& effect);
    bool call_host(VmmSide side, const Effect& effect);
    bool call_device(VmmSide side, const Effect& effect);
    bool call_channel(VmmSide side, const Effect& effect);
    void answer(VmmSide side, Ps at, std::int32_t error = 0, std::uint64_t value0 = 0,
                std::uint64_t value1 = 0);
    VfioDone answer_vfio(VmmSide side);
    VfioDone answer_state(VmmSide side, const Effect& effect);
    Ps state_cost(const Effect& effect) const;

    // Faults
    bool spoils_call(VmmSide side, const Effect& call);
    void begin_late_call();
    void spoil_state(SparseBytes& bytes);
    bool loses_state(const Item& item);
    void spoil_log();
    void close_devices(VmmSide side);
    void end_crashed();

    Line& line(VmmSide side, std::uint16_t device) {
        return lines_[static_cast<std::size_t>(side)][device];
    }
    void call_thread(VmmSide side, const Effect& effect);
    void thread_set_state(VmmSide side, const Effect& effect);
    void thread_reads(const Effect& effect);
    void thread_writes(const Effect& effect);
    void thread_queues(const Effect& effect);
    void answer_thread(VmmSide side, std::uint16_t device, Ps at, std::int32_t error = 0,
                       std::uint64_t value0 = 0);
    void thread_answers(VmmSide side, std::uint16_t device);
    void start_threads();
    void queue_packet(std::uint16_t device);
    void want_channel(Job job);
    void start_jobs();
    void pages_taken(const Job& job, Ps gone);
    Ps channels_sent() const;
    void packet_arrives(std::uint64_t job);
    void close_channels();
    bool damage_packet();

    void start_logs(std::function<void()> done);
    void report_logs(std::function<void()> done);
    void sync_bitmap(bool last);
    void close_logs(std::function<void()> done);
    std::uint64_t pages_to_send() const;
    void stop_logs();
    void begin_slice(const Effect& effect);
    void send_chunks();
    bool send_chunk(bool may_go_on);
    void send_saved(std::uint16_t device, bool bare = false);
    void send_item(Item item, Ps gone);
    bool pages_on_main_stream() const { return channel_.streams == 1 && channels_.empty(); }
    bool fits() const;
    void when_fits(std::function<void()> go);
    void look_for_room();
    void answer_sent(Ps gone, std::uint64_t bytes);
    void send_back(Item item, Ps gone);
    void break_return_path();
    void hear_shut(vfio::Errno error);
    void look_at_destination();
    void deliver();
    void take_inbox();
    void load_non_iterable(std::uint16_t index);
    void resume_vcpus(VmmSide side);

    VfioDevice& device(VmmSide side, std::uint16_t index) {
        return *(side == VmmSide::Source ? source_host_ : destination_host_).devices[index];
    }
    HostDriver& driver(VmmSide side) {
        return *(side == VmmSide::Source ? source_host_ : destination_host_).driver;
    }
    Answer& pending(VmmSide side) { return pending_[static_cast<std::size_t>(side)]; }

    VmmTiming timing_;
    Channel channel_;
    host::vmm::Config config_;
    spec::Rules rules_;
    Guest& guest_;
    VmmHost source_host_;
    VmmHost destination_host_;
    RamSender ram_;
    host::vmm::Source<> source_;
    host::vmm::Destination<> destination_;
    host::vmm::CloudSourceState<> cloud_source_;
    host::vmm::CloudTargetState<> cloud_target_;
    // The state of devices, in blocks as read: Cloud Hypervisor's snapshot.
    std::map<std::uint16_t, std::deque<SparseBytes>> blobs_;
    std::uint64_t state_bytes_ = 0;  // what they take in it
    Answer pending_[2];
    std::vector<Line> lines_[2];  // by side and device, while their threads run
    std::vector<Ps> channels_;    // until when each is busy; empty: there are no threads
    std::size_t next_channel_ = 0;
    std::deque<Job> jobs_;                  // that wait for a channel
    std::map<std::uint64_t, Job> sending_;  // in a channel, or on the way
    std::uint64_t next_job_ = 0;
    Slice slice_;
    LaneId forward_lane_;
    LaneId back_lane_;
    std::deque<Item> wire_;      // sent and not arrived
    std::deque<Item> inbox_;     // arrived and not loaded
    std::uint64_t untaken_ = 0;  // of the main stream: what both hold of the channel's buffer
    std::function<void()> waits_for_room_;
    bool shut_ = false;  // the source's socket
    std::deque<Item> back_wire_;
    SparseBytes block_;    // last read from a device, not sent yet
    SparseBytes loading_;  // device data of the message at hand
    Ps pages_loaded_ = 0;  // of what was sent so far
    Ps ram_loaded_ = 0;    // of the message at hand
    bool closed_ = false;
    Pins* pins_ = nullptr;
    std::string called_[2];        // by side: the call at hand, as pins name it
    bool inbox_held_ = false;      // the first message of the inbox waits for a pin
    bool back_held_ = false;       // the same of the return path
    std::deque<Item> back_inbox_;  // arrived and not taken
    bool cut_ = false;
    bool has_all_ = false;           // the destination, to start the VM
    bool asks_destination_ = false;  // and the connection broke after that
    int resuming_ = -1;              // the side whose vCPUs start with the answer under way
    ChannelUse used_;
    VmmObserver* observer_ = nullptr;
    MediaGate* media_ = nullptr;
    trace::StepLog* steps_ = nullptr;
    Gate gate_;
    Ps set_back_ = 0;
    trace::MachineTap taps_[2];  // by side
    std::function<void()> on_finish_;
    Faults* faults_ = nullptr;
    std::deque<std::pair<VmmSide, Effect>> late_calls_;
    bool on_time_ = false;  // the call at hand was late
    bool crashed_[2] = {};
    bool gone_ = false;  // a crash has ended the migration on the source
    VmmSide owner_ = VmmSide::Source;
    std::uint64_t slow_ = 1;
    std::function<void(VmmSide)> on_crash_;
};

template <class Vmm>
void VmmPair::step_vmm(Vmm& vmm, metrics::Side side, const host::vmm::Event& event,
                       Effects& effects) {
    if (steps_ != nullptr) {
        steps_->before(now(), side, trace::StepPart::Vmm, 0, vmm);
    }
    host::vmm::step(vmm, event, config_, rules_, effects);
    if (steps_ != nullptr) {
        steps_->after(side, trace::StepPart::Vmm, 0, vmm);
        steps_->vmm(now(), side, event, effects);
    }
}

}  // namespace lmsim::sim
