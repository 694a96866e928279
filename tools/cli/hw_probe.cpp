#include <fmt/format.h>

#include <memory>

#include "sim/hw/probe.hpp"
#include "tools/cli/hw_rig.hpp"

namespace lmsim::cli {

namespace {

struct HwProbeArguments {
    sim::RigRequest request;
    bool json = false;
};

int probe(const HwProbeArguments& arguments) {
    const auto rig = open_or_complain("probe", arguments.request);
    if (rig == nullptr) {
        return Environment;
    }
    const auto found = sim::hw::probe(*rig);
    if (!found) {
        fmt::print(stderr, "lmsim hw probe: {}: {}\n", rig->name(), found.error());
        return Environment;
    }
    fmt::print("{}", arguments.json ? sim::hw::probe_json(found.value())
                                    : sim::hw::probe_text(found.value()));
    return Ok;
}

}  // namespace

void add_hw_probe(CLI::App& hw, int& exit_code) {
    const auto arguments = std::make_shared<HwProbeArguments>();
    CLI::App* verb =
        hw.add_subcommand("probe", "Say what a device is and what it supports; changes nothing");
    add_rig_options(*verb, arguments->request);
    verb->add_flag("--json", arguments->json, "print it as JSON");
    verb->callback([arguments, &exit_code] { exit_code = probe(*arguments); });
}

}  // namespace lmsim::cli
