#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "model/spec/rules.hpp"
#include "model/vfio/event.hpp"
#include "sim/core/distribution.hpp"
#include "sim/core/kernel.hpp"
#include "sim/core/random.hpp"
#include "sim/host/memory.hpp"
#include "sim/host/opaque_image.hpp"
#include "sim/host/vfio_device.hpp"
#include "sim/metrics/part.hpp"
#include "sim/trace/machine_tap.hpp"
#include "sim/trace/step_log.hpp"

namespace lmsim::sim {

/// What a device of another kind than NVMe can do, and how long it takes. See
/// sim/scenario/opaque_params.hpp, where each number is explained.
struct OpaqueTiming {
    std::string name;  // "mlx5 0"
    std::uint8_t features = vfio::STOP_COPY_FLAG;
    bool log_ops = false;
    bool loads_at_write = true;
    bool zero_ends_precopy = false;
    bool short_reads = false;
    std::uint64_t stop = 0;  // bytes, as the next two
    std::uint64_t initial = 0;
    std::uint64_t dirty = 0;
    Bandwidth dirty_rate;
    Ps look = 0;
    std::uint64_t chunk = 0;
    std::uint32_t ahead = 2;
    Bandwidth save_rate;
    Bandwidth load_rate;
    Bandwidth copy_rate;
    Ps ioctl = 0;
    Ps poll = 0;
    Ps poll_limit = 0;
    Ps interrupts = 0;
    Rate dma_rate;                  // pages that it writes
    std::uint64_t dma_pages = 1;    // of the guest's memory, that it writes to
    std::uint64_t log_granule = 1;  // pages
    Ps log_report = 0;              // for all of the guest's memory
    Ps log_report_granule = 0;
    Distribution log_switch;
    Distribution quiesce;
    Distribution suspend;
    Distribution open;
    Distribution close;
    Distribution save;
    Distribution load;
    Distribution allocate;
    Distribution restore;
    Distribution resume;
    Distribution start;
    Distribution reset;
};

/// The rules of a device whose driver differs from others: some answer 0 where ENOMSG is due.
spec::Rules opaque_rules(const OpaqueTiming& timing, spec::Rules rules);

/// What became of the state of such a device on one host.
struct OpaqueUse {
    std::uint64_t precopy_bytes = 0;  // read while it ran
    std::uint64_t stop_bytes = 0;     // read while it stood still
    std::uint64_t loaded_bytes = 0;
    std::uint64_t commands = 0;  // to save and to load
    Ps allocating = 0;
};

/// Sees what such a device is at; for metrics.
class OpaqueObserver {
  public:
    virtual ~OpaqueObserver() = default;
    /// It spends its time on this now; `done`: on nothing more.
    virtual void device_is_at(Ps at, std::uint16_t device, metrics::Part part, bool done) = 0;
    /// May it work? `interrupts`: do its interrupts reach the VM?
    virtual void device_works(Ps at, std::uint16_t device, bool works, bool interrupts) = 0;
};

/// A VFIO device whose inside is nobody's business: its driver makes the arcs of model/vfio, saves
/// and loads, and all of that takes time. (Linux 7.3 drivers/vfio/pci: mlx5, virtio, hisilicon,
/// pds, qat.)
class OpaqueDevice final : public Component, public VfioDevice {
  public:
    /// `number` is the VMM's. On the source it runs from the start, with its interrupts on.
    OpaqueDevice(sc_core::sc_module_name name, Kernel& kernel, const OpaqueTiming& timing,
                 std::uint16_t number, bool runs, const spec::Rules& rules, std::uint64_t seed);

    void set_state(vfio::MigState state, VfioDone done) override;
    void reset(VfioDone done) override;
    void data_size(VfioDone done) override;
    void precopy_info(VfioDone done) override;
    void read(std::uint64_t length, VfioDone done) override;
    const SparseBytes& bytes_read() const override { return last_read_; }
    void write(const SparseBytes& bytes, VfioDone done) override;
    void enable_interrupts(bool on) override;
    Ps interrupt_setup() const override { return timing_.interrupts; }

