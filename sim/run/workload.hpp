#pragma once

#include <memory>
#include <vector>

#include "sim/guest/fio/describe.hpp"
#include "sim/guest/fio/source.hpp"
#include "sim/scenario/load.hpp"

namespace lmsim::sim {

/// A VF of a VM, both from 0 on.
struct VfPlace {
    std::uint16_t vf = 0;
    std::uint16_t vm = 0;
};

/// I/O of one job on one VF.
struct PlacedSource {
    std::uint16_t vf = 0;
    Time start;
    std::unique_ptr<fio::IoSource> source;
    std::uint16_t number = 0;  // of the VF's namespaces, from 0 on
    std::uint16_t vm = 0;
};

/// The fio files of a scenario and what they make the guest do.
struct Workload {
    std::vector<std::unique_ptr<fio::IoLog>> logs;  // sources refer to them
    std::vector<PlacedSource> sources;
    std::vector<fio::Description> descriptions;
};

/// The sources of the jobs on one VF, in the namespaces that the workload or the jobs themselves
/// name; `stream` names their draws in the first VM. Throws fio::InputError if there is no such
/// namespace.
void place_jobs(fio::JobFile& jobs, const Scenario& scenario, const WorkloadParams& params,
                const std::string& stream, const VfPlace& where, Workload& workload);

/// Reads the files; each job runs on every VF of its workload with draws of its own. What is wrong
/// with a file goes into `errors`, with its place.
Workload load_workload(const LoadedScenario& loaded, std::vector<Diagnostic>& errors);

}  // namespace lmsim::sim
