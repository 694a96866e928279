#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "model/host/architecture.hpp"
#include "model/host/bring_online.hpp"
#include "model/host/pf_submit.hpp"
#include "model/host/vfio_nvme.hpp"
#include "model/vfio/event.hpp"
#include "sim/bridge/command_port.hpp"
#include "sim/check/run_monitor.hpp"
#include "sim/core/kernel.hpp"
#include "sim/core/units.hpp"
#include "sim/fault/faults.hpp"
#include "sim/host/admin_queue.hpp"
#include "sim/host/cdq_program.hpp"
#include "sim/host/host_use.hpp"
#include "sim/host/memory_tracker.hpp"
#include "sim/host/namespace_survey.hpp"
#include "sim/host/passthrough.hpp"
#include "sim/host/user_data_log.hpp"
#include "sim/host/vf_probe.hpp"
#include "sim/host/vfio_device.hpp"
#include "sim/pin/pins.hpp"
#include "sim/trace/machine_tap.hpp"
#include "sim/trace/step_log.hpp"

namespace lmsim::sim {

/// Times of the host's kernel, in picoseconds.
struct HostTiming {
    Ps ioctl = 0;
    Ps submit = 0;
    Ps irq = 0;
    Ps admin_timeout = 0;  // 0: it waits for ever
    Ps ready_poll = 0;
    Bandwidth copy_rate;  // read() and write() on a data_fd
    std::uint16_t admin_depth = 32;
    std::uint16_t reserved_aer = 1;
    std::uint8_t features = vfio::STOP_COPY_FLAG;
    bool log_ops = false;           // the VFs' users log DMA by calls of their own
    std::uint64_t mdts = 0;         // bytes
    std::uint64_t state_limit = 0;  // bytes of one VF's state, at most
    UserDataLogTiming user_data;
    CdqProgramTiming program;  // of user data, where the queues are a program's
    MemoryTrackTiming memory;
    host::Architecture architecture = host::Architecture::VfioNvme;
    host::CdqWish cdq = host::CdqWish::Auto;
    bool probes_vfs = false;  // the VFs are enabled before they have resources
    std::uint16_t vms = 1;    // whose VFs these are, each with as many, one after the other
    bool any_device = false;  // one that cannot migrate its VFs is brought up as well
};

/// Sees what a driver does for which VF; for metrics and traces.
class DriverObserver {
  public:
    virtual ~DriverObserver() = default;
    /// The flow of a VF asks its controller for this; Idle ends it, `well` or with an error.
    virtual void flow_step(Ps at, std::uint16_t vf, host::FlowStep step, bool well) = 0;
    /// `vf`: for which the driver sent it; -1 if for none.
    /// A command for the PF's queue is wished for; admin_command() tells of its end.
    virtual void admin_asked(Ps /*at*/) {}
    /// It has got its place on the queue, after so long. `vf`: for which it is; -1 if for none.
    virtual void admin_rung(Ps /*at*/, std::int32_t /*vf*/, Ps /*waited*/) {}
    virtual void admin_command(Ps submitted, Ps completed, const wire::Sqe& sqe, std::int32_t vf,
                               std::uint16_t status) = 0;
};

/// A host's kernel: the NVMe driver of the PF and, for each VF, the VFIO device that the VMM opens.
/// The protocol is model/host and model/vfio; here it gets memory, queues and time. VFs count from
/// 0.
class HostDriver : public Component, private PortClient, private AdminQueue {
  public:
    HostDriver(sc_core::sc_module_name name, Kernel& kernel, const HostTiming& timing,
               DevicePort& pf, const std::vector<DevicePort*>& vfs, const spec::Rules& rules);

    /// Enables the PF and asks it what it is (CNS 01h), which VF has which CNTLID (15h), which
    /// states it knows (20h) and which namespaces there are (10h to 12h); then calls `ready`.
    void boot(std::function<void(bool ok)> ready);
    /// What the boot failed at, and why; empty if it did not.
    const std::string& boot_trouble() const { return boot_trouble_; }
    /// Why the device, as it has told at the boot, cannot migrate its VFs; empty if it can. Only
    /// with HostTiming::any_device it boots then.
    const std::string& cannot_migrate() const { return cannot_migrate_; }

