#include "tests/sim/fluid/random_scenario.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/core/random.hpp"

namespace lmsim::tests {

namespace {

class Draws {
  public:
    explicit Draws(std::uint64_t number) : random_(number, "random scenario") {}

    std::uint64_t between(std::uint64_t least, std::uint64_t most) {
        return least + random_.below(most - least + 1);
    }
    template <std::size_t N>
    std::uint64_t of(const std::uint64_t (&values)[N]) {
        return values[random_.below(N)];
    }
    bool one_in(std::uint64_t n) { return random_.below(n) == 0; }

  private:
    sim::Random random_;
};

std::string job(Draws& draw, unsigned number) {
    const bool writes = draw.one_in(2);
    const bool sequential = draw.one_in(4);
    const std::string mix =
        sequential ? (writes ? "rw" : "read") : (writes ? "randrw" : "randread");
    std::string text = fmt::format("[job{}]\nrw={}\nrwmixread={}\nbs={}k\niodepth={}\nnumjobs={}\n",
                                   number, mix, draw.between(10, 90), draw.of({4, 4, 4, 8, 16, 64}),
                                   draw.of({1, 4, 8, 16, 32}), draw.between(1, 4));
    if (writes && draw.one_in(3)) {
        text += fmt::format("fdatasync={}\n", draw.of({8, 32}));
    }
    if (draw.one_in(3)) {
        text += fmt::format("rate_iops={}\n", draw.of({2000, 10000, 30000}));
    }
    return text;
}

}  // namespace

RandomScenario random_scenario(std::uint64_t number) {
    Draws draw(number);
    RandomScenario out;
    out.name = fmt::format("random {}", number);
    const std::uint64_t used = draw.of({256, 512, 1024, 2048});
    const std::uint64_t working_set =
        std::min<std::uint64_t>(used / 2, draw.of({16, 64, 128, 256}));
    const std::uint64_t gbits = draw.of({2, 5, 10, 25, 40});
    // At most 60 % of what the channel takes are made dirty, or nearly all of it would be in vain.
    const std::uint64_t most = std::min<std::uint64_t>(gbits, 15) * 1'000'000 / 8 * 1000 / 4104;
    const std::uint64_t rate = most / 1000 * draw.between(1, 600);
    const std::uint64_t read = draw.of({20, 70, 90, 150});
    out.scenario = fmt::format(
        "name = \"{}\"\nseed = {}\n[run]\nwarm_up = \"{}ms\"\ncool_down = \"{}ms\"\n"
        "time_limit = \"20s\"\n"
        "[vm]\nvcpus = {}\nram = \"{}MiB\"\nram_used = \"{}MiB\"\n"
        "[vm.dirty]\nrate = \"{}/s\"\nworking_set = \"{}MiB\"\nhot = \"{}MiB\"\nhot_share = "
        "\"{}%\"\n"
        "[vmm]\ndowntime_limit = \"{}ms\"\n[channel]\nbandwidth = \"{}Gbit/s\"\nrtt = \"{}us\"\n",
        out.name, number, draw.between(40, 120), draw.between(30, 100), draw.between(2, 8),
        used * draw.between(1, 3), used, rate / 1000, working_set, working_set / 8,
        draw.between(0, 90), draw.of({50, 100, 300, 500}), gbits, draw.of({20, 50, 200, 2000}));
    out.scenario += fmt::format(
        "[hosts.both.device]\nvfs = {}\nqueue_pairs = {}\nvendor_bytes = \"{}KiB\"\n"
        "[hosts.both.device.media]\nchannels = {}\n"
        "read = {{ min = \"{}us\", p50 = \"{}us\", p99 = \"{}us\", max = \"{}us\" }}\n",
        draw.between(1, 4), draw.between(1, 8), draw.of({0, 64, 1024, 16384}),
        draw.of({8, 16, 32, 64}), read / 2, read, read * 2, read * draw.between(3, 10));
    out.jobs = "[global]\ntime_based\nruntime=1h\nsize=1g\n";
    const std::uint64_t jobs = draw.between(1, 3);
    for (unsigned i = 0; i < jobs; ++i) {
        out.jobs += job(draw, i);
    }
    return out;
}

}  // namespace lmsim::tests
