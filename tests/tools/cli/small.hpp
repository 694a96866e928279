#pragma once

#include "tests/tools/cli/process.hpp"

namespace lmsim::tests {

/// A folder with a scenario of one VF, little memory and a short fio job: over in a blink.
struct Small : Folder {
    std::string scenario =
        write("small.toml",
              "name = \"small\"\n"
              "run.warm_up = \"5ms\"\nrun.cool_down = \"5ms\"\n"
              "[vm]\nram = \"64MiB\"\nram_used = \"32MiB\"\n"
              "dirty = {working_set = \"4MiB\", hot = \"1MiB\", rate = \"1000/s\"}\n"
              "[hosts.both.device]\nvfs = 1\nqueue_pairs = 1\nqueue_size = 64\n"
              "[[workload]]\nfio = \"job.fio\"\n");

    /// `rw` as fio has it.
    explicit Small(const std::string& rw = "randread") {
        write("job.fio", "[j]\nrw=" + rw + "\nbs=4k\niodepth=4\nsize=1g\ntime_based\nruntime=60\n");
    }
};

}  // namespace lmsim::tests