    /// Any call on the VF's device; of those that bring data read() and write() know more. Calls on
    /// one VF are made one after the other.
    void call(std::uint16_t vf, const vfio::Event& event, VfioDone done);
    /// VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE, SET.
    void set_state(std::uint16_t vf, vfio::MigState state, VfioDone done);
    void reset(std::uint16_t vf, VfioDone done);
    void data_size(std::uint16_t vf, VfioDone done);
    void precopy_info(std::uint16_t vf, VfioDone done);
    void read(std::uint16_t vf, std::uint64_t length, VfioDone done);
    void write(std::uint16_t vf, const SparseBytes& bytes, VfioDone done);
    /// What the last read() brought.
    const SparseBytes& bytes_read(std::uint16_t vf) const;
    /// MSI-X on or off for the VF's owner: VFIO_DEVICE_SET_IRQS.
    void enable_interrupts(std::uint16_t vf, bool on);

    /// VFIO's DMA logging begins for the VFs of a VM, and the log of user data where there is one
    /// (then there is one VM).
    void start_logs(std::uint16_t vm, std::function<void()> done);
    /// Memory that a VM's VFs wrote since the last call, as far as the device tracks it.
    void report_memory(std::uint16_t vm, MemoryTracker::Mark mark, std::function<void()> done);
    /// Calls `done` when all that the suspended VFs have logged is here.
    void when_logs_closed(std::function<void()> done);
    void stop_logs(std::uint16_t vm);
    bool tracks_memory(std::uint16_t vm) const {
        return !trackers_.empty() && trackers_[vm]->started();
    }
    /// Why the VF's namespaces are others on another host, as a sentence; empty if they are not.
    std::string namespace_mismatch(std::uint16_t vf, const HostDriver& destination,
                                   const std::vector<std::uint32_t>& renewed = {}) const;
    const std::vector<FoundNamespace>& namespaces() const { return survey_.found(); }
    /// Asks for them once more.
    void survey_again(std::function<void(bool)> done) { survey_.run(std::move(done)); }
    /// What a part of the host needs that works beside the driver: the PF, its queue, CNTLIDs.
    /// Namespaces and media are its user's: where the VFIO driver does not have them, too, their
    /// commands come by passthrough.
    AdminQueue& admin();
    DevicePort& pf() { return pf_; }
    std::uint16_t vfs() const { return static_cast<std::uint16_t>(vfs_.size()); }
    std::uint16_t cntlid(std::uint16_t vf) const { return vfs_[vf].flow.cntlid; }
    std::uint16_t pf_cntlid() const { return pf_cntlid_; }
    /// The log of user data begins before VFIO's DMA logging does.
    void start_user_data(std::function<void()> done);
    /// nullptr: there is none.
    const UserDataLog* user_data_log() const { return log_.get(); }
    /// nullptr: the driver itself has the queues.
    const CdqProgram* program() const { return program_.get(); }
    const MemoryTracker* memory_tracker(std::uint16_t vm) const {
        return trackers_.empty() ? nullptr : trackers_[vm].get();
    }
    void set_user_data_observer(UserDataObserver* observer) {
        if (log_) {
            log_->set_observer(observer);
        }
    }

    vfio::MigState state(std::uint16_t vf) const { return vfs_[vf].device.state; }
    const vfio::DeviceState& device(std::uint16_t vf) const { return vfs_[vf].device; }
    /// The state that the flow saved or loaded last.
    SparseBytes state_bytes(std::uint16_t vf) const;
    std::uint64_t admin_commands() const { return admin_commands_; }
    Ps admin_waited() const { return admin_waited_; }
    host::Architecture architecture() const { return architecture_; }
    host::CdqPlace cdq_place() const { return cdq_place_; }
    HostUse used() const;
    void set_observer(DriverObserver* observer) { observer_ = observer; }
    /// Calls visit(when it was wished for, its SQE, its VF or -1) for each command of the PF's
    /// queue that has no answer.
    template <class Visit>
    void for_each_outstanding(Visit&& visit) const {
        for (const Request& request : requests_) {
            if (request.used) {
                visit(request.asked, request.sqe, vf_of(request.vf));
            }
        }
    }
    /// For which VF the PF's command with this CID is; -1 if for none.
    std::int32_t vf_behind(std::uint16_t cid) const {
        const std::uint32_t owner = cid < tag_owner_.size() ? tag_owner_[cid] : 0;
        return owner == 0 ? -1 : vf_of(requests_[owner - 1].vf);
    }
    /// Called when a command for a VF is given up, before the PF's reset begins.
    void on_timed_out(std::function<void(std::uint16_t vf)> look) { timed_out_ = std::move(look); }
    void set_step_log(trace::StepLog* steps, metrics::Side side);
    void set_trace(trace::TraceSink* sink, metrics::Side side);
    void set_monitor(RunMonitor* monitor, metrics::Side side);

