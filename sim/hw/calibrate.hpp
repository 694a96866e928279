#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "sim/bridge/rig.hpp"
#include "sim/core/result.hpp"

namespace lmsim::sim::hw {

/// Latencies of one kind of work, from just before the doorbell (or the register write that begins
/// it) until its end is seen in memory.
struct Series {
    std::string kind;         // "identify", "read 4KiB"
    std::vector<Ps> taken;    // in rising order once they are all there
    std::string why_not;      // why there are none
    std::uint64_t bytes = 0;  // of a read or write
};

/// A quantile by nearest rank, of a series that has samples; `ppm` of them are no longer.
Ps quantile(const Series& series, std::uint32_t ppm);
constexpr std::uint32_t p50 = 500'000;
constexpr std::uint32_t p99 = 990'000;
constexpr std::uint32_t p999 = 999'000;

/// Many commands outstanding at once.
struct Throughput {
    std::string kind;
    std::uint64_t bytes = 0;  // of one command
    std::uint32_t depth = 0;
    std::uint64_t completed = 0;
    Ps lasted = 0;
};

/// What a device says of itself.
struct DeviceFacts {
    std::string model;
    std::string firmware;
    std::string serial;
    std::uint64_t mdts = 0;        // bytes; 0: no limit
    std::uint32_t queue_size = 2;  // CAP.MQES + 1
    Ps ready_timeout = 0;          // CAP.TO
    bool mmc = false;              // OACS.HMLMS: it manages the migration of its VFs
    std::uint64_t block = 0;       // bytes; 0: there is no namespace
    std::uint64_t blocks = 0;
    std::uint32_t nsid = 0;
    std::uint16_t functions = 1;  // that were open
};

/// All that was measured of a device.
struct Calibration {
    DeviceFacts facts;
    std::vector<Series> series;  // in the order in which they were measured
    std::vector<Throughput> throughput;
    bool writes = false;

    const Series* find(const std::string& kind) const;
    const Throughput* throughput_of(const std::string& kind) const;
};

/// How much is measured, and whether data may be lost.
struct CalibrateOptions {
    std::uint32_t samples = 1000;                                     // of each kind
    std::uint32_t warm_up = 20;                                       // before them
    bool write = false;                                               // writes destroy data
    std::uint32_t depth = 32;                                         // for throughput
    std::vector<std::uint64_t> sizes = {4096, 16384, 65536, 131072};  // of reads and writes
    Ps answer_limit = 10'000'000'000'000;                             // 10 s: for any single one
    /// Samples of those kinds that look at CSTS.RDY again and again; never more than `samples`.
    std::uint32_t resets = UINT32_MAX;
    /// A kind that lasts longer than this takes no further sample, from `least` on.
    Ps kind_limit = 10'000'000'000'000;
    std::uint32_t least = 5;
    /// Looks at memory between two looks at everything else; 1 in simulated time, which does not
    /// pass meanwhile.
    std::uint32_t looks = 4096;
    std::function<bool()> stop;                             // asked now and then; may be empty
    std::function<void(const std::string& kind)> progress;  // may be empty
};

/// Measures one kind after the other on the rig's functions: of a PF with VFs, the first VF, and
/// through the PF the migration of it; of a function alone, itself. What the device does not offer
/// is left out, with the reason. In words what went wrong: then the device has been disabled as
/// well as it could be. Data are destroyed with options.write alone.
Result<Calibration> calibrate(Rig& rig, const CalibrateOptions& options);

/// Why a calibration that was told to stop has no result.
constexpr const char* was_stopped = "interrupted";

}  // namespace lmsim::sim::hw
