#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "model/nvme/diagnose.hpp"
#include "model/nvme/exists.hpp"
#include "model/nvme/step.hpp"
#include "model/sparse_bytes.hpp"
#include "sim/bridge/block_store.hpp"
#include "sim/bridge/device_port.hpp"
#include "sim/bridge/dma.hpp"
#include "sim/check/device_watch.hpp"
#include "sim/core/distribution.hpp"
#include "sim/core/kernel.hpp"
#include "sim/core/random.hpp"
#include "sim/core/ring.hpp"
#include "sim/device/controller_memory.hpp"
#include "sim/device/die_media.hpp"
#include "sim/device/media_listener.hpp"
#include "sim/device/media_model.hpp"
#include "sim/device/observer.hpp"
#include "sim/device/servers.hpp"
#include "sim/fault/faults.hpp"
#include "sim/link/link_times.hpp"
#include "sim/pin/pins.hpp"
#include "sim/trace/machine_tap.hpp"
#include "sim/trace/step_log.hpp"

namespace lmsim::sim {

/// What reads and writes of one size take.
struct SizedMedia {
    std::uint64_t bytes = 0;
    Distribution read;
    Distribution write;
};

/// What a device is, in time. Latencies are distributions; sizes and rates come with the model's
/// Config.
struct DeviceTiming {
    nvme::Config config;
    std::uint16_t vfs = 1;
    PcieCost pcie;
    std::uint64_t lanes = 4;
    Ps link_latency = 0;    // one way, last byte out to last byte in
    Ps memory_latency = 0;  // the host's answer to a DMA read
    std::uint32_t channels = 1;
    std::uint32_t admin_parallel = 1;
    Bandwidth state_rate;       // state gathering and loading inside the device; 0 = no limit
    Ps enable = 0;              // CC.EN to CSTS.RDY, and back
    std::optional<Ps> disable;  // if the way back differs
    Ps function_reset = 0;
    Distribution media_read;
    Distribution media_write;
    Distribution media_flush;
    std::vector<SizedMedia> sizes;  // in rising order: instead of the read and write above
    DieMediaTiming dies;            // instead of the channels and all of these, if there are any
    Distribution identify;
    Distribution features;
    std::optional<Distribution> set_features;  // if it differs; likewise the other optional ones
    Distribution create_queue;                 // or delete one
    std::optional<Distribution> create_sq;
    std::optional<Distribution> delete_sq;
    std::optional<Distribution> delete_cq;
    Distribution suspend;
    Distribution resume;
    Distribution get_state;
    Distribution set_state;
    Distribution cdq;  // Controller Data Queue: create or delete one
    std::optional<Distribution> delete_cdq;
    Distribution track_send;
    Distribution track_receive;
    Distribution virtualization;
    Distribution namespaces;  // Namespace Management and Attachment
    Distribution format;      // Format NVM and Sanitize
    Distribution lba_status;
    Ps user_data_cost = 0;  // for each change that is logged
    Ps memory_cost = 0;     // for each granule of a tracked write
};

/// A device: an NVM subsystem behind one PCIe link, its admin processor and its media. It hosts
/// model/nvme and gives each effect its time. Data-path order: DMA reads are requests up and
/// completions down; everything that the device writes goes up in order (PCIe posted ordering).
class NvmeDevice : public Component, private ControllerMemory {
  public:
    NvmeDevice(sc_core::sc_module_name name, Kernel& kernel, const DeviceTiming& params,
               const spec::Rules& rules, std::uint64_t seed);
    ~NvmeDevice() override;

    /// The function as the model in this process serves it; 0 is the PF.
    DevicePort& port(std::uint16_t function);
    /// Which memory the function's DMA reaches; before its first use.
    void attach(std::uint16_t function, Memory& memory);
    /// Of a device behind a bridge, instead: its DMA reaches a real peer.
    void attach_dma(std::uint16_t function, Dma& dma);
    /// What the namespaces of such a device hold; it outlives the device.
    void use_store(BlockStore& store) { store_ = &store; }
    /// The media are this model's instead of what DeviceTiming says; it outlives the device.
    void use_media(MediaModel* model) { media_model_ = model; }
    void set_observer(DeviceObserver* observer) {
        observer_ = observer;
        tells_commands_ = observer != nullptr && observer->hears_commands();
    }
    void set_step_log(trace::StepLog* steps, metrics::Side side) {
        steps_ = steps;
        side_ = side;
    }
    void set_trace(trace::TraceSink* sink, metrics::Side side) { tap_.connect(sink, side); }
    void set_monitor(RunMonitor* monitor, metrics::Side side) {
        watch_.connect(monitor, side, *subsystem_, pages_of_cdqs(), rules_);
    }
    void ask_of_resets(DeviceWatch::Unasked unasked) { watch_.ask_of_resets(std::move(unasked)); }
    /// Effects wait where pins say so; `command_of` names the PF's command with this CID.
    void set_pins(Pins* pins, metrics::Side side,
                  std::function<Occurrence(std::uint16_t cid)> command_of) {
        pins_ = pins;
        side_ = side;
        command_of_ = std::move(command_of);
    }