    // Pins, and what they wish. See sim/pin/pins.hpp.
    void set_pins(Pins* pins, metrics::Side side);
    /// "source.vf0 Suspend", and the how manieth it is, if the PF's command with this CID is one of
    /// a VF's flow; else nothing.
    Occurrence command_of(std::uint16_t cid) const;
    /// Is a call on the VF's device under way?
    bool is_busy(std::uint16_t vf) const { return vfs_[vf].call.done != nullptr; }
    /// Somebody else has reset the VF.
    void was_reset(std::uint16_t vf);
    /// A function level reset of the VF, or a reset of the PF, that nobody here asked for.
    void strike(std::uint16_t vf, std::function<void()> done);
    void strike_pf();
    /// The VF's user is gone.
    void release(std::uint16_t vf);
    /// A reset of the VF happens now: is it one that its VMM has not asked for, and will not hear
    /// of? One of the PF makes the next command of the VF's flow fail, if there has to be one.
    bool is_struck(std::uint16_t vf, bool of_pf) const;
    /// The PF's driver gives such a command up. False if there is none under way.
    bool time_out(const std::string& command);

    // What goes wrong: sim/fault/.
    void set_faults(Faults* faults, metrics::Side side) {
        faults_ = faults;
        side_ = side;
    }
    bool resetting() const { return queue_.resetting || dead_; }
    /// The driver does nothing for so long; then it is loaded again, and resets the PF.
    void crash(Ps length);
    /// The VF goes offline, and online again after so long.
    void remove(std::uint16_t vf, Ps length);
    /// Somebody suspends and resumes the VF so often. False if it is not at work now.
    bool suspend_again(std::uint16_t vf, std::uint64_t times);

    void handle(const Event& event) override;

  private:
    enum class Kind : std::uint32_t {
        Ring,
        Interrupt,
        Timer,
        Ioctl,
        Answer,
        Poll,
        Told,
        Alive,       // of faults: the driver is loaded again,
        Return,      // a VF comes online again,
        LateEvent,   // an event of a log is heard of,
        LateRequest  // an AER is submitted again
    };
    enum class Boot : std::uint8_t {
        Enable,
        Identify,
        Secondary,
        Formats,
        Template,   // of dialects that have one: it is asked for,
        Configure,  // and given back
        Namespaces,
        Capabilities,
        Online,
        Done
    };

    /// A command between the wish for a tag and its completion.
    struct Request {
        wire::Sqe sqe;
        Ps asked = 0;
        Ps sent = 0;               // its time-out counts from here
        std::uint32_t vf = 0;      // plus 1; or the driver itself
        std::uint32_t ticket = 0;  // of the flow's Submit
        bool used = false;
        Occurrence effect;  // with pins: its name, if it is a VF's
        AdminDone done;     // of a part of the driver
    };
    struct Call {
        vfio::Event event;
        VfioDone done;
        SparseBytes bytes;  // of a write
    };
    struct Vf {
        vfio::DeviceState device;
        host::VfioNvme flow;
        DevicePort* port = nullptr;
        std::uint64_t buffer = 0;  // of the state, in the host's memory
        std::uint64_t list = 0;    // PRP list
        std::uint64_t read_at = 0;
        std::uint64_t state_size = 0;  // of the last one, whatever has reset the VF since
        bool online = true;
        bool resets = false;  // its VMM has asked for that
        SparseBytes last_read;
        Call call;  // the one at work
        VfioAnswer answer;
    };

    static constexpr std::uint32_t struck = 2;  // ticket of a reset that no call waits for

    // PF queue
    void submit(const wire::Sqe& sqe, std::uint32_t vf, std::uint32_t ticket,
                AdminDone done = nullptr);
    void submit(const wire::Sqe& sqe, AdminDone done) override;
    void answer_event(const Effect& effect);
    void answer_flow(std::uint16_t vf, const Effect& effect, std::uint32_t ticket);
    void submit_aers();
    void pf_step(const host::PfEvent& event);
    void pf_perform(const Effect& effect);
    void put_on_queue(std::uint32_t owner, std::uint16_t tag);
    void replied(const Effect& effect);
    void reap();
    void reset_pf();
    static std::int32_t vf_of(std::uint32_t vf);

    // Boot
    static constexpr std::uint32_t pf_itself = 0;  // whose a request is, besides VFs
    void next_boot_step();
    void boot_answered(const Effect& reply);
    bool take_boot_page();
    void choose_formats(const wire::StateFormatsView& formats);
    bool bring_online();
    bool probe_vfs();
    void survey_namespaces();
    void end_boot(bool ok);
    bool boots_without(const Effect& reply);
    void note_trouble(const Effect& reply);
    void take_cntlid(std::uint16_t vf, std::uint16_t cntlid);

