#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "sim/core/text.hpp"
#include "sim/hw/calibrate_profile.hpp"
#include "sim/hw/calibrate_text.hpp"

namespace lmsim::sim::hw {

namespace {

constexpr Ps wanted = 2000;              // I/Os before the migration begins
constexpr Ps shortest = 50'000'000'000;  // 50 ms
constexpr Ps longest = 600'000'000'000'000;

}  // namespace

Ps interrupt_cost(const Calibration& measured) {
    for (const Series& series : measured.series) {
        const Series* const waited = measured.find(series.kind + " to interrupt");
        if (waited != nullptr && !waited->taken.empty() && !series.taken.empty()) {
            return std::max<Ps>(0, quantile(*waited, p50) - quantile(series, p50));
        }
    }
    return 0;
}

std::string guest_jobs(const Calibration& measured, const Series& series) {
    const bool write = series.kind.rfind("write", 0) == 0;
    const std::uint64_t all = measured.facts.block * measured.facts.blocks;
    const std::uint64_t size = std::min<std::uint64_t>(all, std::uint64_t{1} << 30);
    return fmt::format(
        "; One at a time, as lmsim hw calibrate measured it.\n"
        "[calibrate]\nioengine=libaio\ndirect=1\nrw={}\nbs={}\niodepth=1\nnumjobs=1\nsize={}\n"
        "norandommap\ntime_based\nruntime=1h\n",
        write ? "randwrite" : "randread", series.bytes, size / series.bytes * series.bytes);
}

std::string guest_scenario(const Calibration& measured, const std::string& profile,
                           const std::string& jobs, const Series& series) {
    const Ps all = std::accumulate(series.taken.begin(), series.taken.end(), Ps{0});
    const Ps each = all / static_cast<Ps>(series.taken.size()) + interrupt_cost(measured);
    const Ps warm_up = std::min(std::max(each * wanted, shortest), longest);
    const Series* const bell = measured.find("doorbell write");
    const Ps submit = bell == nullptr || bell->taken.empty() ? 0 : quantile(*bell, p50);
    const auto time = [](Ps ps) { return quoted(Time{ps / 1000 * 1000}); };
    std::string text = fmt::format("include = {}\n", toml_string(profile));
    text += fmt::format("name = {}\n", toml_string("calibrated: " + series.kind));
    text += line("description = \"Does the guest see the latencies that were measured?\"", "");
    text += "\n[run]\n" + line("warm_up = " + time(warm_up), "for 10000 I/Os");
    text +=
        "\n[expect]\noutcome = \"none\"\n\n[vm]\nvcpus = 1\nram = \"256MiB\"\n"
        "ram_used = \"64MiB\"\n";
    text += line("irq_latency = " + time(interrupt_cost(measured)),
                 "what waiting for an interrupt added to the p50 on this host");
    text += line("submit_cost = " + time(std::min<Ps>(submit, (1_ms).ps)),
                 "the write of a doorbell on this host, p50");
    text += line("complete_cost = \"0s\"", "in irq_latency");
    text += "\n[vm.dirty]\nrate = \"0/s\"\nworking_set = \"16MiB\"\nhot = \"4MiB\"\n";
    text += "\n[hosts.both.device]\nvfs = 1\nqueue_pairs = 1\n";
    return text + fmt::format("\n[[workload]]\nfio = {}\n", toml_string(jobs));
}

}  // namespace lmsim::sim::hw
