#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <sstream>

#include "sim/bridge/record/session_file.hpp"
#include "sim/bridge/vfio_user/client_memory.hpp"
#include "sim/core/text.hpp"
#include "sim/run/expectation.hpp"
#include "sim/run/rig_check.hpp"
#include "sim/run/simulation.hpp"
#include "sim/run/wall_run.hpp"
#include "tools/cli/complain.hpp"
#include "tools/cli/hw_rig.hpp"
#include "tools/cli/run_outputs.hpp"
#include "tools/cli/scenario_options.hpp"
#include "tools/runs/runs.hpp"

namespace lmsim::cli {

namespace {

using sim::vfio_user::SharedMemory;

struct HwRunArguments {
    ScenarioOptions scenario;
    OutputOptions output;
    sim::RigRequest source;
    sim::RigRequest destination;  // without a device: the model
    bool write = false;

    bool real_destination() const { return !destination.device.empty(); }
    bool replay() const { return sim::is_replay(source); }
};

constexpr const char* hw_run_verb = "run";

/// What the device cannot do for this scenario, before it is opened.
std::string check_scenario(const HwRunArguments& arguments, const PreparedRun& prepared) {
    const sim::LoadedScenario& loaded = prepared.loaded;
    const sim::WallRefusal refusal = sim::refuse_wall(loaded.scenario);
    if (!refusal.path.empty()) {
        return fmt::format("{}: {}: {}", loaded.where(refusal.path).text(), refusal.path,
                           refusal.text);
    }
    if (sim::writes_media(prepared.workload) && !arguments.write && !arguments.replay()) {
        return fmt::format(
            "the workload of {} writes to the namespaces of {}, which destroys what is there; "
            "expected --write if that may be, or a workload that only reads",
            loaded.file, arguments.source.device);
    }
    const auto& kinds = arguments.output.traces;
    if (std::find(kinds.begin(), kinds.end(), "steps") != kinds.end()) {
        return "--trace steps: a device outside this process logs no steps; expected another trace";
    }
    return {};
}

/// The memory that the rigs need, or why this machine does not have it.
std::string size_memory(HwRunArguments& arguments, const PreparedRun& prepared) {
    const sim::Scenario& scenario = prepared.loaded.scenario;
    const sim::Dialects& dialects = prepared.dialects;
    const std::string crowded = sim::check_wall_memory(scenario, prepared.workload);
    if (!crowded.empty()) {
        return prepared.loaded.where("vm.ram_used").text() + ": " + crowded;
    }
    const sim::WallMemory from = sim::wall_memory(scenario, scenario.hosts.src, dialects);
    const sim::WallMemory to = sim::wall_memory(scenario, scenario.hosts.dst, dialects);
    arguments.source.memory_pages = from.pf;
    arguments.source.vm_pages = from.vm;
    arguments.destination.memory_pages = to.pf;
    arguments.destination.vm_pages = to.vm;
    // The model has bytes for the VM's memory as well: what the device wrote there is compared.
    const std::uint64_t all = from.bytes() + to.bytes();
    const std::uint64_t rigs = from.bytes() + (arguments.real_destination() ? to.bytes() : 0);
    // Whoever records or replays has a copy for the host's side, and what both had last in common.
    const std::uint64_t bytes = arguments.replay()                 ? all + rigs
                                : !arguments.source.record.empty() ? all + 2 * rigs
                                                                   : all;
    const std::uint64_t locked =
        (sim::pins_memory(arguments.source) ? from.bytes() : 0) +
        (arguments.real_destination() && sim::pins_memory(arguments.destination) ? to.bytes() : 0);
    return sim::check_machine_memory(bytes, locked);
}

/// What a recording is of: a replay has to do the same. Where a value comes from does not matter.
std::string subject_of(const sim::LoadedScenario& loaded) {
    sim::record::RunningSum sum;
    std::istringstream lines(sim::effective_toml(loaded));
    for (std::string line; std::getline(lines, line);) {
        sum.add(line.substr(0, line.find("  # ")) + "\n");
    }
    return fmt::format("scenario {} (parameters {})", loaded.scenario.name, sum.hex());
}

/// The ways to both devices.
struct Devices {
    sim::Rigs rigs;
    std::unique_ptr<SharedMemory> memory;  // of the VM, where the destination is the model

