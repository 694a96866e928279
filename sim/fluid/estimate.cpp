#include "sim/fluid/estimate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "model/wire/controller_state.hpp"
#include "sim/core/version.hpp"
#include "sim/fluid/dirtying.hpp"
#include "sim/run/convert.hpp"
#include "sim/run/opaque_devices.hpp"

namespace lmsim::sim {

namespace {

using metrics::Label;
using metrics::Part;
using metrics::Side;

constexpr double window_s = 0.1;  // QEMU 10.1: no threshold before the first is full
constexpr double wire_page = static_cast<double>(page_size + RamSender::page_header);
constexpr std::uint64_t block = std::uint64_t{1} << 20;
constexpr double slice_s = 0.05;        // of pages, between two looks at what is left
constexpr double least_slice_s = 1e-4;  // nothing was left to send

double seconds(Time time) { return static_cast<double>(time.ps) * 1e-12; }
double bytes_per_s(Bandwidth rate) { return static_cast<double>(rate.bits_per_s) / 8; }
double mean(const Quantiles& quantiles) { return seconds(Distribution(quantiles).mean()); }

/// Seconds for so many bytes; 0 as rate is no limit.
double at(double bytes, Bandwidth rate) {
    return rate.bits_per_s == 0 ? 0 : bytes / bytes_per_s(rate);
}

class Estimate {
  public:
    Estimate(const Scenario& scenario, const Workload& workload, const Dialects& dialects)
        : scenario_(scenario),
          has_io_(!workload.sources.empty()),
          channel_(make_channel(scenario)),
          dirtying_(scenario, workload),
          state_(state_bytes(scenario.hosts.src.device, dialects.device[0])) {}

    metrics::Result run() {
        result_.version = version;
        result_.scenario = scenario_.name;
        result_.seed = scenario_.seed;
        result_.fidelity = Fidelity::Fluid;
        result_.error_bound = fluid_error_bound;
        result_.workload.source = "not simulated";
        result_.vmm.downtime_limit = scenario_.vmm.downtime_limit.ps;
        if (!precopy()) {
            result_.outcome = Outcome::NotConverged;
            result_.reason = "more is dirtied than the downtime limit allows to be left";
            result_.total_time = scenario_.run.time_limit.ps;
            return result_;
        }
        blackout();
        result_.outcome = Outcome::Completed;
        result_.reason = "by closed forms";
        result_.total_time += result_.downtime.total;
        return result_;
    }

  private:
    static double state_bytes(const DeviceParams& device, const spec::Rules& rules) {
        wire::StateShape shape;
        shape.sqs = shape.cqs = static_cast<std::uint16_t>(device.queue_pairs);
        shape.vendor_bytes = device.vendor_bytes.count / 4 * 4 + 80;
        return static_cast<double>(wire::state_size(shape, rules));
    }

    /// Of one page with content: the slower of finding and sending it.
    double page_time() const {
        return std::max(wire_page / bytes_per_s(channel_.page_rate()),
                        seconds(scenario_.vmm.page_cost));
    }

