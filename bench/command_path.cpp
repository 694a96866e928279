#include "bench/command_path.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "bench/clock.hpp"
#include "sim/core/reports.hpp"
#include "sim/run/convert.hpp"
#include "sim/run/run_meter.hpp"
#include "sim/scenario/load.hpp"
#include "sim/trace/ndjson.hpp"
#include "sim/trace/pftrace.hpp"
#include "sim/trace/tee.hpp"
#include "sim/trace/vcd.hpp"

namespace lmsim::bench {

using namespace sim;

namespace {

/// All but the topology are the scenario's defaults.
std::string scenario_text(const Shape& shape) {
    std::string text = fmt::format(
        "[hosts.both.device]\nvfs = {}\nmax_vfs = {}\nqueue_pairs = 1\n"
        "[hosts.both.driver]\nlog_user_data = true\n",
        shape.vfs, std::max<unsigned>(shape.vfs, 64));
    if (shape.channels != 0) {
        text += fmt::format(
            "[hosts.both.device.media]\nchannels = {}\n[hosts.both.link]\nlanes = 16\n"
            "[vm]\nvcpus = 32\n",
            shape.channels);
    }
    return text;
}

std::string job_text(const Shape& shape) {
    std::string text = fmt::format(
        "[job]\nrw={}\nbs=4k\niodepth={}\nioengine=libaio\nnorandommap\ntime_based\nruntime=1h\n"
        "size=100%\n",
        shape.rw, shape.depth);
    // Begun at once, the jobs would do the same things at the same moments, and which of them is
    // first is a question that each kernel answers in its own way.
    text += "startdelay=0-1ms\n";
    if (shape.iops != 0) {
        text += fmt::format("rate_iops={}\n", shape.iops / shape.vfs);
    }
    return text;
}

}  // namespace

CommandPath make_command_path(const Shape& shape) {
    const LoadedScenario loaded = load_scenario_text(scenario_text(shape), "bench");
    LMSIM_ASSERT(loaded.ok());
    const Scenario& scenario = loaded.scenario;
    CommandPath path;
    path.name = fmt::format("{} x {} QD {}{}", shape.vfs, shape.rw, shape.depth,
                            shape.iops == 0 ? "" : fmt::format(" at {} IOPS", shape.iops));
    path.device = device_timing(scenario, scenario.hosts.src);
    path.device.config.vfs_online = true;  // there may be nobody to bring them online
    path.guest = guest_timing(scenario);
    path.queue_size = scenario.hosts.src.device.queue_size;
    path.memory_pages = scenario.vm.ram.count / page_size;
    path.seed = scenario.seed;
    path.jobs = fio::parse_job_file("bench", job_text(shape));
    path.target = {scenario.hosts.src.device.capacity.count,
                   static_cast<std::uint32_t>(scenario.hosts.src.device.block.count)};
    path.duration = shape.duration;
    path.host = host_timing(scenario, scenario.hosts.src);
    path.host_pages = host_pages(scenario, scenario.hosts.src);
    return path;
}

fio::Sources make_sources(const CommandPath& path, std::uint16_t vf) {
    return fio::make_sources(path.jobs, path.seed, fmt::format("vf{}", vf), path.target);
}

bool same_run(const Tally& a, const Tally& b) {
    return a.submitted == b.submitted && a.completed == b.completed &&
           a.page_writes == b.page_writes && a.latency_sum == b.latency_sum &&
           a.latency_min == b.latency_min && a.latency_p50 == b.latency_p50 &&
           a.latency_p999 == b.latency_p999 && a.latency_max == b.latency_max &&
           a.up_busy == b.up_busy && a.down_busy == b.down_busy && a.media_busy == b.media_busy;
}

namespace {

std::uint64_t page_writes(const Memory& memory) {
    std::uint64_t sum = 0;
    for (std::uint64_t page = 0; page < memory.pages(); ++page) {
        sum += memory.version(page);
    }
    return sum;
}

PageWriter no_writer(const CommandPath& path) { return {{}, Random(path.seed, "guest.pages")}; }

/// The writers of a run's traces.
class Writers {
  public:
    Writers(const Traces& traces, const std::string& folder) {
        if (traces.ndjson) {
            ndjson_.emplace(open(folder + "/trace.ndjson"), trace::TraceHeader{});
            sinks_.push_back(&*ndjson_);
        }
        if (traces.pftrace) {
            pftrace_.emplace(open(folder + "/trace.pftrace"));
            sinks_.push_back(&*pftrace_);
        }
        if (traces.vcd) {
            vcd_.emplace(open(folder + "/waves.vcd"), open(folder + "/waves.changes"), "bench");
            sinks_.push_back(&*vcd_);
        }
        all_.emplace(sinks_);
    }
    trace::TraceSink* sink() {
        return sinks_.empty() ? nullptr : sinks_.size() == 1 ? sinks_.front() : &*all_;
    }
    void close() {
        const auto close = [](auto& writer) {
            if (writer) {
                writer->close();
                LMSIM_ASSERT(writer->error().empty());
            }
        };
        close(ndjson_);
        close(pftrace_);
        close(vcd_);
    }

