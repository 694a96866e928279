// Media of one's own in a simulated migration: a disk with one arm, which a command moves first.
// The scenario's guest, hosts and link are as they are; what it says of media does not count.
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <systemc>

#include "sim/core/random.hpp"
#include "sim/device/media_model.hpp"
#include "sim/run/simulation.hpp"
#include "sim/run/workload.hpp"
#include "sim/scenario/load.hpp"

namespace {

using lmsim::sim::MediaWork;
using lmsim::sim::Ps;
using lmsim::sim::ps_per_ns;
using lmsim::sim::ps_per_us;

class Disk : public lmsim::sim::MediaModel {
  public:
    explicit Disk(std::uint64_t seed) : random_(seed, "disk") {}

    Ps takes(const MediaWork& work, Ps now) override {
        const std::uint64_t blocks = work.bytes / 512;
        const std::uint64_t way = work.lba > arm_ ? work.lba - arm_ : arm_ - work.lba;
        Ps spent = static_cast<Ps>(blocks) * 50 * ps_per_ns;
        if (way != 0) {
            const Ps seek = 20 * ps_per_us + static_cast<Ps>(way / 65536) * 10 * ps_per_ns;
            const Ps turn = static_cast<Ps>(random_.below(40)) * ps_per_us;
            spent += seek + turn;
        }
        arm_ = work.lba + blocks;
        // One arm: a command waits for those before it.
        free_at_ = std::max(free_at_, now) + spent;
        ++commands;
        return free_at_ - now;
    }

    unsigned commands = 0;

  private:
    lmsim::sim::Random random_;
    std::uint64_t arm_ = 0;
    Ps free_at_ = 0;
};

}  // namespace

int sc_main(int argc, char** argv) {
    using namespace lmsim;
    if (argc != 2) {
        fmt::print(stderr, "usage: media SCENARIO\n");
        return 2;
    }
    sim::LoadedScenario loaded = sim::load_scenario(argv[1]);
    sim::Workload workload;
    sim::RunOptions options;
    if (loaded.ok()) {
        workload = sim::load_workload(loaded, loaded.errors);
        options.dialects = sim::load_dialects(loaded);
    }
    if (!loaded.ok()) {
        fmt::print(stderr, "{}", loaded.error_text());
        return 2;
    }
    Disk source(loaded.scenario.seed);
    Disk destination(loaded.scenario.seed + 1);
    options.media = {&source, &destination};
    sim::Simulation simulation(loaded.scenario, workload, options);
    simulation.run();
    const sim::metrics::Result result = simulation.result();
    fmt::print("{} and {} commands on our disks, {} us of downtime, trace hash {:#018x}\n",
               source.commands, destination.commands, result.downtime.total / ps_per_us,
               result.trace_hash);
    return 0;
}