    /// The VMM's loop in steps of one slice of pages: it looks for what is left before each and
    /// knows its bandwidth after each window. False if the time is over first.
    bool precopy() {
        const double used = static_cast<double>(scenario_.vm.ram_used.count / page_size);
        const double page = page_time();
        const double zero_page =
            std::max(seconds(scenario_.vmm.zero_page), 9 / bytes_per_s(channel_.page_rate()));
        const double quota = bytes_per_s(scenario_.vmm.max_bandwidth) * window_s;
        const double sync = sync_time();
        double zero = static_cast<double>(scenario_.vm.ram.count / page_size) - used;
        double left = used;
        double time = sync;
        double since = 0;  // when the log was read last
        double window = 0;
        double in_window = 0;
        double sent = 0;
        double threshold = 0;  // bytes
        round(0, used + zero);
        while (time < seconds(scenario_.run.time_limit)) {
            if ((left + zero) * static_cast<double>(page_size) <= threshold || left + zero == 0) {
                // What is still to be sent may be dirtied again.
                const double apart = 1 - std::min(1.0, left / std::max(used, 1.0));
                left += dirtying_.pages_in(time - since) * apart;
                time += sync;
                since = time;
                round(time, left);
                const double pending = left * static_cast<double>(page_size) + devices() * state_;
                if (pending < threshold) {
                    finish(time, sent, left);
                    return true;
                }
            }
            // Pages with content lie before the others.
            double room =
                quota == 0 ? slice_s : std::max(0.0, quota - in_window) / wire_page * page;
            room = std::min(room, slice_s);
            const double pages = std::min(left, std::ceil(room / page));
            const double zeros = std::min(zero, std::max(0.0, room - pages * page) / zero_page);
            left -= pages;
            zero -= zeros;
            sent += pages;
            in_window += pages * wire_page + zeros * 9;
            time += std::max(pages * page + zeros * zero_page, least_slice_s);
            if (quota != 0 && in_window >= quota) {
                time = std::max(time, window + window_s);
            }
            if (time - window >= window_s) {
                const Bandwidth stated = scenario_.vmm.avail_switchover_bandwidth;
                const double rate =
                    stated.bits_per_s != 0 ? bytes_per_s(stated) : in_window / (time - window);
                threshold = rate * seconds(scenario_.vmm.downtime_limit);
                window = time;
                in_window = 0;
            }
        }
        return false;
    }

    void finish(double time, double sent, double left) {
        residual_ = left;
        result_.bytes.ram = static_cast<std::uint64_t>(sent + left) * page_size;
        result_.bytes.device_state = static_cast<std::uint64_t>(state_ * devices());
        result_.total_time = static_cast<Ps>(time * 1e12);
    }

    /// To collect the dirty bitmap.
    double sync_time() const {
        return seconds(scenario_.vmm.bitmap_sync) * static_cast<double>(scenario_.vm.ram.count) /
               0x1p30;
    }

    void round(double time, double pages) {
        result_.rounds.push_back(
            {static_cast<Ps>(time * 1e12), static_cast<std::uint64_t>(pages) * page_size, 0});
    }

    double devices() const { return scenario_.hosts.src.device.vfs; }

    void spend(Part part, Side side, double time) {
        const auto ps = static_cast<Ps>(time * 1e12);
        if (ps > 0) {
            result_.downtime.parts.push_back({{part, side, metrics::no_device}, ps});
            result_.downtime.total += ps;
        }
    }

    /// A command of the PF's queue: doorbell, entry, execution, completion, interrupt.
    static double command(const HostParams& host, double execution) {
        const double wire = seconds(host.link.latency) * 4 + seconds(host.link.memory);
        return seconds(host.driver.submit) + wire + execution + seconds(host.driver.irq);
    }

    /// The commands that move one state, MDTS at a time.
    double pieces(const HostParams& host, double execution) const {
        const double count = std::ceil(state_ / static_cast<double>(host.device.mdts.count));
        const double link = static_cast<double>(host.link.lanes) *
                            static_cast<double>(std::uint64_t{1} << host.link.generation) * 1e9 / 8;
        return count * command(host, execution) + at(state_, host.device.state_rate) +
               state_ / (link * 0.85);
    }

