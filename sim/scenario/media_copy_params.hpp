#pragma once

#include <array>

#include "sim/core/param.hpp"

namespace lmsim::sim {

enum class MediaCopyMode : std::uint8_t { None, Copy, Mirror };
template <>
struct EnumNames<MediaCopyMode> {
    static constexpr std::array names{"none", "copy", "mirror"};
};

enum class MediaCopyOrder : std::uint8_t { MediaFirst, Parallel };
template <>
struct EnumNames<MediaCopyOrder> {
    static constexpr std::array names{"media-first", "parallel"};
};

enum class MediaIdentity : std::uint8_t { Renewed, Vendor };
template <>
struct EnumNames<MediaIdentity> {
    static constexpr std::array names{"renewed", "vendor"};
};

/// Namespaces that are local to a host move with the VM: they are made anew on the destination and
/// their content is copied while the guest goes on.
struct MediaCopyParams {
    MediaCopyMode mode =
        param(&mode, "mode", MediaCopyMode::None,
              "none: both hosts reach the same namespaces; copy: what changes meanwhile is known "
              "from the log of user data; mirror: a VMM that sees all I/O writes to both sides",
              choice);
    MediaCopyOrder order = param(
        &order, "order", MediaCopyOrder::MediaFirst,
        "when the pre-copy of RAM begins: once little of the media is left, or at once", choice);
    Share used = param(
        &used, "used", 100_percent, between(0_percent, 100_percent),
        "of each namespace holds data when the migration begins: its first blocks; where there "
        "are [[namespace]] tables, they say it",
        choice);
    bool allocated_only =
        param(&allocated_only, "allocated_only", true,
              "the device reports which blocks are allocated (Get LBA Status), and the first copy "
              "leaves the others out",
              estimate);
    MediaIdentity identity =
        param(&identity, "identity", MediaIdentity::Renewed,
              "NGUID and EUI-64 on the destination: what its controller gives them, for no field "
              "of the standard sets them, or those of the source by a means of the vendor's",
              "NVM Command Set 1.2, 4.1.6: the data of a Create have no identifiers");
    bool format =
        param(&format, "format", true,
              "each new namespace is formatted: nobody reads what was there before", choice);
    Bytes destination_capacity =
        param(&destination_capacity, "destination_capacity", 0_B, between(0_B, 65536_TiB),
              "NVM of the destination for namespaces; 0B: as much as the source's take", choice);
    Bytes chunk = param(&chunk, "chunk", 1_MiB, between(4_KiB, 64_MiB),
                        "read, sent and written in one go, of one piece or several",
                        "QEMU 10.1 block/mirror.c, MAX_IO_BYTES");
    Bytes granule = param(&granule, "granule", 4_KiB, between(512_B, 1_MiB),
                          "in which the host remembers what has changed", estimate);
    Bytes piece = param(&piece, "piece", 128_KiB, between(4_KiB, 2_MiB),
                        "largest read or write of the host's on its media", estimate);
    std::uint32_t outstanding =
        param(&outstanding, "outstanding", 16, between(1, 1024), "chunks under way at once",
              "QEMU 10.1 block/mirror.c, MAX_IN_FLIGHT");
    Bandwidth read_rate =
        param(&read_rate, "read_rate", 0_bit_per_s, between(0_bit_per_s, 10000_Gbit_per_s),
              "at most read from the source's media; 0: what they give", choice);
    Bandwidth write_rate =
        param(&write_rate, "write_rate", 0_bit_per_s, between(0_bit_per_s, 10000_Gbit_per_s),
              "at most written to the destination's media; 0: what they take", choice);
    Share network_share =
        param(&network_share, "network_share", 100_percent, between(1_percent, 100_percent),
              "of channel.bandwidth that the copy may use", choice);
    std::uint32_t streams =
        param(&streams, "streams", 1, between(1, 255),
              "connections of its own; each is bound by channel.stream_limit", estimate);
    Time start_ram =
        param(&start_ram, "start_ram", 1_s, between(0_s, 100000_s),
              "media-first: RAM begins once what is left takes at most so long", choice);
    Time last_round = param(&last_round, "last_round", 20_ms, between(0_s, 100000_s),
                            "the switchover waits until what is left takes at most so long; that "
                            "is copied while the guest stands still",
                            choice);
    std::uint32_t max_rounds = param(&max_rounds, "max_rounds", 100, between(1, 1000000),
                                     "after so many it is given up: it does not converge", choice);
    Time max_time = param(&max_time, "max_time", 100000_s, between(1_us, 5000000_s),
                          "after which it is given up", choice);
    Time mirror_cost =
        param(&mirror_cost, "mirror_cost", 8_us, between(0_s, 1_ms),
              "mirror: vCPU time of each I/O that goes through the VMM instead of straight to the "
              "device, before, while and after the VM moves",
              estimate);
    Time sample =
        param(&sample, "sample", 2_s, between(10_ms, 1000_s),
              "hybrid: how long a copy is simulated exactly before its rates are taken", choice);
};

}  // namespace lmsim::sim
