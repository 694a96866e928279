#include "sim/run/media_run.hpp"

#include <algorithm>

#include "sim/run/convert.hpp"

namespace lmsim::sim {

using fio::WritePattern;

namespace {

constexpr std::uint64_t ps_per_s = 1'000'000'000'000U;

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

std::uint64_t granules_of_one(const Scenario& scenario) {
    const std::uint64_t granule = scenario.media_copy.granule.count;
    return (scenario.hosts.src.device.capacity.count + granule - 1) / granule;
}

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

/// Of each source of the guest, how it writes; entries of the log by VF.
void add_writers(const Scenario& scenario, const Workload& workload, MediaPlan& result) {
    const std::uint64_t granule = scenario.media_copy.granule.count;
    const std::uint64_t mdts = scenario.hosts.src.device.mdts.count;
    result.plan.entries_milli_per_s.assign(scenario.hosts.src.device.vfs, 0);
    for (const PlacedSource& placed : workload.sources) {
        const WritePattern pattern = placed.source->write_pattern();
        if (pattern.kind == WritePattern::Kind::None) {
            continue;
        }
        if (pattern.kind == WritePattern::Kind::Other || pattern.bytes == 0) {
            result.note =
                "job " + placed.source->name() + " writes in a way that is no uniform random one";
            continue;
        }
        if (pattern.kind == WritePattern::Kind::Sequential) {
            result.note = "job " + placed.source->name() + " writes in sequence";
        }
        const std::uint64_t ios =
            pattern.per_s != 0 ? pattern.per_s : guessed_rate(scenario, pattern);
        result.guess = result.guess || pattern.per_s == 0;
        const std::uint64_t commands = (pattern.bytes + mdts - 1) / mdts;
        host::media::Writer writer;
        const std::uint64_t first = pattern.base / granule;
        writer.first = placed.vf * granules_of_one(scenario) + first;
        writer.granules = (pattern.base + pattern.size + granule - 1) / granule - first;
        writer.per_write =
            std::min(writer.granules, (pattern.bytes / commands + granule - 1) / granule);
        writer.milli_per_s = ios * commands * 1000;
        writer.each_once = pattern.kind != WritePattern::Kind::Random;
        result.plan.writers.push_back(writer);
        result.plan.entries_milli_per_s[placed.vf] += writer.milli_per_s;
    }
}

host::media::QueuePlan queue_plan(const Scenario& scenario) {
    const DriverParams& driver = scenario.hosts.src.driver;
    const DeviceTiming device = device_timing(scenario, scenario.hosts.src);
    host::media::QueuePlan queue;
    queue.entries = driver.user_data.entries;
    queue.batch = driver.user_data.batch;
    queue.entry_ps = driver.user_data.entry_cost.ps;
    queue.poll_ps = driver.user_data.poll.ps;
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

/// Blocks of a namespace that hold data from the start.
std::uint64_t used_blocks(const Scenario& scenario) {
    const DeviceParams& device = scenario.hosts.src.device;
    const Uint128 bytes =
        static_cast<Uint128>(device.capacity.count) * scenario.media_copy.used.ppm / 1'000'000;
    return static_cast<std::uint64_t>(bytes) / device.block.count;
}

/// Admin commands before the first copy begins, and what each takes.
Ps set_up_time(const Scenario& scenario) {
    const MediaCopyParams& copy = scenario.media_copy;
    const DeviceTiming source = device_timing(scenario, scenario.hosts.src);
    const DeviceTiming destination = device_timing(scenario, scenario.hosts.dst);
    const auto vfs = static_cast<Ps>(scenario.hosts.src.device.vfs);
    Ps each = source.namespaces.mean().ps + 2 * destination.namespaces.mean().ps;
    each += copy.allocated_only ? source.lba_status.mean().ps : 0;
    each += copy.format ? destination.media_write.mean().ps : 0;
    return vfs * each + destination.namespaces.mean().ps +
           (1 + 2 * vfs) * destination.identify.mean().ps;
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
    const std::uint64_t one = granules_of_one(scenario);
    plan.granule_bytes = copy.granule.count;
    plan.granules = one * scenario.hosts.src.device.vfs;
    const std::uint64_t blocks = copy.granule.count / scenario.hosts.src.device.block.count;
    const std::uint64_t used =
        copy.allocated_only ? (used_blocks(scenario) + blocks - 1) / blocks : one;
    for (std::uint32_t vf = 0; vf < scenario.hosts.src.device.vfs && used != 0; ++vf) {
        plan.allocated.push_back({vf * one, used});
    }
    plan.bytes_per_s = path.bytes_per_s;
    plan.round_overhead_ps = path.loop;
    plan.set_up_ps = set_up_time(scenario);
    plan.limits = limits_of(copy);
    plan.logs = copy.mode == MediaCopyMode::Copy;
    plan.queue = queue_plan(scenario);
    add_writers(scenario, workload, result);
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
    if (!scenario.media_copy.allocated_only && scenario.media_copy.used.ppm < 1'000'000) {
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