  private:
    static trace::OutputFile open(const std::string& path) {
        auto file = trace::OutputFile::create(path);
        LMSIM_ASSERT(file);
        return std::move(file.value());
    }

    std::optional<trace::NdjsonWriter> ndjson_;
    std::optional<trace::PftraceWriter> pftrace_;
    std::optional<trace::VcdWriter> vcd_;
    std::optional<trace::TeeSink> all_;
    std::vector<trace::TraceSink*> sinks_;
};

/// What a run has beside the machine.
struct Beside {
    bool driver = false;
    bool log = false;
    Writers* writers = nullptr;
    bool monitor = true;
};

/// The machine as Simulation builds it, with one host and nobody who migrates it.
class Machine {
  public:
    Machine(const CommandPath& path, const Beside& beside)
        : kernel("kernel"),
          memory(path.memory_pages),
          device("device", kernel, path.device, spec::Rules{}, path.seed),
          guest("guest", kernel, path.guest, memory, no_writer(path)),
          monitor(beside.writers != nullptr ? beside.writers->sink() : nullptr),
          meter(path.device.vfs, path.device.vfs,
                beside.writers != nullptr ? beside.writers->sink() : nullptr),
          logs(beside.log) {
        meter.watch_link(metrics::Side::Source, "up", device.up());
        meter.watch_link(metrics::Side::Source, "down", device.down());
        std::vector<DevicePort*> ports;
        for (std::uint16_t vf = 0; vf < path.device.vfs; ++vf) {
            const auto function = static_cast<std::uint16_t>(vf + 1);
            device.attach(function, memory);
            ports.push_back(&device.port(function));
            guest.add_vf(*ports.back(), 1, path.queue_size,
                         std::uint64_t{page_size} << path.device.config.mdts);
            sources.push_back(make_sources(path, vf));
            guest.add_source(vf, *sources.back().front(), 0);
        }
        guest.lay_out();
        guest.set_observer(&meter);
        device.set_observer(&meter.device(VmmSide::Source));
        if (beside.monitor) {
            monitor.tell(0, observe(check::What::VmRuns, metrics::Side::Source));
            meter.set_monitor(&monitor);
            device.set_monitor(&monitor, metrics::Side::Source);
        }
        if (beside.driver) {
            host = std::make_unique<Memory>(path.host_pages);
            device.attach(0, *host);
            driver = std::make_unique<HostDriver>("driver", kernel, path.host, device.port(0),
                                                  ports, spec::Rules{});
            if (beside.monitor) {
                driver->set_monitor(&monitor, metrics::Side::Source);
            }
        }
    }
    /// Brings everything up, then calls `ready`.
    void boot(std::function<void()> ready) {
        const auto guest_boots = [this, ready] {
            guest.boot([this, ready] { logs ? driver->start_logs(0, ready) : ready(); });
        };
        if (driver == nullptr) {
            return guest_boots();
        }
        driver->boot([guest_boots](bool ok) {
            LMSIM_ASSERT(ok);
            guest_boots();
        });
    }