    /// What goes wrong: sim/fault/.
    void set_faults(Faults* faults, metrics::Side side) {
        faults_ = faults;
        side_ = side;
    }
    /// The link trains again, with so many lanes.
    void retrain(std::uint64_t lanes);
    /// The function writes to this page of its memory, whatever state it is in.
    void write_astray(std::uint16_t function, std::uint64_t page);

    const nvme::Subsystem<nvme::SimBounds>& subsystem() const { return *subsystem_; }
    /// The state of a function as a Get Controller State would bring it now, at most `limit` bytes.
    std::vector<std::uint8_t> snapshot(std::uint16_t function, std::uint64_t limit) {
        return state_of(function, limit).all();
    }
    /// The same without its zeros.
    SparseBytes state_of(std::uint16_t function, std::uint64_t limit);
    /// What holds up a suspend of the function.
    nvme::SuspendWait suspend_wait(std::uint16_t function) const {
        return nvme::suspend_wait(*subsystem_, function);
    }

    // The host's own reads and writes of the namespaces, past the VFs: sim/host/media_copy.hpp.
    void set_media_listener(MediaListener* listener) { media_listener_ = listener; }
    /// The media read or write all these, at most `most` bytes at a time; then `done`.
    struct HostPiece {
        std::uint64_t lba = 0;
        std::uint64_t bytes = 0;
    };
    void host_media(nvme::MediaOp op, const std::vector<HostPiece>& pieces, std::uint64_t most,
                    std::function<void()> done);
    /// When so many bytes have crossed the link to the host, or from it.
    Ps host_link(bool up, std::uint64_t bytes);
    /// The first blocks of a namespace hold data from the start.
    void allocate_blocks(std::uint32_t nsid, std::uint64_t blocks);
    /// A vendor's way to give a namespace the identifiers of another device's.
    void adopt_identity(std::uint32_t nsid, const NvmeDevice& from);
    /// The other side has the write as well: MediaListener::mirrors().
    void mirrored(std::uint16_t function, std::uint32_t ticket);

    /// Time that the link's directions and the servers were in use.
    const Pipe& up() const { return up_; }
    const Pipe& down() const { return down_; }
    Ps up_busy() const { return up_.busy; }
    Ps down_busy() const { return down_.busy; }
    Ps media_busy() const { return die_media_ ? die_media_->busy() : media_.busy; }
    Ps admin_busy() const { return admin_.busy; }

    void handle(const Event& event) override;

  private:
    class Port;
    friend class Port;

    static constexpr std::uint8_t read_data = 0xff;  // DownItem::what: the data of an I/O command

    enum class Kind : std::uint32_t {
        Down,
        MemoryReady,
        Up,
        Riders,
        Media,
        Work,
        Timer,
        Reset,
        Interrupt  // of a fault: one more, or too early
    };
    enum class DownKind : std::uint8_t { SqDoorbell, CqDoorbell, Write, Read, Answer, Reset };
    struct DownItem {
        DownKind kind;
        std::uint8_t what;  // of an Answer: nvme::Read, or data of an I/O command
        std::uint16_t function;
        std::uint16_t queue;
        std::uint32_t ticket;
        std::uint64_t address;
        std::uint64_t value;
        std::uint64_t length;
    };
    struct UpItem {
        EffectKind kind;
        std::uint16_t function;
        std::uint32_t ticket;
        std::uint64_t address;
        std::uint64_t token;
        std::uint64_t token2;
        std::uint64_t token3;
        std::uint64_t length;
        bool rides;  // arrives with the next one
    };

    // Towards the device.
    void send_down(const DownItem& item, Ps takes);
    void arrive_down(const DownItem& item);
    void answer(const DownItem& item);
    // Towards the host.
    void send_up(const Effect& effect, Ps takes);
    Ps marking(const Effect& effect) const;
    void arrive_up(const UpItem& item);
    void send_riders();
    void read_host(const Effect& effect, std::uint8_t what);
    bool write_data(const UpItem& item);

    // Payload, behind a bridge
    void answer_from_peer(const DownItem& item, Dma& dma);
    bool write_to_peer(const UpItem& item, Dma& dma);
    bool write_entry(const UpItem& item, const std::uint8_t* entry, std::uint64_t length);
    struct Target;
    void keep_target(std::uint16_t function, std::uint32_t ticket);
    Target target_of(std::uint16_t function, std::uint32_t nsid) const;
    bool move_payload(std::uint16_t function, std::uint32_t ticket);
    bool move_nothing(std::uint16_t function, std::uint32_t ticket);
    std::uint32_t block_shift_of(std::uint32_t nsid) const;
    bool erase(std::uint32_t nsid);
    bool erase_formatted(std::uint16_t function);
    void erase_after(const nvme::Slot& command);

    void keep_outgoing(const Effect& effect);