    static sim::SideBackend side(sim::Rig& rig) { return {&rig, &rig.port(1).memory()}; }
    std::array<sim::SideBackend, 2> sides() const {
        return {side(*rigs.source), rigs.destination
                                        ? side(*rigs.destination)
                                        : sim::SideBackend{nullptr, &memory->memory()}};
    }
};

/// Has the device what is needed, and is it at rest? False: it has been said why not.
bool make_ready(const sim::RigRequest& request, std::uint32_t vfs, sim::Rig& rig) {
    std::string lacks = sim::check_rig(rig, vfs);
    lacks =
        lacks.empty() ? sim::check_rig_memory(rig, request.memory_pages, request.vm_pages) : lacks;
    lacks = lacks.empty() ? sim::switch_off(rig, vfs) : lacks;
    if (!lacks.empty()) {
        complain("hw run", lacks, Environment);
    }
    return lacks.empty();
}

bool open_devices(const HwRunArguments& arguments, const sim::Scenario& scenario,
                  Devices& devices) {
    devices.rigs = open_or_complain(hw_run_verb, arguments.source, arguments.destination);
    const sim::Rigs& rigs = devices.rigs;
    if (!rigs.source) {
        return false;
    }
    if (!rigs.destination) {
        auto memory = SharedMemory::create(arguments.destination.vm_pages);
        if (!memory) {
            complain("hw run", memory.error(), Environment);
            return false;
        }
        devices.memory = std::move(memory.value());
    }
    return make_ready(arguments.source, scenario.hosts.src.device.vfs, *rigs.source) &&
           (!rigs.destination ||
            make_ready(arguments.destination, scenario.hosts.dst.device.vfs, *rigs.destination));
}

/// The device comes to rest, or it is said why not. One that does not answer any more has been told
/// of.
bool leave(sim::Rig* rig, std::uint32_t vfs) {
    if (rig == nullptr || !rig->trouble().empty()) {
        return true;
    }
    const std::string why = sim::switch_off(*rig, vfs);
    if (!why.empty()) complain("hw run", why, Environment);
    return why.empty();
}

int finish(const HwRunArguments& arguments, const PreparedRun& prepared, Outputs& outputs,
           const sim::Simulation& simulation) {
    sim::metrics::Result result = simulation.result();
    result.expectation = sim::judge(prepared.loaded.scenario.expect, result);
    const std::string error = finish_outputs(outputs, simulation, result, prepared.loaded);
    if (!error.empty()) {
        return complain("hw run", error, Environment);
    }
    print_result(arguments.output, result);
    return runs::verdict(result);
}

/// `trouble`: why a device is of no use any more, if one is not.
int drive(const HwRunArguments& arguments, PreparedRun& prepared, Outputs& outputs,
          Devices& devices, std::string& trouble) {
    const sim::Scenario& scenario = prepared.loaded.scenario;
    sim::RunOptions options;
    options.backends = devices.sides();
    options.dialects = prepared.dialects;
    options.sink = sink_of(outputs);
    options.ports = outputs.ports.get();
    const auto simulation =
        std::make_unique<sim::Simulation>(sim::wall_scenario(scenario), prepared.workload, options);
    simulation->run();
    trouble = simulation->trouble();
    const int code = finish(arguments, prepared, outputs, *simulation);
    // Nothing that the run began goes on, and no guest is there to hear of it.
    const bool source = leave(devices.rigs.source.get(), scenario.hosts.src.device.vfs);
    const bool destination = leave(devices.rigs.destination.get(), scenario.hosts.dst.device.vfs);
    return code == Ok && !(source && destination) ? Environment : code;
}

int run_on(const HwRunArguments& arguments, PreparedRun& prepared, Outputs& outputs) {
    std::string trouble;
    int code = Environment;
    {
        Devices devices;
        if (!open_devices(arguments, prepared.loaded.scenario, devices)) {
            return Environment;
        }
        code = drive(arguments, prepared, outputs, devices, trouble);
    }
    // A replay that turned out otherwise has just said so, in the same words.
    if (replay_differed()) {
        return Failed;
    }
    return trouble.empty() ? code : complain("hw run", trouble, Environment);
}

int run(HwRunArguments arguments) {
    PreparedRun prepared = prepare(arguments.scenario);
    if (!prepared.loaded.ok()) {
        fmt::print(stderr, "{}", prepared.loaded.error_text());
        return Usage;
    }
    std::string error = check_scenario(arguments, prepared);
    if (!error.empty()) {
        return complain("hw run", error, Usage);
    }
    error = size_memory(arguments, prepared);
    if (!error.empty()) {
        return complain("hw run", error, Environment);
    }
    arguments.output.wall = true;
    arguments.source.subject = subject_of(prepared.loaded);
    arguments.destination.access = arguments.source.access;
    Outputs outputs = open_outputs(arguments.output, prepared.loaded.scenario);
    if (!outputs.error.empty()) {
        return complain("hw run", "--out: " + outputs.error, Usage);
    }
    return run_on(arguments, prepared, outputs);
}

void add_device_options(CLI::App& verb, HwRunArguments& arguments) {
    verb.add_option("--device", arguments.source.device,
                    "the source's device: PCI address of the PF, or vfio-user:PATH; or "
                    "replay:FILE, what --record has written, of both devices")
        ->type_name("DEVICE")
        ->required();
    verb.add_option("--vf", arguments.source.vfs,
                    "PCI address of a function that is its VF without SR-IOV; may be repeated")
        ->type_name("BDF")
        ->allow_extra_args(false);
    verb.add_option("--sriov", arguments.source.sriov,
                    "let the PF have so many VFs meanwhile, and drive them too")
        ->type_name("N");
    CLI::Option* destination =
        verb.add_option("--destination", arguments.destination.device,
                        "the destination's device; without it the model, in the same time")
            ->type_name("DEVICE");
    verb.add_option("--destination-vf", arguments.destination.vfs, "as --vf, of the destination")
        ->type_name("BDF")
        ->allow_extra_args(false)
        ->needs(destination);
    verb.add_option("--destination-sriov", arguments.destination.sriov,
                    "as --sriov, of the destination")
        ->type_name("N")
        ->needs(destination);
    verb.add_flag("--write", arguments.write,
                  "the workload may write: what is on the namespaces is destroyed");
    add_access_option(verb, arguments.source.access);
    add_record_option(verb, arguments.source.record);
}

}  // namespace

void add_hw_run(CLI::App& hw, int& exit_code) {
    const auto arguments = std::make_shared<HwRunArguments>();
    CLI::App* verb = hw.add_subcommand(
        hw_run_verb,
        "Run a scenario's host side on a real device: the driver that is simulated "
        "otherwise, in real time");
    add_scenario_options(*verb, arguments->scenario);
    add_device_options(*verb, *arguments);
    add_output_options(*verb, arguments->output);
    verb->callback([arguments, &exit_code] { exit_code = run(*arguments); });
}

}  // namespace lmsim::cli