    Kernel kernel;
    Memory memory;
    NvmeDevice device;
    Guest guest;
    RunMonitor monitor;
    RunMeter meter;
    std::vector<fio::Sources> sources;
    std::unique_ptr<Memory> host;
    std::unique_ptr<HostDriver> driver;
    bool logs;
};

class Bench : public Component {
  public:
    Bench(Machine& machine, const CommandPath& path, Writers* writers)
        : Component("bench", machine.kernel),
          begin_(path.begin),
          duration_(path.duration),
          machine_(machine),
          writers_(writers) {
        post_once(0, static_cast<std::uint32_t>(Kind::Boot));
    }

    void handle(const Event& event) override {
        switch (static_cast<Kind>(event.kind)) {
            case Kind::Boot:
                // The boot's last commands are out of the way before the workload begins.
                machine_.boot([this] {
                    LMSIM_ASSERT(now() + settle <= begin_);
                    post_once(begin_, static_cast<std::uint32_t>(Kind::Begin));
                });
                break;
            case Kind::Begin:
                measure(-1);
                machine_.meter.enter(now(), metrics::Window::Before);
                post_once(now() + duration_, static_cast<std::uint32_t>(Kind::End));
                tally.cpu_seconds = -cpu_seconds();
                machine_.guest.start_workload();
                break;
            case Kind::End:
                if (writers_ != nullptr) {
                    writers_->close();
                }
                tally.cpu_seconds += cpu_seconds();
                measure(1);
                kernel().stop();
                break;
        }
    }

    Tally tally;

  private:
    enum class Kind : std::uint32_t { Boot, Begin, End };
    static constexpr Ps settle = 1'000'000'000;

    /// What the boot left in the counters is taken away.
    void measure(int sign) {
        const auto add = [sign](auto& sum, auto value) {
            sum = sign > 0 ? sum + value : sum - value;
        };
        add(tally.page_writes, page_writes(machine_.memory));
        add(tally.up_busy, machine_.device.up_busy());
        add(tally.down_busy, machine_.device.down_busy());
        add(tally.media_busy, machine_.device.media_busy());
        add(tally.events, kernel().events());
    }

    Ps begin_;
    Ps duration_;
    Machine& machine_;
    Writers* writers_;
};

Tally run(const CommandPath& path, const Beside& beside) {
    install_report_handler();
    Machine machine(path, beside);
    Bench bench(machine, path, beside.writers);
    sc_core::sc_start();
    const RunMeter& meter = machine.meter;
    machine.meter.close(machine.kernel.now());

    LMSIM_ASSERT(machine.monitor.breaches().empty());
    Tally tally = bench.tally;
    const metrics::Histogram& latency = meter.guest().latency(metrics::Window::Before);
    tally.submitted = meter.guest().submitted();
    tally.completed = latency.count();
    tally.latency_sum = latency.sum();
    tally.latency_min = latency.min();
    tally.latency_p50 = latency.p50();
    tally.latency_p999 = latency.p999();
    tally.latency_max = latency.max();
    if (beside.log) {
        const UserDataLogUse& use = machine.driver->user_data_log()->used();
        LMSIM_ASSERT(use.lost == 0);
        tally.entries = use.ranges;
    }
    return tally;
}

}  // namespace

Tally run_simulated(const CommandPath& path) { return run(path, {}); }

Tally run_unwatched(const CommandPath& path) { return run(path, {false, false, nullptr, false}); }

Tally run_traced(const CommandPath& path, const Traces& traces, const std::string& folder) {
    Writers writers(traces, folder);
    return run(path, {false, false, &writers, true});
}

Tally run_beside_driver(const CommandPath& path, bool log) {
    return run(path, {true, log, nullptr, true});
}

}  // namespace lmsim::bench
