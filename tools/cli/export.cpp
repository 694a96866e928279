#include <fmt/format.h>

#include <memory>

#include "sim/core/text.hpp"
#include "sim/profile/profile.hpp"
#include "tools/cli/diagram_output.hpp"
#include "tools/cli/verbs.hpp"
#include "viz/diagram/machines.hpp"
#include "viz/spin/promela.hpp"

namespace lmsim::cli {

namespace {

constexpr const char* export_verb = "lmsim export spin";

struct ExportArguments {
    std::string name = "vfio";
    std::vector<std::string> features;
    std::string profile;
    PictureOptions output;
};

template <class... Args>
int refuse_to_export(fmt::format_string<Args...> text, Args&&... args) {
    fmt::print(stderr, "{}: {}\n", export_verb, fmt::format(text, std::forward<Args>(args)...));
    return Usage;
}

int no_such_machine(const std::string& name) {
    std::vector<std::string> names;
    for (const viz::MachineInfo& machine : viz::machines()) {
        names.emplace_back(machine.name());
    }
    const std::string near = sim::nearest(name, names);
    return refuse_to_export("no machine {}{}; there are {}", sim::in_quotes(name),
                            near.empty() ? "" : "; did you mean " + near + "?", sim::joined(names));
}

int spin(const ExportArguments& arguments) {
    const viz::MachineInfo* machine = viz::find_machine(arguments.name);
    if (machine == nullptr) {
        return no_such_machine(arguments.name);
    }
    sim::Profile loaded;
    if (!arguments.profile.empty()) {
        loaded = sim::load_profile(arguments.profile);
        if (!loaded.ok()) {
            fmt::print(stderr, "{}", loaded.error_text());
            return Usage;
        }
    }
    if (!arguments.features.empty()) {
        std::string error;
        loaded.features = sim::parse_features(arguments.features, error);
        if (!error.empty()) {
            return refuse_to_export("--features: {}", error);
        }
        if (!machine->has_features) {
            return refuse_to_export("--features: {} has none; only vfio has", machine->name());
        }
    }
    const viz::Dialect dialect{loaded.name == "ratified" ? "" : loaded.name, loaded.rules,
                               loaded.features};
    return write_picture(export_verb, arguments.output, viz::promela(*machine, dialect));
}

}  // namespace

void add_export(CLI::App& app, int& exit_code) {
    const auto arguments = std::make_shared<ExportArguments>();
    CLI::App* verb = app.add_subcommand("export", "Machines of the model for other tools");
    verb->require_subcommand(1);
    CLI::App* spin_verb = verb->add_subcommand(
        "spin", "A machine in Promela for the model checker Spin, out of the table that runs");
    spin_verb
        ->add_option("NAME", arguments->name,
                     "vfio (the device with its sessions), controller (its life with suspend and "
                     "resume), or the table of any other machine of `lmsim diagram list`")
        ->capture_default_str();
    spin_verb
        ->add_option("--features", arguments->features,
                     "of the VFIO driver: stop_copy,p2p,pre_copy; all unless told")
        ->delimiter(',')
        ->allow_extra_args(false)
        ->type_name("SET,...");
    spin_verb
        ->add_option("--profile", arguments->profile,
                     "under this profile, see `lmsim spec profiles`")
        ->type_name("NAME|FILE");
    spin_verb->add_option("--out", arguments->output.out, "write into this file")
        ->type_name("FILE");
    spin_verb->callback([arguments, &exit_code] { exit_code = spin(*arguments); });
}

}  // namespace lmsim::cli