    // What the architecture costs
    UserDataLogTiming user_data_timing() const;
    CdqProgramTiming program_timing() const;
    Ps count_call(vfio::EventKind kind);
    void count_wait(const Request& request);
    std::uint64_t vfs_each() const { return vfs_.size() / timing_.vms; }
    void count_reports(bool bitmaps = false);
    void tell(std::function<void()> done);
    Ps copy(std::uint64_t bytes, std::uint64_t HostUse::*counter);

    // VFIO
    void vfio_step(std::uint16_t vf, const vfio::Event& event);
    void flow_step(std::uint16_t vf, const host::FlowEvent& event);
    void flow_submit(std::uint16_t vf, const Effect& effect);
    void finish_call(std::uint16_t vf, const Effect& reply);
    void watch_vfio(std::uint16_t vf, const Effect& effect);
    void watch_session(std::uint16_t vf, std::uint64_t bytes);
    void watch_logs(check::What what);
    std::uint64_t available(std::uint16_t vf) const;
    Occurrence count_command(std::uint16_t vf);
    bool stops_reap();
    bool stops_enabling(std::uint64_t value);

    // Faults
    const FaultPlan* strikes(Fault what) {
        return faults_->strikes(what, side_ == metrics::Side::Destination ? 1 : 0, -1);
    }
    bool spoils_call(std::uint16_t vf);
    bool cycles(std::uint16_t vf) const;
    bool spoils_event(const wire::AerResult& event);
    bool spoils_request();
    bool times_out_nearly();
    void hear(const wire::AerResult& event);
    void bring_back(std::uint16_t vf, std::uint32_t step);

    // PortClient of the PF
    void interrupt(std::uint32_t vector) override;
    void read_done(std::uint64_t token, std::uint64_t value) override;

    HostTiming timing_;
    spec::Rules rules_;
    host::Architecture architecture_;
    host::CdqPlace cdq_place_;
    DevicePort& pf_;
    Memory& memory_;
    CommandPort admin_;
    host::SimPfQueue queue_;
    std::vector<Request> requests_;  // index plus 1 is the owner
    std::vector<std::uint32_t> free_requests_;
    std::vector<std::uint32_t> tag_owner_;  // whose command waits for its turn on the CPU
    std::vector<Vf> vfs_;
    NamespaceSurvey survey_;
    std::unique_ptr<Passthrough> passthrough_;  // nullptr: the driver sends commands
    std::unique_ptr<Passthrough> media_path_;   // split: of namespaces and media
    std::unique_ptr<CdqProgram> program_;
    std::unique_ptr<UserDataLog> log_;
    std::vector<std::unique_ptr<MemoryTracker>> trackers_;  // by VM; empty: nobody tracks
    std::unique_ptr<VfProbe> probe_;
    bool probed_ = false;
    std::uint64_t boot_page_ = 0;
    Boot boot_ = Boot::Enable;
    bool booted_ = false;
    std::string boot_trouble_;
    std::string cannot_migrate_;
    bool template_configured_ = false;
    host::OnlinePlan online_plan_;
    std::size_t online_vf_ = 0;  // whose turn it is, and with which of its commands
    std::uint32_t online_step_ = 0;
    std::uint16_t pf_cntlid_ = 0;
    bool logs_user_data_ = false;
    std::uint16_t next_cntid_ = 0;  // from which on CNS 15h is asked for
    std::function<void(bool)> ready_;
    std::function<void(std::uint16_t)> timed_out_;
    DriverObserver* observer_ = nullptr;
    trace::StepLog* steps_ = nullptr;
    trace::MachineTap tap_;
    RunMonitor* monitor_ = nullptr;
    Pins* pins_ = nullptr;
    std::map<std::string, unsigned> commands_;  // with pins: so many of each
    metrics::Side side_ = metrics::Side::Source;
    Faults* faults_ = nullptr;
    bool dead_ = false;
    bool pf_struck_ = false;
    std::deque<wire::AerResult> late_events_;
    LaneId cpu_lane_;
    LaneId timer_lane_;  // of commands
    Ps cpu_busy_ = 0;
    std::uint64_t admin_commands_ = 0;
    Ps admin_waited_ = 0;
    HostUse use_;
    std::deque<std::function<void()>> telling_;  // messages of another process, in their order
    bool interrupt_pending_ = false;
};

}  // namespace lmsim::sim
