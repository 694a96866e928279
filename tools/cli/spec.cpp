#include <fmt/format.h>

#include <cstdio>
#include <memory>

#include "model/spec/describe.hpp"
#include "sim/core/text.hpp"
#include "tools/cli/data_files.hpp"
#include "tools/cli/spec_coverage.hpp"
#include "tools/cli/spec_diff.hpp"
#include "tools/cli/spec_print.hpp"
#include "tools/cli/spec_profile.hpp"
#include "tools/cli/spec_rfc.hpp"
#include "tools/cli/spec_show.hpp"
#include "tools/cli/spec_table.hpp"
#include "tools/cli/verbs.hpp"

namespace lmsim::cli {

namespace {

struct SpecArguments {
    std::string name;
    std::string of;
    std::string kind;
    std::string prefix;
    std::string profile;
    std::string second;
    ScenarioOptions measure;
    std::string format = "text";
    bool json = false;

    SpecFormat wanted() const {
        if (json || format == "json") {
            return SpecFormat::Json;
        }
        return format == "md" ? SpecFormat::Markdown : SpecFormat::Text;
    }
};

int list(const SpecArguments& arguments) {
    const std::optional<spec::Kind> kind = spec::kind_named(arguments.kind);
    if (!arguments.kind.empty() && !kind) {
        fmt::print(stderr, "lmsim spec list: no kind {}; there are {}\n",
                   sim::in_quotes(arguments.kind), sim::joined(kind_names()));
        return Usage;
    }
    const auto profile = profile_or_complain(arguments.profile);
    if (!profile) {
        return Usage;
    }
    SpecTable table{"", {"id", "kind", "says", "title", "section"}, {}};
    nlohmann::ordered_json rows = nlohmann::ordered_json::array();
    for (const spec::Row& row : spec::table) {
        const bool prefixed = row.name.substr(0, arguments.prefix.size()) == arguments.prefix;
        if (prefixed && (!kind || row.kind == *kind)) {
            table.rows.push_back({std::string(row.name), std::string(spec::to_string(row.kind)),
                                  says(row, profile->rules), std::string(row.title),
                                  std::string(row.section)});
            rows.push_back(row_json(row, profile->rules));
        }
    }
    if (table.rows.empty()) {
        fmt::print(stderr, "lmsim spec list: no row has an id that begins with {}\n",
                   sim::in_quotes(arguments.prefix));
        return Usage;
    }
    fmt::print("{}", arguments.wanted() == SpecFormat::Json ? json_text({{"rows", rows}})
                                                            : printed(table, arguments.wanted()));
    return Ok;
}

CLI::App* add_verb(CLI::App& spec, const char* name, const char* help,
                   const std::shared_ptr<SpecArguments>& arguments) {
    CLI::App* verb = spec.add_subcommand(name, help);
    verb->add_option("--format", arguments->format, "text, md or json")
        ->check(CLI::IsMember({"text", "md", "json"}))
        ->capture_default_str();
    verb->add_flag("--json", arguments->json, "the same as --format json");
    return verb;
}

void add_profile(CLI::App& verb, const std::shared_ptr<SpecArguments>& arguments) {
    verb.add_option("--profile", arguments->profile,
                    "as this dialect has it: a name (`lmsim spec profiles`) or a file")
        ->type_name("NAME|FILE");
}

void add_diff(CLI::App& spec, const std::shared_ptr<SpecArguments>& arguments, int& exit_code) {
    CLI::App* diff = add_verb(spec, "diff", "Print what two dialects state otherwise", arguments);
    diff->add_option("FIRST", arguments->name, "a profile's name or file")
        ->type_name("NAME|FILE")
        ->required();
    diff->add_option("SECOND", arguments->second, "another")->type_name("NAME|FILE")->required();
    ScenarioOptions& measure = arguments->measure;
    CLI::Option* file =
        diff->add_option("--measure", measure.file,
                         "run this scenario under both, and print which parts of the downtime "
                         "change")
            ->type_name("SCENARIO");
    with_installed_data(*file);
    diff->add_option("--set", measure.set, "set one parameter of the scenario")
        ->type_name("PATH=VALUE")
        ->allow_extra_args(false)
        ->needs(file);
    diff->add_option("--seed", measure.seed, "seed of all random streams of the scenario")
        ->type_name("N")
        ->needs(file);
    diff->callback([arguments, &exit_code] {
        exit_code =
            spec_diff(arguments->name, arguments->second, arguments->measure, arguments->wanted());
    });
}

}  // namespace

void add_spec(CLI::App& app, int& exit_code) {
    const auto arguments = std::make_shared<SpecArguments>();
    CLI::App* spec = app.add_subcommand("spec", "The rows of the specification");
    spec->require_subcommand(1);

    CLI::App* list_verb = add_verb(*spec, "list", "Print all rows, or some", arguments);
    list_verb->add_option("--kind", arguments->kind, "only this kind, such as condition or field");
    list_verb->add_option("--prefix,--subject", arguments->prefix,
                          "only ids that begin so, such as LM-CDQ");
    add_profile(*list_verb, arguments);
    list_verb->callback([arguments, &exit_code] { exit_code = list(*arguments); });

    CLI::App* show = add_verb(*spec, "show", "Print all about one row", arguments);
    show->add_option("row", arguments->name, "requirement id or symbol")->required();
    add_profile(*show, arguments);
    show->callback([arguments, &exit_code] {
        const auto profile = profile_or_complain(arguments->profile);
        exit_code = profile ? spec_show(arguments->name, *profile, arguments->wanted()) : Usage;
    });

    CLI::App* table = add_verb(*spec, "table", "Print the table of one kind of rows", arguments);
    table
        ->add_option("kind", arguments->name,
                     "opcodes, status, fields, layout, sizes, values, limits, conditions, "
                     "behaviour, switches, arcs or defects")
        ->required();
    table->add_option("of", arguments->of, "one command or structure, such as Suspend or CS-SQ");
    add_profile(*table, arguments);
    table->callback([arguments, &exit_code] {
        const auto profile = profile_or_complain(arguments->profile);
        exit_code = profile ? spec_table(arguments->name, arguments->of, profile->rules,
                                         arguments->wanted())
                            : Usage;
    });

    add_verb(*spec, "profiles", "Print the dialects that the program brings along", arguments)
        ->callback([arguments, &exit_code] { exit_code = spec_profiles(arguments->wanted()); });
    add_diff(*spec, arguments, exit_code);

    CLI::App* rfc = add_verb(*spec, "rfc", "Print what the posted drivers get wrong", arguments);
    rfc->add_option("defect", arguments->name, "one of them, such as R004-11");
    rfc->callback(
        [arguments, &exit_code] { exit_code = spec_rfc(arguments->name, arguments->wanted()); });

    CLI::App* coverage =
        add_verb(*spec, "coverage", "Print which test fails when a row changes", arguments);
    coverage->add_option("--prefix,--subject", arguments->prefix,
                         "only ids that begin so, such as LM-CDQ");
    coverage->callback([arguments, &exit_code] {
        exit_code = spec_coverage(arguments->prefix, arguments->wanted());
    });
}

}  // namespace lmsim::cli