    void blackout() {
        const HostParams& src = scenario_.hosts.src;
        const HostParams& dst = scenario_.hosts.dst;
        const double n = devices();
        const double stream = bytes_per_s(channel_.stream_rate());
        const double blocks = std::ceil(state_ / static_cast<double>(block));
        const double one_way = seconds(scenario_.channel.rtt) / 2;
        const double reads =
            n * (2 * seconds(src.driver.ioctl) + command(src, mean(src.device.admin.get_state)) +
                 pieces(src, mean(src.device.admin.get_state)) +
                 blocks * seconds(src.driver.ioctl) + at(state_, src.driver.copy_rate));
        const double loads =
            n * (2 * seconds(dst.driver.ioctl) + pieces(dst, mean(dst.device.admin.set_state)));
        const double writes =
            n * (blocks * seconds(dst.driver.ioctl) + at(state_, dst.driver.copy_rate));
        const double msix = n * seconds(dst.driver.msix) * msix_vectors(dst.device);
        const double drain = has_io_ && n > 0 ? mean(src.device.media.read) : 0;
        spend(Part::Quiesce, Side::Source, 2 * n * seconds(src.driver.ioctl));
        spend(Part::Drain, Side::Source, drain);
        spend(Part::Suspend, Side::Source, n * command(src, mean(src.device.admin.suspend)));
        spend(Part::TrackingTail, Side::Source, sync_time() + residual_ * page_time());
        spend(Part::StateRead, Side::Source, reads);
        spend(Part::Transfer, Side::Source,
              (n * (state_ + page_size) + static_cast<double>(scenario_.vm.devices.bytes.count)) /
                  stream);
        spend(Part::Transfer, Side::Network, one_way);
        // Loading of one VF goes on while the next one is read: what is left is the longer one's
        // excess, and what comes at the end.
        const double beside = n <= 1 ? 0 : (n - 1) / n;
        spend(Part::StateLoad, Side::Destination,
              std::max(writes / std::max(n, 1.0), writes - reads * beside) + loads);
        spend(Part::Interrupts, Side::Destination, msix);
        spend(Part::Resume, Side::Destination, n * command(dst, mean(dst.device.admin.resume)));
        const VmParams& vm = scenario_.vm;
        spend(Part::Vmm, Side::Source,
              seconds(vm.pause) + seconds(scenario_.vmm.block_flush) + seconds(vm.devices.save));
        spend(Part::Vmm, Side::Destination, seconds(vm.devices.load) + seconds(vm.resume));
    }

    const Scenario& scenario_;
    bool has_io_;
    Channel channel_;
    Dirtying dirtying_;
    double state_;  // bytes of one VF
    double residual_ = 0;
    metrics::Result result_;
};

}  // namespace

std::string why_not_fluid(const Scenario& scenario) {
    const VmmParams& vmm = scenario.vmm;
    const VfioCostParams& vfio = vmm.vfio;
    const DriverParams& driver = scenario.hosts.src.driver;
    const bool logs = driver.log_user_data || driver.track_memory;
    const bool asked = vmm.tracking.by != TrackBy::Known;
    const bool paid = vfio.first_stop.ps + vfio.first_start.ps + vfio.stop.ps + vfio.start.ps != 0;
    const std::pair<bool, const char*> all[] = {
        {!scenario.pins.empty() || !scenario.run.migrate, "pins hold single effects"},
        {vmm.throttle.on, "vmm.throttle slows the guest down step by step"},
        {logs, "logs of the device (log_user_data, track_memory) are no closed form here"},
        {asked, "vmm.tracking.by has others find the dirty pages"},
        {vmm.engine != Engine::Qemu_10_1, "vmm.engine is not qemu-10.1, whose rounds these are"},
        {vmm.multifd.device_state != MultifdState::Off,
         "vmm.multifd moves the states of devices at once, here they come in turn"},
        {paid, "vmm.vfio has costs for each device"},
        {vmm.clear_log.count != 0, "vmm.clear_log clears the log page by page"},
        {scenario.channel.buffer.count != 0, "channel.buffer holds the source up"},
        {device_count(scenario) != scenario.hosts.src.device.vfs,
         "devices of other kinds have times and states of their own"},
        {scenario.media_copy.mode != MediaCopyMode::None, "media_copy shares the channel"},
        {scenario.vms.count > 1, "vms.count is more than 1, and this is one VM alone"},
        {scenario.architecture.architecture != host::Architecture::VfioNvme,
         "host.architecture is not vfio-nvme, whose steps these are"},
    };
    std::string why;
    for (const auto& [holds, text] : all) {
        if (holds) why += (why.empty() ? "" : "; ") + std::string(text);
    }
    return why;
}

metrics::Result fluid_result(const Scenario& scenario, const Workload& workload,
                             const Dialects& dialects) {
    metrics::Result result = Estimate(scenario, workload, dialects).run();
    result.hybrid.note = why_not_fluid(scenario);
    return result;
}

}  // namespace lmsim::sim
