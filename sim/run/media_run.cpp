#include "sim/run/media_run.hpp"

#include <algorithm>

#include "sim/run/convert.hpp"
#include "sim/scenario/namespaces.hpp"

namespace lmsim::sim {

using fio::WritePattern;

namespace {

std::uint64_t bytes_per_s(std::uint64_t bytes, Ps ps) {
    return ps <= 0 ? UINT64_MAX
                   : static_cast<std::uint64_t>(static_cast<Uint128>(bytes) * ps_per_s /
                                                static_cast<Uint128>(ps));
}

/// What the copy's own streams may carry.
Bandwidth stream_rate(const Scenario& scenario) {
    const MediaCopyParams& copy = scenario.media_copy;
    const Uint128 share = static_cast<Uint128>(scenario.channel.bandwidth.bits_per_s) *
                          copy.network_share.ppm / 1'000'000;
    const Bandwidth streams = scenario.channel.stream_limit * std::uint64_t{copy.streams};
    return std::min(Bandwidth{static_cast<std::uint64_t>(share)}, streams);
}

/// Where the local namespaces lie, one after the other, in granules: as the copy has them.
class Layout {
  public:
    explicit Layout(const Scenario& scenario)
        : namespaces_(vf_namespaces(scenario)),
          vfs_(scenario.hosts.src.device.vfs),
          granule_(scenario.media_copy.granule.count) {
        for (const VfNamespace& one : namespaces_) {
            begins_.push_back(each_);
            each_ += one.shared ? 0 : in_granules(one.size.count);
        }
    }

    const std::vector<VfNamespace>& namespaces() const { return namespaces_; }
    std::uint64_t in_granules(std::uint64_t bytes) const {
        return (bytes + granule_ - 1) / granule_;
    }
    std::uint64_t granules() const { return each_ * vfs_; }
    std::uint64_t first(std::uint32_t vf, std::size_t number) const {
        return vf * each_ + begins_[number];
    }
    std::uint32_t local() const {
        return static_cast<std::uint32_t>(
            std::count_if(namespaces_.begin(), namespaces_.end(),
                          [](const VfNamespace& one) { return !one.shared; }));
    }
    std::uint32_t shared() const {
        return static_cast<std::uint32_t>(namespaces_.size()) - local();
    }

  private:
    std::vector<VfNamespace> namespaces_;
    std::vector<std::uint64_t> begins_;
    std::uint64_t each_ = 0;
    std::uint64_t vfs_;
    std::uint64_t granule_;
};

/// How long a chunk takes from its read to the news that it is written, and what bounds the rate.
struct ChunkPath {
    Ps loop = 0;
    std::uint64_t bytes_per_s = UINT64_MAX;

