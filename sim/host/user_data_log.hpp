#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "model/host/udmq.hpp"
#include "model/wire/cdq.hpp"
#include "sim/bridge/device_port.hpp"
#include "sim/check/run_monitor.hpp"
#include "sim/core/kernel.hpp"
#include "sim/host/admin_queue.hpp"
#include "sim/trace/machine_tap.hpp"
#include "sim/trace/step_log.hpp"

namespace lmsim::sim {

/// How user data is logged; times in picoseconds.
struct UserDataLogTiming {
    bool on = false;
    std::uint32_t entries = 0;  // slots of a queue
    std::uint32_t batch = 0;
    Ps poll = 0;  // 0: on events
    Ps entry_cost = 0;
    bool contiguous = true;
    bool dudmq = false;
    std::uint32_t read_entries = 0;  // that a program's read() takes at most; 0: none is needed
    Ps read_cost = 0;                // of the call
    Ps copy_cost = 0;                // of an entry
};

/// A change of user data as a log tells it.
struct UserDataChange {
    std::uint32_t nsid = 0;
    std::uint64_t slba = 0;
    std::uint64_t blocks = 0;  // 0: the whole namespace
    bool deallocated = false;
};

/// Sees what comes out of the logs; for metrics, traces and whoever copies the data.
class UserDataObserver {
  public:
    virtual ~UserDataObserver() = default;
    /// An entry was taken; `change` is null of a pure marker.
    virtual void log_entry(Ps at, std::uint16_t vf, wire::Esa esa,
                           const UserDataChange* change) = 0;
    /// A one-shot event reached the host.
    virtual void log_event(Ps at, std::uint16_t vf, wire::CdqEvent event) = 0;
    /// Changes of the VF are missing in its log; all of its user data has to be copied again, and
    /// may be once it is `restarted`.
    virtual void log_lost(Ps at, std::uint16_t vf, bool restarted) = 0;
};

/// What the logs of all VFs came to.
struct UserDataLogUse {
    std::uint64_t entries = 0;
    std::uint64_t ranges = 0;  // entries that tell of a change
    std::uint64_t blocks = 0;  // of these, those that were written
    std::uint64_t deallocated = 0;
    std::uint64_t whole = 0;  // entries that tell of a whole namespace
    std::uint64_t tail_events = 0;
    std::uint64_t full_events = 0;
    std::uint32_t peak = 0;  // slots of one queue that were taken at once
    std::uint64_t head_updates = 0;
    std::uint64_t lost = 0;   // times that a log was lost
    std::uint64_t reads = 0;  // read() calls of a program
};

/// The part of a host's driver that logs the user data changes of its VFs: model/host/udmq with
/// memory, commands and time. Entries are taken by a CPU of its own, in turn.
class UserDataLog : public Component {
  public:
    using Done = std::function<void(vfio::Errno)>;

    UserDataLog(sc_core::sc_module_name name, Kernel& kernel, const UserDataLogTiming& timing,
                AdminQueue& admin, DevicePort& pf, std::uint16_t vfs, const spec::Rules& rules);

    /// Bytes of host memory that the queue of one VF takes, with its list.
    static std::uint64_t memory_bytes(const UserDataLogTiming& timing);

    void set_cntlid(std::uint16_t vf, std::uint16_t cntlid) { vfs_[vf].log.cntlid = cntlid; }
    /// Begins to log all VFs; then tells how the worst of them went.
    void start(Done done);
    /// The VF's Suspend has completed, or its Resume.
    void suspended(std::uint16_t vf);
    void resumed(std::uint16_t vf);
    /// Calls `done` when the logs of all suspended VFs are read to their end.
    void when_closed(std::function<void()> done);
    /// Ends all logs and frees their queues.
    void stop();
    void event(const wire::AerResult& event);
    /// Is it one of these queues?
    bool claims(std::uint16_t cdqid) const;
    void reset();

    bool exists(std::uint16_t vf) const { return vfs_[vf].log.state != host::LogState::Off; }
    /// Changes are missing, and it has not begun anew.
    bool lost(std::uint16_t vf) const { return vfs_[vf].log.lost; }
    bool deletes_at_suspend() const { return timing_.dudmq; }
    const UserDataLogUse& used() const { return used_; }
    void set_observer(UserDataObserver* observer) { observer_ = observer; }
    void set_step_log(trace::StepLog* steps, metrics::Side side) {
        steps_ = steps;
        side_ = side;
    }
    void set_trace(trace::TraceSink* sink, metrics::Side side) { tap_.connect(sink, side); }
    void set_monitor(RunMonitor* monitor, metrics::Side side) {
        monitor_ = monitor;
        side_ = side;
    }

    void handle(const Event& event) override;

  private:
    enum class Kind : std::uint32_t { Look, Timer };
    struct Vf {
        host::Udmq log;
        std::uint64_t memory = 0;  // where its pages begin
        std::uint64_t list = 0;
        std::uint32_t read_left = 0;  // entries that the read() under way may still take
    };

    void step(std::uint16_t vf, const host::UdmqEvent& event);
    void request(std::uint16_t vf, host::UdmqEvent::Kind kind, std::uint32_t ticket);
    void perform(std::uint16_t vf, const Effect& effect);
    void submit(std::uint16_t vf, const Effect& effect);
    void call(std::uint16_t vf, const Effect& effect);
    void report(std::uint16_t vf, const Effect& effect);
    void replied(const Effect& effect);
    void look(std::uint16_t vf, std::uint32_t slot, std::uint32_t count);
    void send_look();
    void watch_taken(std::uint16_t vf, std::uint32_t slot, const std::uint8_t* bytes,
                     std::uint64_t count);
    void watch_head(std::uint16_t vf, std::uint64_t head);
    void watch_report(std::uint16_t vf, const Effect& effect);
    void write_list(const Vf& vf);
    std::uint64_t pages() const;
    std::uint64_t page_address(const Vf& vf, std::uint64_t page) const;

    UserDataLogTiming timing_;
    spec::Rules rules_;
    AdminQueue& admin_;
    Memory& memory_;
    std::vector<Vf> vfs_;
    LaneId cpu_lane_;
    Ps cpu_busy_ = 0;
    UserDataLogUse used_;
    struct Look {
        std::uint16_t vf;
        std::uint64_t slots;  // the first one << 32 | how many
    };
    std::optional<Look> next_look_;  // asked for in the look at hand
    bool looking_ = false;
    Done started_;
    vfio::Errno start_error_ = vfio::Errno::Ok;
    std::uint32_t starting_ = 0;
    std::uint32_t closing_ = 0;
    std::function<void()> closed_;
    UserDataObserver* observer_ = nullptr;
    trace::StepLog* steps_ = nullptr;
    trace::MachineTap tap_;
    RunMonitor* monitor_ = nullptr;
    std::vector<std::uint32_t> heads_;  // that the look at hand has moved to
    metrics::Side side_ = metrics::Side::Source;
};

}  // namespace lmsim::sim
