#include <fmt/format.h>

#include <cstdio>
#include <memory>

#include "model/spec/describe.hpp"
#include "sim/core/text.hpp"
#include "tools/cli/spec_coverage.hpp"
#include "tools/cli/spec_print.hpp"
#include "tools/cli/spec_show.hpp"
#include "tools/cli/spec_table.hpp"
#include "tools/cli/verbs.hpp"

namespace lmsim::cli {

namespace {

struct Arguments {
    std::string name;
    std::string of;
    std::string kind;
    std::string prefix;
    std::string format = "text";
    bool json = false;

    SpecFormat wanted() const {
        if (json || format == "json") {
            return SpecFormat::Json;
        }
        return format == "md" ? SpecFormat::Markdown : SpecFormat::Text;
    }
};

int list(const Arguments& arguments) {
    const std::optional<spec::Kind> kind = spec::kind_named(arguments.kind);
    if (!arguments.kind.empty() && !kind) {
        fmt::print(stderr, "lmsim spec list: no kind {}; there are {}\n",
                   sim::in_quotes(arguments.kind), sim::joined(kind_names()));
        return Usage;
    }
    SpecTable table{"", {"id", "kind", "says", "title", "section"}, {}};
    nlohmann::ordered_json rows = nlohmann::ordered_json::array();
    for (const spec::Row& row : spec::table) {
        const bool prefixed = row.name.substr(0, arguments.prefix.size()) == arguments.prefix;
        if (prefixed && (!kind || row.kind == *kind)) {
            table.rows.push_back({std::string(row.name), std::string(spec::to_string(row.kind)),
                                  says(row), std::string(row.title), std::string(row.section)});
            rows.push_back(row_json(row));
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
                   const std::shared_ptr<Arguments>& arguments) {
    CLI::App* verb = spec.add_subcommand(name, help);
    verb->add_option("--format", arguments->format, "text, md or json")
        ->check(CLI::IsMember({"text", "md", "json"}))
        ->capture_default_str();
    verb->add_flag("--json", arguments->json, "the same as --format json");
    return verb;
}

}  // namespace

void add_spec(CLI::App& app, int& exit_code) {
    const auto arguments = std::make_shared<Arguments>();
    CLI::App* spec = app.add_subcommand("spec", "The rows of the specification");
    spec->require_subcommand(1);

    CLI::App* list_verb = add_verb(*spec, "list", "Print all rows, or some", arguments);
    list_verb->add_option("--kind", arguments->kind, "only this kind, such as condition or field");
    list_verb->add_option("--prefix,--subject", arguments->prefix,
                          "only ids that begin so, such as LM-CDQ");
    list_verb->callback([arguments, &exit_code] { exit_code = list(*arguments); });

    CLI::App* show = add_verb(*spec, "show", "Print all about one row", arguments);
    show->add_option("row", arguments->name, "requirement id or symbol")->required();
    show->callback(
        [arguments, &exit_code] { exit_code = spec_show(arguments->name, arguments->wanted()); });

    CLI::App* table = add_verb(*spec, "table", "Print the table of one kind of rows", arguments);
    table
        ->add_option("kind", arguments->name,
                     "opcodes, status, fields, layout, sizes, values, limits, conditions, "
                     "behaviour, switches, arcs or defects")
        ->required();
    table->add_option("of", arguments->of, "one command or structure, such as Suspend or CS-SQ");
    table->callback([arguments, &exit_code] {
        exit_code = spec_table(arguments->name, arguments->of, arguments->wanted());
    });

    CLI::App* coverage =
        add_verb(*spec, "coverage", "Print which test fails when a row changes", arguments);
    coverage->add_option("--prefix,--subject", arguments->prefix,
                         "only ids that begin so, such as LM-CDQ");
    coverage->callback([arguments, &exit_code] {
        exit_code = spec_coverage(arguments->prefix, arguments->wanted());
    });
}

}  // namespace lmsim::cli