    void stage(Ps latency, std::uint64_t rate) {
        loop += latency;
        bytes_per_s = std::min(bytes_per_s, rate);
    }
};

void media_stage(ChunkPath& path, const MediaCopyParams& copy, const DeviceTiming& device,
                 const Distribution& latency) {
    const std::uint64_t pieces = (copy.chunk.count + copy.piece.count - 1) / copy.piece.count;
    const Ps mean = latency.mean().ps;
    const std::uint64_t turns = (pieces + device.channels - 1) / device.channels;
    path.stage(mean * static_cast<Ps>(turns),
               bytes_per_s(copy.chunk.count * device.channels, mean * static_cast<Ps>(pieces)));
}

void link_stage(ChunkPath& path, std::uint64_t chunk, const DeviceTiming& device) {
    constexpr std::uint64_t part = std::uint64_t{1} << 20;
    const Ps one = device.pcie.time(device.pcie.write_bytes(part));
    const Ps all = static_cast<Ps>(static_cast<Uint128>(chunk) * static_cast<Uint128>(one) / part);
    path.stage(all + device.link_latency, bytes_per_s(chunk, all));
}

ChunkPath chunk_path(const Scenario& scenario) {
    const MediaCopyParams& copy = scenario.media_copy;
    const std::uint64_t chunk = copy.chunk.count;
    ChunkPath path;
    const auto limit = [&](Bandwidth bandwidth) {
        if (bandwidth.bits_per_s != 0) {
            path.bytes_per_s = std::min(path.bytes_per_s, bandwidth.bits_per_s / 8);
        }
    };
    const DeviceTiming source = device_timing(scenario, scenario.hosts.src);
    const DeviceTiming destination = device_timing(scenario, scenario.hosts.dst);
    limit(copy.read_rate);
    media_stage(path, copy, source, source.media_read);
    link_stage(path, chunk, source);
    const Bandwidth streams = stream_rate(scenario);
    path.stage(transfer(copy.chunk, streams).ps, streams.bits_per_s / 8);
    path.stage(transfer(copy.chunk, scenario.channel.bandwidth).ps + scenario.channel.rtt.ps,
               scenario.channel.bandwidth.bits_per_s / 8);
    limit(copy.write_rate);
    link_stage(path, chunk, destination);
    media_stage(path, copy, destination, destination.media_write);
    path.bytes_per_s = std::min(path.bytes_per_s, bytes_per_s(chunk * copy.outstanding, path.loop));
    return path;
}

/// I/Os a second of a job that says no rate: as many as its depth lets through.
std::uint64_t guessed_rate(const Scenario& scenario, const WritePattern& pattern) {
    const DeviceTiming device = device_timing(scenario, scenario.hosts.src);
    const Ps media = (device.media_write.mean().ps * pattern.write_percent +
                      device.media_read.mean().ps * (100 - pattern.write_percent)) /
                     100;
    const Ps path = scenario.vm.submit_cost.ps + scenario.vm.complete_cost.ps +
                    scenario.vm.irq_latency.ps + 6 * device.link_latency + device.memory_latency;
    const Ps each = std::max<Ps>(1, media + path);
    const std::uint64_t by_depth = ps_per_s * pattern.depth / static_cast<std::uint64_t>(each);
    const std::uint64_t by_media =
        ps_per_s * device.channels / static_cast<std::uint64_t>(std::max<Ps>(1, media));
    return std::min(by_depth, by_media) * pattern.write_percent / 100;
}

/// Why counts do not treat the writes exactly, or nothing.
std::string inexact(const std::string& job, WritePattern::Kind kind) {
    switch (kind) {
        case WritePattern::Kind::Sequential: return "job " + job + " writes in sequence";
        case WritePattern::Kind::Other:
            return "job " + job +
                   " writes in a way that is no uniform random one, and is counted as if it did: "
                   "the most that it can change";
        default: return {};
    }
}

/// Of each source of the guest, how it writes; entries of the log by VF, which tells of shared
/// namespaces, too.
void add_writers(const Scenario& scenario, const Workload& workload, const Layout& layout,
                 MediaPlan& result) {
    const std::uint64_t granule = scenario.media_copy.granule.count;
    const std::uint64_t mdts = scenario.hosts.src.device.mdts.count;
    result.plan.entries_milli_per_s.assign(scenario.hosts.src.device.vfs, 0);
    for (const PlacedSource& placed : workload.sources) {
        const WritePattern pattern = placed.source->write_pattern();
        const bool shared = layout.namespaces()[placed.number].shared;
        if (pattern.kind == WritePattern::Kind::None) {
            continue;
        }
        if (pattern.bytes == 0) {
            result.note = "job " + placed.source->name() + " does not say how it writes";
            continue;
        }
        const std::string note = inexact(placed.source->name(), pattern.kind);
        result.note = note.empty() || shared ? result.note : note;
        const std::uint64_t ios =
            pattern.per_s != 0 ? pattern.per_s : guessed_rate(scenario, pattern);
        result.guess = result.guess || pattern.per_s == 0;
        const std::uint64_t commands = (pattern.bytes + mdts - 1) / mdts;
        const std::uint64_t milli_per_s = ios * commands * 1000;
        result.plan.entries_milli_per_s[placed.vf] += milli_per_s;
        if (shared) {
            result.shared_entries_per_s += milli_per_s / 1000;
            continue;
        }
        host::media::Writer writer;
        const std::uint64_t first = pattern.base / granule;
        writer.first = layout.first(placed.vf, placed.number) + first;
        writer.granules = layout.in_granules(pattern.base + pattern.size) - first;
        writer.per_write =
            std::min(writer.granules, (pattern.bytes / commands + granule - 1) / granule);
        writer.milli_per_s = milli_per_s;
        writer.each_once = pattern.kind == WritePattern::Kind::EachOnce ||
                           pattern.kind == WritePattern::Kind::Sequential;
        result.plan.writers.push_back(writer);
    }
}

host::media::QueuePlan queue_plan(const Scenario& scenario) {
    const DriverParams& driver = scenario.hosts.src.driver;
    const DeviceTiming device = device_timing(scenario, scenario.hosts.src);
    const UserDataLogTiming log = host_timing(scenario, scenario.hosts.src).user_data;
    host::media::QueuePlan queue;
    queue.entries = log.entries;
    queue.batch = log.batch;
    queue.entry_ps = log.entry_cost + log.copy_cost;
    queue.entry_ps += log.read_entries == 0 ? 0 : log.read_cost / log.read_entries;
    queue.poll_ps = log.poll;
    queue.notice_ps = queue.poll_ps != 0 ? 0 : driver.irq.ps + 2 * device.link_latency;
    queue.move_ps = driver.submit.ps + device.features.mean().ps + driver.irq.ps +
                    4 * device.link_latency + device.memory_latency;
    return queue;
}

host::media::Limits limits_of(const MediaCopyParams& copy) {
    host::media::Limits limits;
    limits.start_ram_ps = copy.start_ram.ps;
    limits.last_round_ps = copy.last_round.ps;
    limits.max_time_ps = copy.max_time.ps;
    limits.max_rounds = copy.max_rounds;
    return limits;
}

/// Blocks that hold data from the start, by NSID from 1 on.
std::vector<std::uint64_t> used_blocks(const Scenario& scenario) {
    const DeviceParams& device = scenario.hosts.src.device;
    const std::vector<VfNamespace> namespaces = vf_namespaces(scenario);
    std::vector<std::uint64_t> used;
    for (std::uint32_t vf = 0; vf < device.vfs; ++vf) {
        for (const VfNamespace& one : namespaces) {
            used.push_back(one.used_bytes / device.block.count);
        }
    }
    return used;
}

/// Admin commands before the first copy begins, and what each takes.
Ps set_up_time(const Scenario& scenario) {
    const MediaCopyParams& copy = scenario.media_copy;
    const DeviceTiming source = device_timing(scenario, scenario.hosts.src);
    const DeviceTiming destination = device_timing(scenario, scenario.hosts.dst);
    const Layout layout(scenario);
    const auto vfs = static_cast<Ps>(scenario.hosts.src.device.vfs);
    const Ps local = vfs * static_cast<Ps>(layout.local());
    const Ps all = vfs * static_cast<Ps>(layout.namespaces().size());
    Ps each = source.namespaces.mean().ps + 2 * destination.namespaces.mean().ps;
    each += copy.allocated_only ? source.lba_status.mean().ps : 0;
    each += copy.format ? destination.format.mean().ps : 0;
    const Ps deletes = layout.shared() == 0 ? 1 : local;
    return local * each + deletes * destination.namespaces.mean().ps +
           (1 + 2 * all) * destination.identify.mean().ps;
}

/// Of the downtime, relative: by rates the switchover comes at another moment of a round, and what
/// is left then may take anything up to `last_round`.
double downtime_bound(Ps last_round, Ps downtime) {
    const double left =
        downtime == 0 ? 0 : static_cast<double>(last_round) / static_cast<double>(downtime);
    return std::max(media_error_bound, left);
}

}  // namespace

MediaPlan plan_media(const Scenario& scenario, const Workload& workload) {
    const MediaCopyParams& copy = scenario.media_copy;
    const ChunkPath path = chunk_path(scenario);
    MediaPlan result;
    host::media::Plan& plan = result.plan;
    const Layout layout(scenario);
    plan.granule_bytes = copy.granule.count;
    plan.granules = layout.granules();
    for (std::uint32_t vf = 0; vf < scenario.hosts.src.device.vfs; ++vf) {
        for (std::size_t n = 0; n < layout.namespaces().size(); ++n) {
            const VfNamespace& one = layout.namespaces()[n];
            const std::uint64_t bytes = copy.allocated_only ? one.used_bytes : one.size.count;
            if (!one.shared && bytes != 0) {
                plan.allocated.push_back({layout.first(vf, n), layout.in_granules(bytes)});
            }
        }
    }
    result.local = layout.local() * scenario.hosts.src.device.vfs;
    result.shared = layout.shared() * scenario.hosts.src.device.vfs;
    plan.bytes_per_s = path.bytes_per_s;
    plan.round_overhead_ps = path.loop;
    plan.set_up_ps = set_up_time(scenario);
    plan.limits = limits_of(copy);
    plan.logs = copy.mode == MediaCopyMode::Copy;
    plan.queue = queue_plan(scenario);
    add_writers(scenario, workload, layout, result);
    return result;
}

std::unique_ptr<MediaCopy> make_media_copy(Kernel& kernel, const Scenario& scenario,
                                           const Workload& workload, const MediaCopy::Side& source,
                                           const MediaCopy::Side& destination, Channel& channel) {
    const MediaCopyParams& copy = scenario.media_copy;
    MediaCopyTiming timing;
    timing.mirror = copy.mode == MediaCopyMode::Mirror;
    timing.parallel = copy.order == MediaCopyOrder::Parallel;
    timing.vendor_identity = copy.identity == MediaIdentity::Vendor;
    timing.set_up = {copy.allocated_only, copy.format};
    timing.chunk = copy.chunk.count;
    timing.granule = copy.granule.count;
    timing.piece = copy.piece.count;
    timing.outstanding = copy.outstanding;
    timing.read_rate = copy.read_rate;
    timing.write_rate = copy.write_rate;
    timing.stream_rate = stream_rate(scenario);
    timing.used_blocks = used_blocks(scenario);
    timing.block_bytes = static_cast<std::uint32_t>(scenario.hosts.src.device.block.count);
    timing.limits = limits_of(copy);
    timing.sample = copy.sample.ps;
    if (scenario.run.fidelity == Fidelity::Hybrid) {
        MediaPlan plan = plan_media(scenario, workload);
        timing.hybrid = why_media_exact(scenario, workload).empty();
        timing.writers = std::move(plan.plan.writers);
        timing.queue = plan.plan.queue;
    }
    return std::make_unique<MediaCopy>("media_copy", kernel, timing, source, destination, channel,
                                       scenario.seed);
}

metrics::MediaResult forecast_media(const Scenario& scenario, const Workload& workload) {
    const MediaPlan plan = plan_media(scenario, workload);
    metrics::MediaResult media;
    const auto name = [](const auto& names, auto value) {
        return std::string(names[static_cast<std::size_t>(value)]);
    };
    media.mode = name(EnumNames<MediaCopyMode>::names, scenario.media_copy.mode);
    media.order = name(EnumNames<MediaCopyOrder>::names, scenario.media_copy.order);
    media.identity = scenario.media_copy.identity == MediaIdentity::Vendor
                         ? "those of the source, by a means of the vendor's"
                         : "others than on the source: the standard has no field that sets them";
    media.forecast = host::media::forecast(plan.plan);
    media.local = plan.local;
    media.shared = plan.shared;
    media.shared_entries_per_s = plan.shared_entries_per_s;
    media.forecast_by_guess = plan.guess;
    media.forecast_note = plan.note;
    return media;
}

std::string why_media_exact(const Scenario& scenario, const Workload& workload) {
    if (scenario.media_copy.mode == MediaCopyMode::None) {
        return "there is no copy of the media";
    }
    if (scenario.media_copy.order == MediaCopyOrder::Parallel) {
        return "media_copy.order = \"parallel\" has RAM change the rate of the copy";
    }
    if (scenario.media_copy.mode == MediaCopyMode::Mirror) {
        return "media_copy.mode = \"mirror\" sends each write to both sides";
    }
    const std::vector<VfNamespace> namespaces = vf_namespaces(scenario);
    const bool all_used = std::all_of(
        namespaces.begin(), namespaces.end(),
        [](const VfNamespace& one) { return one.shared || one.used_bytes == one.size.count; });
    if (!scenario.media_copy.allocated_only && !all_used) {
        return "media_copy.allocated_only = false has blocks without data go at another rate";
    }
    return plan_media(scenario, workload).note;
}

void fill_media(const Scenario& scenario, const Workload& workload, const MediaCopy& copy,
                const HostDriver& source, metrics::Result& result) {
    metrics::MediaResult media = forecast_media(scenario, workload);
    media.use = copy.used();
    if (const UserDataLog* log = source.user_data_log()) {
        media.queue_peak = log->used().peak;
        media.queue_entries = scenario.hosts.src.driver.user_data.entries;
    }
    for (const NamespaceCopyUse& one : media.use.namespaces) {
        result.conservation.media_mismatch += one.mismatch;
    }
    if (media.use.skipped != 0) {
        result.fidelity = Fidelity::Hybrid;
        result.hybrid.note.clear();
        result.error_bound =
            std::max(result.error_bound,
                     downtime_bound(scenario.media_copy.last_round.ps, result.downtime.total));
    } else if (scenario.run.fidelity == Fidelity::Hybrid) {
        const std::string why = why_media_exact(scenario, workload);
        result.hybrid.note = why.empty() ? result.hybrid.note : why;
    }
    metrics::GuestWindow& during = result.guest.during;
    if (during.commands != 0) {
        during.bytes += static_cast<std::uint64_t>(static_cast<Uint128>(during.bytes) *
                                                   media.use.commands_skipped / during.commands);
    }
    result.total_time += media.use.skipped;
    result.guest.during.duration += media.use.skipped;
    result.guest.during.commands += media.use.commands_skipped;
    result.hybrid.skipped += media.use.skipped;
    result.hybrid.commands += media.use.commands_skipped;
    result.media.push_back(std::move(media));
}

}  // namespace lmsim::sim
