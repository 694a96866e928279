#pragma once

#include <string>

#include "sim/core/param.hpp"

namespace lmsim::sim {

/// I/O of the guest: one fio job file or one fio log, on some of its VFs.
struct WorkloadParams {
    FilePath fio = param(&fio, "fio", FilePath{}, "fio job file, relative to the scenario", choice);
    FilePath iolog = param(&iolog, "iolog", FilePath{},
                           "fio I/O log (version 2 or 3), relative to the scenario", choice);
    IndexSet vf = param(&vf, "vf", IndexSet{}, "the VFs it runs on: all, or their indices", choice);
    std::uint32_t number =
        param(&number, "namespace", 0, between(0, 16),
              "which namespace of a VF it works with, the first is 1; 0: the one that a job's "
              "filename names (/dev/nvme0n2: the second), else the first",
              choice);
    std::uint32_t depth = param(
        &depth, "depth", 0, between(0, 65535),
        "I/Os outstanding at most: instead of what a job says (iodepth), or of 32 where a log "
        "is replayed; 0: as they say",
        choice);
    std::uint32_t iops = param(
        &iops, "iops", 0, between(0, 100000000),
        "I/Os per second of each copy of each job, instead of what it says (rate_iops); 0: as "
        "it says",
        choice);
    bool loop = param(&loop, "loop", false, "start a log again at its end", choice);
    Time start = param(&start, "start", 0_s, between(0_s, 100000_s),
                       "when it starts, after the drivers of the guest are up", choice);
};

}  // namespace lmsim::sim
