#include "sim/run/convert.hpp"

namespace lmsim::sim {

namespace {

Rate share_of(Rate rate, Share share) {
    return Rate{static_cast<std::uint64_t>(Uint128{rate.milli_per_s} * share.ppm / 1'000'000)};
}

Bandwidth share_of(Bandwidth rate, Share share) {
    return Bandwidth{static_cast<std::uint64_t>(Uint128{rate.bits_per_s} * share.ppm / 1'000'000)};
}

}  // namespace

DieMediaTiming die_media_timing(const DeviceParams& device) {
    const MediaParams& media = device.media;
    const VfLimitParams& limit = device.vf_limit;
    DieMediaTiming timing;
    timing.dies = media.dies;
    timing.stripe = media.stripe.count;
    timing.command = Distribution(media.command);
    timing.write_command = media.write_command.ps;
    timing.read = Distribution(media.read);
    timing.write = Distribution(media.write);
    timing.flush = Distribution(media.flush);
    timing.read_rate = media.read_rate;
    timing.write_rate = media.write_rate;
    timing.cache = media.cache.count;
    timing.unit = media.unit.count;
    timing.program = Distribution(media.program);
    timing.slice = media.slice.ps;
    timing.yields = media.yields;
    timing.amplification = media.amplification;
    timing.collection = media.collection.count;
    timing.registers = media.registers;
    timing.stall = Distribution(media.stall);
    timing.stall_interval = Distribution(media.stall_interval);
    timing.stalls = media.stall_interval.highest() > 0_s;
    timing.limit = {share_of(limit.read_iops, limit.share), share_of(limit.write_iops, limit.share),
                    share_of(limit.read_rate, limit.share),
                    share_of(limit.write_rate, limit.share)};
    timing.block = static_cast<std::uint32_t>(device.block.count);
    return timing;
}

}  // namespace lmsim::sim
