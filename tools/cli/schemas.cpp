#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "sim/core/schemas.hpp"
#include "tools/cli/exit_code.hpp"
#include "tools/cli/verbs.hpp"

namespace lmsim::cli {

namespace {

void print_schemas_as_json() {
    nlohmann::ordered_json rows = nlohmann::ordered_json::array();
    for (const sim::SchemaInfo& row : sim::all_schemas()) {
        rows.push_back({{"name", row.name},
                        {"what", row.what},
                        {"written_by", row.written},
                        {"read_by", row.read}});
    }
    const nlohmann::ordered_json all = {{"schema", sim::schema::Schemas}, {"schemas", rows}};
    fmt::print("{}\n", all.dump(2));
}

void print_schemas() {
    std::size_t widest = 0;
    for (const sim::SchemaInfo& row : sim::all_schemas()) {
        widest = std::max(widest, row.name.size());
    }
    for (const sim::SchemaInfo& row : sim::all_schemas()) {
        fmt::print("{:<{}}  {}\n{:<{}}    by {}", row.name, widest, row.what, "", widest,
                   row.written);
        fmt::print("{}\n", row.read.empty() ? "" : fmt::format("; read by {}", row.read));
    }
}

}  // namespace

void add_schemas(CLI::App& app, int& exit_code) {
    const auto as_json = std::make_shared<bool>(false);
    CLI::App* verb = app.add_subcommand(
        "schemas",
        "List what programs can read of lmsim: each file's \"schema\", with its version");
    verb->add_flag("--json", *as_json, "print for programs");
    verb->callback([as_json, &exit_code] {
        *as_json ? print_schemas_as_json() : print_schemas();
        exit_code = Ok;
    });
}

}  // namespace lmsim::cli
