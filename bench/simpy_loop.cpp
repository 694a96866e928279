#include <fstream>
#include <nlohmann/json.hpp>

#include "bench/folder.hpp"
#include "bench/loops.hpp"
#include "bench/run_program.hpp"
#include "sim/core/random.hpp"
#include "sim/metrics/histogram.hpp"

namespace lmsim::bench {

namespace {

using nlohmann::json;
using sim::Ps;
using sim::Time;

constexpr const char* python = "/usr/bin/python3";  // Debian's, whose SimPy it is
// More than any stream is asked for in one epoch; a run that needs more fails.
constexpr int media_draws = 2048;
constexpr int job_draws = 256;

struct Epochs {
    Ps begin;
    int count;
};

/// The first draws of each epoch.
template <class Draw>
json table(const Epochs& epochs, int draws, Draw&& draw) {
    json rows = json::array();
    for (int epoch = 0; epoch < epochs.count; ++epoch) {
        const Time at{epochs.begin + sim::EpochRandom::epoch.ps * epoch};
        json row = json::array();
        for (int i = 0; i < draws; ++i) {
            row.push_back(draw(at));
        }
        rows.push_back(std::move(row));
    }
    return rows;
}

json media_table(const CommandPath& path, const Epochs& epochs, const char* stream,
                 const sim::Distribution& latency) {
    sim::EpochRandom random(path.seed, stream);
    return table(epochs, media_draws, [&](Time at) { return latency.draw(random.at(at)).ps; });
}

/// What the jobs want to do, as they themselves say it.
void add_jobs(const CommandPath& path, const Epochs& epochs, json& given) {
    for (std::uint16_t vf = 0; vf < path.device.vfs; ++vf) {
        const sim::fio::Sources first = make_sources(path, vf);
        given["depth"] = first.front()->depth();
        given["delays"].push_back(first.front()->next(Time{path.begin})->not_before.ps -
                                  path.begin);
        const sim::fio::Sources again = make_sources(path, vf);
        given["mix"].push_back(table(epochs, job_draws, [&](Time at) {
            return again.front()->next(at)->io.op == sim::fio::Op::Read;
        }));
    }
}

json input(const CommandPath& path) {
    constexpr std::uint64_t block = 4096;
    const sim::PcieCost& pcie = path.device.pcie;
    const Ps end = path.begin + path.duration;
    const Ps epoch = sim::EpochRandom::epoch.ps;
    LMSIM_ASSERT(path.begin % epoch == 0);
    const Epochs epochs{path.begin, static_cast<int>((end - path.begin) / epoch) + 1};
    json given;
    given["begin"] = path.begin;
    given["end"] = end;
    given["epoch"] = epoch;
    given["channels"] = path.device.channels;
    given["vcpus"] = path.guest.vcpus;
    given["link_latency"] = path.device.link_latency;
    given["memory_latency"] = path.device.memory_latency;
    given["submit_cost"] = path.guest.submit_cost;
    given["complete_cost"] = path.guest.complete_cost;
    given["irq_latency"] = path.guest.irq_latency;
    given["doorbell"] = pcie.time(pcie.write_bytes(4));
    given["sqe_request"] = pcie.time(pcie.request_bytes(64));
    given["sqe_answer"] = pcie.time(pcie.completion_bytes(64));
    given["data_request"] = pcie.time(pcie.request_bytes(block));
    given["data_answer"] = pcie.time(pcie.completion_bytes(block));
    given["data_write"] = pcie.time(pcie.write_bytes(block));
    given["cqe"] = pcie.time(pcie.write_bytes(16));
    given["interrupt"] = pcie.time(pcie.write_bytes(4));
    given["read"] = media_table(path, epochs, "device.media.read", path.device.media_read);
    given["write"] = media_table(path, epochs, "device.media.write", path.device.media_write);
    add_jobs(path, epochs, given);
    return given;
}

Tally output(const json& got) {
    sim::metrics::Histogram latency;
    for (const Ps value : got["latencies"]) {
        latency.add(value);
    }
    Tally tally;
    tally.submitted = got["submitted"];
    tally.completed = latency.count();
    tally.page_writes = got["page_writes"];
    tally.latency_sum = latency.sum();
    tally.latency_min = latency.min();
    tally.latency_p50 = latency.p50();
    tally.latency_p999 = latency.p999();
    tally.latency_max = latency.max();
    tally.up_busy = got["up_busy"];
    tally.down_busy = got["down_busy"];
    tally.media_busy = got["media_busy"];
    tally.cpu_seconds = got["cpu_seconds"];
    return tally;
}

}  // namespace

sim::Result<Tally> run_simpy(const CommandPath& path) {
    const Folder folder;
    const std::string in = folder.path + "/in.json";
    const std::string out = folder.path + "/out.json";
    std::ofstream(in) << input(path);
    const Ran ran = run_program(python, {LMSIM_SIMPY_LOOP, in, out}, folder.path + "/log");
    if (ran.status != 0) {
        std::ifstream log(folder.path + "/log");
        const std::string said((std::istreambuf_iterator<char>(log)), {});
        return sim::Failure{"SimPy did not run (python3-simpy3; tools/setup installs it): " + said};
    }
    std::ifstream file(out);
    return output(json::parse(file));
}

}  // namespace lmsim::bench