    vfio::MigState state() const { return device_.state; }
    const OpaqueTiming& timing() const { return timing_; }
    const OpaqueUse& used() const { return use_; }
    /// Of all that was read, or written and loaded: equal on both hosts if the state is.
    std::uint64_t saved_hash() const { return image_.hash(); }
    std::uint64_t loaded_hash() const { return load_.hash(); }
    bool loaded() const { return loaded_; }

    /// It writes to this memory of the guest, from that page on.
    void attach(Memory& memory, std::uint64_t first_page);
    /// Does the writes that are due by now.
    void write_memory();
    /// VFIO's DMA logging.
    void start_log(std::function<void()> done);
    /// Marks what was written since the last report, and tells how many granules and pages that is.
    void report_log(std::function<void(std::uint64_t, std::uint64_t)> done);
    void stop_log();

    void set_observer(OpaqueObserver* observer);
    void set_step_log(trace::StepLog* steps, metrics::Side side) {
        steps_ = steps;
        side_ = side;
    }
    void set_trace(trace::TraceSink* sink, metrics::Side side) { tap_.connect(sink, side); }

    void handle(const Event& event) override;

  private:
    enum class Kind : std::uint32_t { Ioctl, Answer, Phase, Saved, LogStart, LogReport };
    struct Phase {
        metrics::Part part;
        Ps time;
    };
    struct Call {
        vfio::Event event;
        VfioDone done;
        SparseBytes bytes;   // of a write
        Ps work = 0;         // of the device, before it answers
        bool waits = false;  // for a chunk
    };

    Ps draw(const Distribution& times) { return times.draw(random_).ps; }
    bool runs() const {
        return device_.state == vfio::MigState::RUNNING ||
               device_.state == vfio::MigState::PRE_COPY;
    }
    void call(const vfio::Event& event, VfioDone done, Ps more = 0);
    void make_call();
    void vfio_step(const vfio::Event& event);
    void finish_call(const Effect& reply);

    void begin_arc(vfio::MigState from, vfio::MigState to, std::uint32_t ticket);
    void stop_running(bool to_stop);
    void poll_for(metrics::Part part, const Distribution& times);
    void load_all();
    void next_phase();
    void entered(vfio::MigState from, vfio::MigState to);

    void fill_read(vfio::Event& event) const;
    void fill_precopy_info(vfio::Event& event);
    vfio::Errno take_blocks(const SparseBytes& bytes);
    Ps load_time(std::uint64_t commands);
    std::uint64_t changed() const;
    void save_more();
    void tell_works();
    bool log_call(const vfio::Event& event, Kind again);
    void log_started();
    void log_reported();

    OpaqueTiming timing_;
    std::uint16_t number_;
    spec::Rules rules_;
    Random random_;
    std::uint64_t content_;
    vfio::DeviceState device_;
    Call call_;
    VfioAnswer answer_;
    SparseBytes last_read_;

    std::deque<Phase> phases_;  // of the arc under way
    std::uint32_t arc_ = 0;
    vfio::Errno arc_error_ = vfio::Errno::Ok;

    OpaqueImage image_;
    OpaqueLoad load_;
    Ps saved_at_ = 0;         // when the chunk at hand is saved
    Ps changes_since_ = 0;    // the last image that holds them was begun then
    bool precopied_ = false;  // the data_fd at hand was opened while it ran
    bool stopping_ = false;   // the arc under way ends its work
    Ps stopped_at_ = 0;
    std::uint32_t session_ = 0;  // the how manieth that saves
    bool allocated_ = false;
    bool loaded_ = false;
    bool interrupts_ = false;
    OpaqueUse use_;

    Memory* memory_ = nullptr;
    Random dma_random_;
    std::uint64_t dma_first_ = 0;  // page
    Ps dma_since_ = 0;             // it has written since then
    std::uint64_t dma_done_ = 0;   // so many pages
    DmaLog log_;
    std::function<void()> log_start_done_;
    std::function<void(std::uint64_t, std::uint64_t)> log_report_done_;
    vfio::Errno log_error_ = vfio::Errno::Ok;
    bool log_waits_ = false;

    OpaqueObserver* observer_ = nullptr;
    trace::StepLog* steps_ = nullptr;
    trace::MachineTap tap_;
    metrics::Side side_ = metrics::Side::Source;
};

}  // namespace lmsim::sim
