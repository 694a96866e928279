#include "sim/run/workload.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace lmsim::sim {
namespace {

/// A mistake inside the file stands at its place there, one about the whole file at the scenario's.
Diagnostic diagnostic(const LoadedScenario& loaded, const std::string& path,
                      const fio::InputError& error) {
    const fio::Where where = error.where();
    if (where.line == 0) {
        return {loaded.where(path), path + ": " + error.what()};
    }
    const Position inside{error.file(), "", where.line, where.column};
    std::string message = error.what();
    const std::string prefix = inside.text() + ": ";
    if (message.compare(0, prefix.size(), prefix) == 0) {
        message.erase(0, prefix.size());
    }
    return {inside, message};
}

void place(Workload& workload, fio::Sources sources, std::uint16_t vf, Time start) {
    for (auto& source : sources) {
        workload.sources.push_back({vf, start, std::move(source)});
    }
}

constexpr unsigned log_depth = 32;  // a log does not say how deep its queue was

/// What the scenario says of depth and rate instead of the job; a mixed job keeps its mix.
void override_job(const WorkloadParams& params, fio::Job& job) {
    job.depth = params.depth != 0 ? params.depth : job.depth;
    if (params.iops == 0) {
        return;
    }
    const std::uint64_t reads = job.mixed() ? job.read_percent : 100;
    const auto at = [](fio::Direction direction) { return static_cast<std::size_t>(direction); };
    job.rate = {};
    job.rate_iops = {};
    job.rate_iops[at(fio::Direction::Read)] = std::max<std::uint64_t>(1, params.iops * reads / 100);
    job.rate_iops[at(fio::Direction::Write)] =
        std::max<std::uint64_t>(1, params.iops * (job.mixed() ? 100 - reads : 100) / 100);
    job.rate_iops[at(fio::Direction::Trim)] = params.iops;
}

void load_one(const Scenario& scenario, std::size_t index, Workload& workload) {
    const WorkloadParams& params = scenario.workloads[index];
    const DeviceParams& device = scenario.hosts.src.device;
    const fio::Target target{device.capacity.count, static_cast<std::uint32_t>(device.block.count)};
    std::unique_ptr<fio::JobFile> jobs;
    if (params.fio.empty()) {
        workload.logs.push_back(std::make_unique<fio::IoLog>(fio::load_iolog(params.iolog.path)));
        workload.descriptions.push_back(fio::describe(*workload.logs.back()));
    } else {
        jobs = std::make_unique<fio::JobFile>(fio::load_job_file(params.fio.path));
        for (fio::Job& job : jobs->jobs) {
            override_job(params, job);
        }
        workload.descriptions.push_back(fio::describe(*jobs));
    }
    for (std::uint16_t vf = 0; vf < device.vfs; ++vf) {
        if (!params.vf.contains(vf)) {
            continue;
        }
        if (jobs != nullptr) {
            const std::string stream = fmt::format("workload{}.vf{}", index, vf);
            place(workload, fio::make_sources(*jobs, scenario.seed, stream, target), vf,
                  params.start);
        } else {
            const fio::Replay replay{params.depth != 0 ? params.depth : log_depth, params.loop};
            place(workload, fio::make_sources(*workload.logs.back(), replay, target), vf,
                  params.start);
        }
    }
}

}  // namespace

Workload load_workload(const LoadedScenario& loaded, std::vector<Diagnostic>& errors) {
    Workload workload;
    const auto& all = loaded.scenario.workloads;
    for (std::size_t i = 0; i < all.size(); ++i) {
        try {
            load_one(loaded.scenario, i, workload);
        } catch (const fio::InputError& error) {
            const char* key = all[i].fio.empty() ? "iolog" : "fio";
            errors.push_back(diagnostic(loaded, fmt::format("workload[{}].{}", i, key), error));
        }
    }
    return workload;
}

}  // namespace lmsim::sim
