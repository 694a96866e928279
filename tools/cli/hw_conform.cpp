#include <fmt/format.h>

#include <memory>

#include "sim/conform/needs.hpp"
#include "sim/conform/rig_target.hpp"
#include "tools/cli/conform_cases.hpp"
#include "tools/cli/hw_rig.hpp"

namespace lmsim::cli {

namespace {

struct HwConformArguments {
    sim::RigRequest request;
    ConformCases choice;
    bool destructive = false;
};

/// How the same is run again, but for --case.
std::string again(const HwConformArguments& arguments) {
    std::string text = "lmsim hw conform " + arguments.request.device;
    for (const std::string& vf : arguments.request.vfs) {
        text += " --vf " + vf;
    }
    text += arguments.request.sriov == 0 ? "" : fmt::format(" --sriov {}", arguments.request.sriov);
    text += arguments.choice.trackable == 0
                ? ""
                : fmt::format(" --trackable {}", arguments.choice.trackable);
    return text + (arguments.destructive ? " --destructive" : "");
}

int conform(const HwConformArguments& arguments) {
    std::string error;
    auto cases = chosen_cases(arguments.choice, error);
    if (!error.empty()) {
        fmt::print(stderr, "lmsim hw conform: {}\n", error);
        return Usage;
    }
    for (sim::conform::Case& test : cases) {
        if (arguments.request.sriov != 0) {
            sim::conform::spare_vfs(test);
        }
    }
    const auto rig = open_or_complain("conform", arguments.request);
    if (rig == nullptr) {
        return Environment;
    }
    sim::conform::RigTarget target(*rig, arguments.choice.trackable, arguments.destructive);
    sim::conform::Report report = sim::conform::run_suite(target, cases);
    report.again = again(arguments);
    print_report(report, arguments.choice.json);
    const std::string trouble = report.error.empty() ? target.trouble() : report.error;
    if (!trouble.empty()) {
        fmt::print(stderr, "lmsim hw conform: {}: {}\n", rig->name(), trouble);
        return Environment;
    }
    return report.passed() ? Ok : Failed;
}

}  // namespace

void add_hw_conform(CLI::App& hw, int& exit_code) {
    const auto arguments = std::make_shared<HwConformArguments>();
    CLI::App* verb =
        hw.add_subcommand("conform", "Run the conformance cases that a device supports against it");
    add_rig_options(*verb, arguments->request);
    add_case_options(*verb, arguments->choice);
    verb->add_flag("--destructive", arguments->destructive,
                   "run the cases that destroy data or configuration, too: Write, Format NVM, "
                   "Sanitize, namespaces");
    verb->callback([arguments, &exit_code] { exit_code = conform(*arguments); });
}

}  // namespace lmsim::cli