    void step(const nvme::Event& event);
    void step_once(const nvme::Event& event);
    void perform(const Effect& effect);
    void execute(const Effect& effect);
    const Distribution& latency_of(const Effect& effect) const;
    Ps execution_time(const Effect& effect);
    void posted(const Effect& effect);
    void track(const Effect& effect);
    bool is_suspended(std::uint16_t function) const;
    void switch_interrupts(std::uint16_t function, bool on);
    Ps& fetched_at(std::uint16_t function, std::uint32_t ticket);
    void start_media(const Effect& effect);
    Ps model_time(const MediaWork& work);
    Ps media_time(nvme::MediaOp op, std::uint64_t bytes, std::uint64_t random) const;
    void work_done(const Event& event);
    void tell_changes(const Event& event);
    bool host_done(const Event& event);
    void mirror_write(const Effect& effect);
    bool waits_for_mirror(const Event& event);
    /// What a DMA read brought; `there`: its memory exists.
    void done(const DownItem& item, const std::uint8_t* bytes, bool there);

    // Pins
    bool stops(const DownItem& item);
    bool stops(const Event& event);
    Occurrence effect_of(std::uint16_t function, std::uint32_t ticket, std::uint16_t cid,
                         std::string_view what);
    bool is_now(std::uint16_t function, std::uint32_t ticket) const;

    // Faults
    const FaultPlan* strikes(Fault what, std::uint16_t function) {
        const unsigned host = side_ == metrics::Side::Destination ? 1 : 0;
        return faults_->strikes(what, host, static_cast<int>(function) - 1);
    }
    bool loses_doorbell(std::uint16_t function);
    bool spoils_completion(const Event& event);
    bool spoils_interrupt(const UpItem& item);
    void spoil_entry(const DownItem& item);
    bool spoils(const Effect& effect);
    Ps lateness(const Effect& effect, bool& lost);
    void complete_twice(const Effect& effect);
    void interrupt(std::uint16_t function, std::uint32_t vector);

    // nvme::Env
    bool reaches(std::uint16_t function, std::uint64_t address, std::uint64_t length) override;

    /// What a namespace was when the media began.
    struct Target {
        std::uint64_t nguid[2] = {};
        std::uint8_t format = 0;
        bool attached = false;
    };
    struct Function {
        Memory* memory = nullptr;
        Dma* dma = nullptr;  // behind a bridge: in its place
        PortClient* client = nullptr;
        bool interrupts = false;
        std::function<void()> reset_done;
        std::unique_ptr<Port> port;
        std::vector<Ps> fetched;      // by slot
        std::vector<Target> targets;  // by slot, with a store
    };

    DeviceTiming params_;
    spec::Rules rules_;
    using Subsystem = nvme::Subsystem<nvme::SimBounds>;
    static ZeroedBlock zeroed_subsystem(std::uint16_t vfs);
    ZeroedBlock subsystem_block_;
    Subsystem* subsystem_;
    std::vector<Function> functions_;
    Effects effects_;
    BlockStore* store_ = nullptr;
    DeviceObserver* observer_ = nullptr;
    bool tells_commands_ = false;  // to it
    trace::StepLog* steps_ = nullptr;
    trace::MachineTap tap_;
    DeviceWatch watch_;
    Pins* pins_ = nullptr;
    std::function<Occurrence(std::uint16_t)> command_of_;
    std::map<std::uint16_t, unsigned> fetches_;  // with pins: I/O commands by function
    std::map<std::pair<std::uint16_t, std::uint32_t>, unsigned> nth_;  // by function and slot
    std::set<std::pair<std::uint16_t, std::uint32_t>> held_;  // whose entry waits for a pin
    metrics::Side side_ = metrics::Side::Source;
    Faults* faults_ = nullptr;
    bool media_fails_ = false;  // of the command at hand
    bool overtakes_ = false;    // the interrupt of the completion at hand

    LinkTimes link_times_;
    Pipe up_;
    Pipe down_;
    LaneId up_lane_;
    LaneId down_lane_;
    LaneId memory_lane_;
    Ring<DownItem> down_items_;
    Ring<DownItem> memory_items_;
    Ring<UpItem> up_items_;
    std::uint32_t riders_ = 0;  // at the end of up_items_, without an event of their own
    Ps riders_at_ = 0;
    std::deque<SparseBytes> outgoing_;  // admin data under way, oldest first
    Servers media_;
    std::unique_ptr<DieMedia> die_media_;
    MediaModel* media_model_ = nullptr;  // in the place of both
    Servers admin_;
    EpochRandom read_random_;  // of the media
    EpochRandom write_random_;
    EpochRandom flush_random_;
    Random admin_random_;
    Random host_random_;  // of the host's own I/O
    struct HostIo {
        std::uint32_t left = 0;  // pieces
        std::function<void()> done;
    };
    std::map<std::uint32_t, HostIo> host_ios_;  // by ticket
    std::uint32_t next_host_io_ = 0;
    MediaListener* media_listener_ = nullptr;
    // Writes that wait for the other side, by function and ticket: true once the media are done.
    std::map<std::pair<std::uint16_t, std::uint32_t>, bool> mirrored_;
};

}  // namespace lmsim::sim
