#include <algorithm>
#include <cmath>

#include "tests/catch.hpp"
#include "tests/sim/run/run_child.hpp"

namespace lmsim::tests {

namespace {

using nlohmann::json;

constexpr const char* busy_vm = R"(
[run]
warm_up = "50ms"
cool_down = "1ms"
[vm]
vcpus = 4
ram = "256MiB"
ram_used = "128MiB"
irq_latency = "0s"
[vm.dirty]
rate = "0/s"
working_set = "4KiB"
hot = "0B"
[hosts.both.device]
vfs = 1
queue_pairs = 4
[hosts.both.device.media]
read = "20us"
write = "20us"
)";

constexpr double seconds_per_ps = 1e-12;

/// A link's direction: seconds for bytes on the wire.
struct Link {
    double generation = 4;
    double lanes = 4;
    double mps = 256;
    double mrrs = 512;

    double per_byte() const {
        return 8.0 * 130 / 128 / (std::pow(2, generation) * 1e9 * lanes * 0.92);
    }
    double write(double bytes) const { return (bytes + std::ceil(bytes / mps) * 24) * per_byte(); }
    double requests(double bytes) const { return std::ceil(bytes / mrrs) * 24 * per_byte(); }
    double completions(double bytes) const {
        return (bytes + std::ceil(bytes / mps) * 20) * per_byte();
    }
    /// Bytes of a PRP list.
    static double list(double bytes) { return bytes > 8192 ? 8 * (bytes / 4096 - 1) : 0; }

    /// What one read, or one write, takes of each direction.
    double read_up(double bytes) const {
        return requests(64) + requests(list(bytes)) + write(bytes) + write(16) + write(4);
    }
    double write_down(double bytes) const {
        return write(4) + completions(64) + completions(list(bytes)) + completions(bytes) +
               write(4);
    }
};

struct Case {
    const char* name;
    std::vector<std::string> options;
    std::string job;
    double iops;
};

std::string job(const char* rw, const char* bs, int depth, int copies) {
    return std::string("[job]\nsize=32m\ntime_based\nruntime=1h\nrw=") + rw + "\nbs=" + bs +
           "\niodepth=" + std::to_string(depth) + "\nnumjobs=" + std::to_string(copies) + "\n";
}

std::vector<Case> media_bound() {
    return {
        {"16 channels", {}, job("randread", "4k", 32, 4), 16 / 20e-6},
        {"3 channels",
         {"hosts.both.device.media.channels=3"},
         job("randread", "4k", 8, 4),
         3 / 20e-6},
        {"writes",
         {"hosts.both.device.media.write=7us", "hosts.both.device.media.channels=2"},
         job("randwrite", "4k", 16, 2),
         2 / 7e-6},
        {"few contexts, all in the media",
         {"hosts.both.device.contexts=4", "hosts.both.device.media.read=1ms", "run.warm_up=500ms",
          "hosts.both.device.media.channels=4", "hosts.both.link.latency=0s",
          "hosts.both.link.memory=0s"},
         job("randread", "4k", 16, 1),
         4 / (1e-3 + 20e-9)},
    };
}

std::vector<Case> link_bound() {
    Link narrow;
    narrow.generation = 3;
    narrow.lanes = 1;
    Link small = narrow;
    small.mps = 128;
    // Commands go round in convoys, since a list is fetched behind the data of others: the window
    // must be long and the media's latency short beside a round.
    const std::vector<std::string> slow = {"hosts.both.link.generation=3",
                                           "hosts.both.link.lanes=1", "run.warm_up=250ms"};
    std::vector<std::string> slower = slow;
    slower.emplace_back("hosts.both.link.mps=128B");
    constexpr double large = 131072;
    return {
        {"4 KiB reads", slow, job("randread", "4k", 16, 4), 1 / narrow.read_up(4096)},
        {"128 KiB reads", slow, job("randread", "128k", 8, 4), 1 / narrow.read_up(large)},
        {"4 KiB writes", slow, job("randwrite", "4k", 16, 4), 1 / narrow.write_down(4096)},
        {"128 KiB writes", slow, job("randwrite", "128k", 8, 4), 1 / narrow.write_down(large)},
        {"MPS 128", slower, job("randread", "16k", 64, 4), 1 / small.read_up(16384)},
    };
}

std::vector<Case> processor_bound() {
    return {
        {"one vCPU",
         {"vm.vcpus=1", "vm.submit_cost=4us", "vm.complete_cost=3us",
          "hosts.both.device.media.channels=64"},
         job("randread", "4k", 32, 2),
         1 / 7e-6},
        {"two vCPUs",
         {"vm.vcpus=2", "vm.submit_cost=2us", "vm.complete_cost=6us",
          "hosts.both.device.media.channels=64"},
         job("randread", "4k", 32, 2),
         2 / 8e-6},
    };
}

/// Counts what is under way, apart from the meter of the result.
class Stays : public sim::trace::TraceSink {
  public:
    void command(const sim::trace::CommandRecord& command) override {
        if (command.qid != 0) {
            stays_.push_back({command.submit, command.complete});
        }
    }
    /// L, lambda and W of (from, to), each by its own count: L looks at the system at moments.
    json law(sim::Ps from, sim::Ps to) const {
        double stayed = 0;
        double ended = 0;
        for (const auto& [begin, end] : stays_) {
            if (end > from && end <= to) {
                stayed += static_cast<double>(end - begin);
                ++ended;
            }
        }
        double seen = 0;
        constexpr int looks = 997;
        for (int i = 0; i < looks; ++i) {
            const sim::Ps at = from + (to - from) / looks * i;
            for (const auto& [begin, end] : stays_) {
                seen += begin <= at && at < end ? 1 : 0;
            }
        }
        const double span = static_cast<double>(to - from) * seconds_per_ps;
        return {
            {"L", seen / looks}, {"lambda", ended / span}, {"W", stayed / ended * seconds_per_ps}};
    }

  private:
    std::vector<std::pair<sim::Ps, sim::Ps>> stays_;
};

void saturates(const Case& one) {
    INFO(one.name);
    Stays stays;
    Run run;
    run.scenario = busy_vm;
    run.options = one.options;
    run.jobs = {{one.job, {}}};
    run.sink = &stays;
    run.look = [&stays](const sim::Simulation& simulation, json& more) {
        const sim::metrics::Result result = simulation.result();
        const sim::Ps end = result.downtime.begin;
        more = stays.law(end - result.guest.before.duration, end);
    };
    const Seen seen = run_in_child(run);
    const double iops = seen.result["guest"]["before"]["iops"];
    CHECK(iops == Approx(one.iops).epsilon(0.01));
    const double product = seen.more["lambda"].get<double>() * seen.more["W"].get<double>();
    CHECK(seen.more["L"].get<double>() == Approx(product).epsilon(0.01));
    const json& law = seen.result["littles_law"];
    CHECK(law["l"].get<double>() ==
          Approx(law["lambda_per_s"].get<double>() * law["w_ns"].get<double>() * 1e-9));
    check_conserved(seen.result);
}

}  // namespace

TEST_CASE("media bound: channels by latency") {
    for (const Case& one : media_bound()) {
        saturates(one);
    }
}

TEST_CASE("link bound: what the commands' packets leave") {
    for (const Case& one : link_bound()) {
        saturates(one);
    }
}

TEST_CASE("processor bound: submission and completion cost") {
    for (const Case& one : processor_bound()) {
        saturates(one);
    }
}

}  // namespace lmsim::tests
