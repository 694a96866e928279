#include <fmt/format.h>

#include <memory>

#include "model/spec/mutate.hpp"
#include "sim/bridge/vfio_user/user_rig.hpp"
#include "sim/conform/model_target.hpp"
#include "sim/conform/rig_target.hpp"
#include "sim/conform/suite.hpp"
#include "sim/core/text.hpp"
#include "sim/trace/output_file.hpp"
#include "tools/cli/complain.hpp"
#include "tools/cli/conform_cases.hpp"
#include "tools/cli/spec_profile.hpp"
#include "tools/cli/verbs.hpp"

namespace lmsim::cli {

namespace {

using sim::conform::Case;

constexpr const char* to_stdout = "-";
constexpr const char* served_target = "vfio-user:";

struct ConformArguments {
    ConformCases choice;
    std::string target;
    std::string export_to;
    std::string mutant;
    std::string profile;
    bool by_messages = false;
    bool list = false;
};

int export_cases(const ConformArguments& arguments, const std::vector<Case>& cases) {
    const std::string text = sim::conform::export_json(cases);
    if (arguments.export_to == to_stdout) {
        fmt::print("{}", text);
        return Ok;
    }
    auto file = sim::trace::OutputFile::create(arguments.export_to);
    if (!file) {
        return complain("--export: " + file.error());
    }
    file.value().write(text);
    file.value().close();
    return file.value().error().empty() ? Ok : complain("--export: " + file.value().error());
}

/// The model in this process, with the rules that the command line says; exit code otherwise.
int open_model(const ConformArguments& arguments, std::unique_ptr<sim::conform::Target>& target) {
    if (arguments.choice.trackable != 0 || arguments.by_messages) {
        return complain("--trackable and --by-messages are for --target vfio-user:PATH");
    }
    const auto profile = profile_or_complain(arguments.profile);
    if (!profile) {
        return Usage;
    }
    spec::Rules rules = profile->rules;
    if (!arguments.mutant.empty()) {
        const auto row = spec::find(arguments.mutant);
        if (!row) {
            return complain(fmt::format("--mutant {}: no row has this requirement id",
                                        sim::in_quotes(arguments.mutant)));
        }
        spec::mutate(rules, *row);
    }
    target = sim::conform::make_model_target(rules);
    return Ok;
}

/// A target, and what it looks at.
struct Opened {
    std::unique_ptr<sim::Rig> rig;  // nullptr: the model
    std::unique_ptr<sim::conform::Target> target;
};

/// A device that somebody serves; exit code if there is none.
int open_served(const ConformArguments& arguments, Opened& opened) {
    if (!arguments.profile.empty() || !arguments.mutant.empty()) {
        return complain(
            "--profile and --mutant change the model of this process; expected --target model "
            "with them (lmsim serve takes --profile)");
    }
    using sim::vfio_user::ClientPort;
    sim::vfio_user::UserRig::Options options;
    options.port.share =
        arguments.by_messages ? ClientPort::Share::Messages : ClientPort::Share::Descriptor;
    const std::string path = arguments.target.substr(std::string(served_target).size());
    auto rig = sim::vfio_user::UserRig::open(path, options);
    std::string error = rig ? std::string() : rig.error();
    if (rig && rig.value()->functions() < 2) {
        error = fmt::format(
            "the cases need a PF and at least one VF: {0}.pf, {0}.vf0, {0}.vf1... as lmsim serve "
            "--socket {0} --functions pf,vf0,vf1,vf2 makes them",
            path);
    }
    if (!error.empty()) {
        fmt::print(stderr, "--target {}: {}\n", arguments.target, error);
        return Environment;
    }
    opened.target =
        std::make_unique<sim::conform::RigTarget>(*rig.value(), arguments.choice.trackable);
    opened.rig = std::move(rig.value());
    return Ok;
}

int open_target(const ConformArguments& arguments, Opened& opened) {
    if (arguments.target.empty()) {
        return complain(
            "--target is missing; expected model or vfio-user:PATH (or --list, or "
            "--export)");
    }
    if (arguments.target.rfind(served_target, 0) == 0) {
        return open_served(arguments, opened);
    }
    if (arguments.target != "model") {
        return complain(fmt::format("--target {}: no such target; expected model or vfio-user:PATH",
                                    sim::in_quotes(arguments.target)));
    }
    return open_model(arguments, opened.target);
}

/// This verb is for what can migrate: a PF that cannot, or has no VF, is a fault of the target and
/// no reason to leave cases out. Empty: neither is so.
std::string unusable(const sim::conform::Report& report) {
    for (const sim::conform::Outcome& outcome : report.outcomes) {
        if (outcome.reason.rfind("OACS.HMLMS is 0", 0) == 0 ||
            outcome.reason.rfind("there is no VF", 0) == 0) {
            return outcome.reason;
        }
    }
    return {};
}

int conform(const ConformArguments& arguments) {
    std::string error;
    const bool json = arguments.choice.json;
    const std::vector<Case> cases = chosen_cases(arguments.choice, error);
    if (!error.empty()) {
        return complain(error);
    }
    if (arguments.list) {
        fmt::print("{}", json ? sim::conform::list_json(cases) : sim::conform::list_text(cases));
        return Ok;
    }
    if (!arguments.export_to.empty()) {
        return export_cases(arguments, cases);
    }
    Opened opened;
    const int exit_code = open_target(arguments, opened);
    if (exit_code != Ok) {
        return exit_code;
    }
    sim::conform::Report report = sim::conform::run_suite(*opened.target, cases);
    if (report.error.empty()) {
        report.error = unusable(report);
    }
    print_report(report, json);
    return report.passed() ? Ok : Failed;
}

}  // namespace

void add_conform(CLI::App& app, int& exit_code) {
    const auto arguments = std::make_shared<ConformArguments>();
    CLI::App* verb =
        app.add_subcommand("conform", "Run the conformance cases against a device, or export them");
    verb->add_option("--target", arguments->target,
                     "what is tested: model, or vfio-user:PATH, whose functions are the sockets "
                     "PATH.pf, PATH.vf0...")
        ->type_name("TARGET");
    add_case_options(*verb, arguments->choice);
    verb->add_flag("--list", arguments->list, "print the cases and run none");
    verb->add_option("--export", arguments->export_to,
                     "write the cases as JSON (docs/conform.md) and run none; - or nothing is "
                     "the standard output")
        ->type_name("FILE")
        ->expected(0, 1)
        ->default_str(to_stdout);
    verb->add_option("--profile", arguments->profile,
                     "let the model speak this dialect (`lmsim spec profiles`, or a file): which "
                     "cases of the standard does it fail?")
        ->type_name("NAME|FILE");
    verb->add_option("--mutant", arguments->mutant,
                     "let the model break the row with this requirement id: which cases notice?")
        ->type_name("ROW");
    verb->add_flag("--by-messages", arguments->by_messages,
                   "let a vfio-user target reach memory by messages, not by file descriptor");
    verb->callback([arguments, verb, &exit_code] {
        if (verb->count("--export") != 0 && arguments->export_to.empty()) {
            arguments->export_to = to_stdout;
        }
        exit_code = conform(*arguments);
    });
}

}  // namespace lmsim::cli
