#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "model/vfio/uapi.hpp"
#include "sim/core/text.hpp"
#include "sim/profile/profile.hpp"
#include "sim/trace/reader.hpp"
#include "tools/cli/diagram_downtime.hpp"
#include "tools/cli/diagram_output.hpp"
#include "tools/cli/scenario_options.hpp"
#include "tools/cli/verbs.hpp"
#include "viz/diagram/machines.hpp"
#include "viz/diagram/overlay.hpp"
#include "viz/diagram/state_diagram.hpp"
#include "viz/diagram/topology.hpp"
#include "viz/diagram/walk.hpp"

namespace lmsim::cli {

namespace {

constexpr const char* diagram_verb = "lmsim diagram";

struct DiagramArguments {
    std::string name;
    PictureOptions picture;
    std::vector<std::string> features;
    std::string path;
    std::string profile;
    std::vector<std::string> diff;
    std::string overlay;
    ScenarioOptions scenario;
    bool json = false;
};

template <class... Args>
int refuse_to_draw(fmt::format_string<Args...> text, Args&&... args) {
    fmt::print(stderr, "{}: {}\n", diagram_verb, fmt::format(text, std::forward<Args>(args)...));
    return Usage;
}

int list_machines(bool json) {
    nlohmann::ordered_json rows = nlohmann::ordered_json::array();
    for (const viz::MachineInfo& machine : viz::machines()) {
        const viz::StateDiagram all = viz::draw(machine, {});
        rows.push_back({{"name", machine.name()},
                        {"also", machine.also},
                        {"title", machine.title},
                        {"states", all.states.size()},
                        {"arcs", all.arcs.size()}});
        if (!json) {
            const std::string also =
                machine.also.empty() ? "" : fmt::format(" (also: {})", machine.also);
            fmt::print("{:16} {:2} states {:2} arcs  {}{}\n", machine.name(), all.states.size(),
                       all.arcs.size(), machine.title, also);
        }
    }
    if (json) {
        fmt::print("{}\n", nlohmann::ordered_json{{"machines", rows}}.dump(2));
    } else {
        fmt::print("{:16} of a scenario: hosts, functions, links and queues\n", "topology");
        fmt::print("{:16} of a run: its parts, and what others call so\n", "downtime");
    }
    return Ok;
}

/// A machine's diagram or a topology, as asked for.
template <class Picture>
int emit(const PictureOptions& options, const Picture& picture) {
    if (options.format == "mermaid") {
        return write_picture(diagram_verb, options, viz::mermaid(picture));
    }
    if (options.format == "plantuml") {
        return write_picture(diagram_verb, options, viz::plantuml(picture));
    }
    const std::string dot = viz::dot(picture);
    return options.format == "dot" ? write_picture(diagram_verb, options, dot)
                                   : draw_picture(diagram_verb, options, dot);
}

int topology(const DiagramArguments& arguments) {
    const sim::LoadedScenario loaded = prepare(arguments.scenario).loaded;
    if (!loaded.ok()) {
        fmt::print(stderr, "{}", loaded.error_text());
        return Usage;
    }
    return emit(arguments.picture, viz::topology(loaded.scenario, arguments.scenario.file));
}

int unknown_machine(const std::string& name) {
    std::vector<std::string> names;
    for (const viz::MachineInfo& machine : viz::machines()) {
        names.emplace_back(machine.name());
    }
    names.emplace_back("topology");
    names.emplace_back("downtime");
    const std::string near = sim::nearest(name, names);
    return refuse_to_draw("no diagram {}{}; there are {}", sim::in_quotes(name),
                          near.empty() ? "" : "; did you mean " + near + "?", sim::joined(names));
}

viz::Dialect dialect(const sim::Profile& profile) {
    return {profile.name == "ratified" ? "" : profile.name, profile.rules, profile.features};
}

/// What the options say of the dialect; `exit_code` is not Ok if they say it wrongly.
viz::Dialect dialect_of(const DiagramArguments& arguments, const viz::MachineInfo& machine,
                        int& exit_code) {
    sim::Profile loaded;
    if (!arguments.profile.empty()) {
        loaded = sim::load_profile(arguments.profile);
        if (!loaded.ok()) {
            fmt::print(stderr, "{}", loaded.error_text());
            exit_code = Usage;
        }
    }
    if (!arguments.features.empty()) {
        std::string error;
        loaded.features = sim::parse_features(arguments.features, error);
        if (!error.empty()) {
            exit_code = refuse_to_draw("--features: {}", error);
        } else if (!machine.has_features) {
            exit_code = refuse_to_draw("--features: {} has none; only vfio has", machine.name());
        }
    } else if (!arguments.path.empty() && machine.has_features && !loaded.features) {
        loaded.features = vfio::all_mig_flags;
    }
    return dialect(loaded);
}

int difference(const DiagramArguments& arguments, const viz::MachineInfo& machine) {
    const sim::Profile first = sim::load_profile(arguments.diff[0]);
    const sim::Profile second = sim::load_profile(arguments.diff[1]);
    if (!first.ok() || !second.ok()) {
        fmt::print(stderr, "{}{}", first.error_text(), second.error_text());
        return Usage;
    }
    return emit(arguments.picture, viz::draw_difference(machine, dialect(first), dialect(second)));
}

/// Puts on the diagram what a run did; an empty text or why it cannot be used.
std::string lay_over(const std::string& directory, const viz::MachineInfo& machine,
                     viz::StateDiagram& drawn) {
    const auto run = sim::trace::open_run(directory);
    if (!run) {
        return run.error();
    }
    viz::HeatMeter meter(machine);
    const auto read = sim::trace::read_trace(run.value().trace(), meter);
    if (!read) {
        return read.error();
    }
    meter.note(read.value().last, "end");  // states last until then
    const sim::trace::TraceHeader& header = read.value().header;
    meter.apply(drawn,
                fmt::format("{}, seed {}",
                            header.scenario.empty() ? "a scenario without a name" : header.scenario,
                            header.seed));
    return "";
}

int diagram(const DiagramArguments& arguments) {
    const viz::MachineInfo* machine = viz::find_machine(arguments.name);
    if (machine == nullptr) {
        return unknown_machine(arguments.name);
    }
    if (!arguments.diff.empty()) {
        return difference(arguments, *machine);
    }
    int exit_code = Ok;
    const viz::Dialect dialect = dialect_of(arguments, *machine, exit_code);
    if (exit_code != Ok) {
        return exit_code;
    }
    viz::StateDiagram drawn = viz::draw(*machine, dialect);
    if (!arguments.path.empty()) {
        const std::string error = viz::mark_walk(drawn, *machine, dialect, arguments.path);
        if (!error.empty()) {
            return refuse_to_draw("--path: {}", error);
        }
    }
    if (!arguments.overlay.empty()) {
        const std::string error = lay_over(arguments.overlay, *machine, drawn);
        if (!error.empty()) {
            return refuse_to_draw("--overlay: {}", error);
        }
    }
    return emit(arguments.picture, drawn);
}

void add_picture_options(CLI::App& verb, PictureOptions& options) {
    verb.add_option("--format", options.format, "dot, svg, png, mermaid or plantuml")
        ->check(CLI::IsMember({"dot", "svg", "png", "mermaid", "plantuml"}))
        ->capture_default_str();
    verb.add_option("--out", options.out, "write into this file")->type_name("FILE");
}

void add_downtime(CLI::App& diagram, const std::shared_ptr<DiagramArguments>& arguments,
                  int& exit_code) {
    CLI::App* verb = diagram.add_subcommand(
        "downtime", "Draw the parts of a run's downtime, and what others call so, as SVG");
    verb->add_option("RUN_DIR", arguments->overlay, "see `lmsim run --out`")->required();
    verb->add_option("--format", arguments->picture.format, "svg")->check(CLI::IsMember({"svg"}));
    verb->add_option("--out", arguments->picture.out, "write into this file")->type_name("FILE");
    verb->callback([arguments, &exit_code] {
        exit_code = draw_downtime(arguments->overlay, arguments->picture);
    });
}

}  // namespace

void add_diagram(CLI::App& app, int& exit_code) {
    const auto arguments = std::make_shared<DiagramArguments>();
    CLI::App* verb = app.add_subcommand(
        "diagram", "State diagrams out of the tables that run, and a scenario's topology");
    verb->add_option("NAME", arguments->name, "which machine, see `lmsim diagram list`");
    add_picture_options(*verb, arguments->picture);
    CLI::Option* features =
        verb->add_option("--features", arguments->features,
                         "of the VFIO driver: stop_copy,p2p,pre_copy; without it, arcs of all sets")
            ->delimiter(',')
            ->allow_extra_args(false)
            ->type_name("SET,...");
    CLI::Option* path =
        verb->add_option("--path", arguments->path, "mark the walk between two states")
            ->type_name("FROM:TO");
    CLI::Option* profile =
        verb->add_option("--profile", arguments->profile,
                         "draw what is left under this profile, see `lmsim spec profiles`")
            ->type_name("NAME|FILE");
    CLI::Option* overlay =
        verb->add_option("--overlay", arguments->overlay,
                         "show what a run did: how often and how long, see `lmsim run --out`")
            ->type_name("RUN_DIR");
    verb->add_option("--diff", arguments->diff,
                     "colour what only the first, and only the second, of two profiles has; "
                     "\"ratified\" is the standard itself")
        ->expected(2)
        ->type_name("P1 P2")
        ->excludes(features)
        ->excludes(path)
        ->excludes(profile)
        ->excludes(overlay);
    CLI::App* list_verb = verb->add_subcommand("list", "Print which diagrams there are");
    list_verb->add_flag("--json", arguments->json, "as JSON");
    list_verb->callback([arguments, &exit_code] { exit_code = list_machines(arguments->json); });
    CLI::App* topology_verb =
        verb->add_subcommand("topology", "Draw a scenario's hosts, functions, links and queues");
    add_scenario_options(*topology_verb, arguments->scenario);
    add_picture_options(*topology_verb, arguments->picture);
    topology_verb->callback([arguments, &exit_code] { exit_code = topology(*arguments); });
    add_downtime(*verb, arguments, exit_code);
    verb->callback([arguments, verb, &exit_code] {
        if (verb->get_subcommands().empty()) {
            exit_code = arguments->name.empty()
                            ? refuse_to_draw("which diagram? see `lmsim diagram list`")
                            : diagram(*arguments);
        }
    });
}

}  // namespace lmsim::cli
