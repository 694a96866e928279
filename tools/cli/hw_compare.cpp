#include <fmt/format.h>

#include <memory>

#include "sim/hw/compare.hpp"
#include "tools/cli/hw_compare_vfio.hpp"
#include "tools/cli/hw_rig.hpp"

namespace lmsim::cli {

namespace {

struct HwCompareArguments {
    sim::RigRequest request;
    sim::hw::CompareOptions options;
    VfioCompare vfio;  // of a device that the kernel migrates
    bool random_alone = false;
    bool json = false;
};

int compare(const HwCompareArguments& arguments) {
    if (sim::vfio_kernel::Migratable::is_named(arguments.request.device)) {
        if (!arguments.request.record.empty()) {
            fmt::print(stderr, "lmsim hw compare: calls of VFIO migration are not recorded\n");
            return Usage;
        }
        VfioCompare vfio = arguments.vfio;
        vfio.device = arguments.request.device;
        vfio.opening.access = arguments.request.access;
        vfio.opening.vf_token = arguments.request.vf_token;
        vfio.json = arguments.json;
        return compare_vfio(vfio);
    }
    const auto rig = open_or_complain("compare", arguments.request);
    if (rig == nullptr) {
        return Environment;
    }
    sim::hw::CompareOptions options = arguments.options;
    options.cases = !arguments.random_alone;
    options.sriov = arguments.request.sriov != 0;
    const sim::hw::Comparison result = sim::hw::compare(*rig, options);
    fmt::print("{}",
               arguments.json ? sim::hw::compare_json(result) : sim::hw::compare_text(result));
    if (!result.trouble.empty()) {
        fmt::print(stderr, "lmsim hw compare: {}: {}\n", rig->name(), result.trouble);
        return Environment;
    }
    return result.differences.empty() ? Ok : Failed;
}

}  // namespace

void add_hw_compare(CLI::App& hw, int& exit_code) {
    const auto arguments = std::make_shared<HwCompareArguments>();
    CLI::App* verb = hw.add_subcommand(
        "compare",
        "Ask a device and the model the same, and show what differs: commands; of mdev:UUID and "
        "vfio:BDF, the calls of VFIO migration");
    add_rig_options(*verb, arguments->request);
    verb->add_option("--seed", arguments->options.seed, "which random commands")
        ->type_name("N")
        ->capture_default_str();
    verb->add_option("--count", arguments->options.commands, "how many random commands")
        ->type_name("N")
        ->capture_default_str();
    verb->add_flag("--random-alone", arguments->random_alone,
                   "leave out the commands of the conformance cases");
    verb->add_option("--trackable", arguments->options.trackable,
                     "how many pages of 4 KiB the device can track for one controller; without it "
                     "commands about that limit are left out")
        ->type_name("PAGES");
    verb->add_flag("--destructive", arguments->options.destructive,
                   "send commands that destroy data or configuration, too: Write, Format NVM, "
                   "Sanitize, namespaces");
    verb->add_flag("--all", arguments->vfio.all,
                   "of mdev:UUID and vfio:BDF: show every call, and not only what differs");
    verb->add_flag("--json", arguments->json, "print the outcome as JSON");
    verb->callback([arguments, &exit_code] { exit_code = compare(*arguments); });
}

}  // namespace lmsim::cli
