#include "sim/run/workload.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/core/text.hpp"
#include "sim/scenario/namespaces.hpp"

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

void place(Workload& workload, fio::Sources sources, const VfPlace& where, std::uint16_t number,
           Time start) {
    for (auto& source : sources) {
        workload.sources.push_back({where.vf, start, std::move(source), number, where.vm});
    }
}

fio::Target target_of(const Scenario& scenario, const VfNamespace& one) {
    return {one.size.count, static_cast<std::uint32_t>(scenario.hosts.src.device.block.count), 0};
}

/// Each job gets the number of its namespace, from 1 on; a name that says it is not ignored.
void number_jobs(const WorkloadParams& params, std::size_t count, fio::JobFile& file) {
    for (fio::Job& job : file.jobs) {
        if (params.number == 0 && job.device > count) {
            throw fio::InputError(
                file.path, job.place({"filename"}),
                fmt::format("filename: job {} names namespace {}; expected 1 to {}, or more "
                            "[[namespace]] tables in the scenario",
                            in_quotes(job.name), job.device, count));
        }
        job.device = params.number != 0 ? params.number : std::max(1U, job.device);
    }
    if (params.number == 0) {
        const auto is_name = [](const fio::IgnoredKey& ignored) {
            return ignored.key == "filename";
        };
        file.ignored.erase(std::remove_if(file.ignored.begin(), file.ignored.end(), is_name),
                           file.ignored.end());
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
    const std::vector<VfNamespace> namespaces = vf_namespaces(scenario);
    std::unique_ptr<fio::JobFile> jobs;
    if (params.fio.empty()) {
        workload.logs.push_back(std::make_unique<fio::IoLog>(fio::load_iolog(params.iolog.path)));
        workload.descriptions.push_back(fio::describe(*workload.logs.back()));
    } else {
        jobs = std::make_unique<fio::JobFile>(fio::load_job_file(params.fio.path));
        for (fio::Job& job : jobs->jobs) {
            override_job(params, job);
        }
        if (namespaces.size() > 1) {
            number_jobs(params, namespaces.size(), *jobs);  // before it is described
        }
        workload.descriptions.push_back(fio::describe(*jobs));
    }
    for (std::uint32_t i = 0; i < all_vfs(scenario, device); ++i) {
        const VfPlace where{static_cast<std::uint16_t>(i % device.vfs),
                            static_cast<std::uint16_t>(i / device.vfs)};
        if (!params.vf.contains(where.vf)) {
            continue;
        }
        if (jobs != nullptr) {
            place_jobs(*jobs, scenario, params, fmt::format("workload{}.vf{}", index, where.vf),
                       where, workload);
        } else {
            const fio::Replay replay{params.depth != 0 ? params.depth : log_depth, params.loop};
            const auto number = static_cast<std::uint16_t>(std::max(1U, params.number) - 1);
            place(workload,
                  fio::make_sources(*workload.logs.back(), replay,
                                    target_of(scenario, namespaces[number])),
                  where, number, params.start);
        }
    }
}

}  // namespace

void place_jobs(fio::JobFile& jobs, const Scenario& scenario, const WorkloadParams& params,
                const std::string& stream, const VfPlace& where, Workload& workload) {
    // The first VM draws what it draws when it is alone.
    const std::string own = where.vm == 0 ? stream : fmt::format("vm{}.{}", where.vm, stream);
    const std::vector<VfNamespace> namespaces = vf_namespaces(scenario);
    if (namespaces.size() > 1) {
        number_jobs(params, namespaces.size(), jobs);
    }
    for (std::uint16_t number = 0; number < namespaces.size(); ++number) {
        fio::Target target = target_of(scenario, namespaces[number]);
        target.number = namespaces.size() > 1 ? number + 1U : 0;
        place(workload, fio::make_sources(jobs, scenario.seed, own, target), where, number,
              params.start);
    }
}

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
