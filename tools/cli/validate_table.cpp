#include "tools/cli/validate_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "sim/scenario/bind.hpp"
#include "sim/scenario/include.hpp"
#include "sim/scenario/toml.hpp"

namespace lmsim::sim {

Result<cli::Texts> ParamType<cli::Texts>::read(const Value& value) {
    if (value.type != Value::Type::Array) {
        return detail::expected("a list of texts", value);
    }
    cli::Texts texts;
    for (const Value& item : value.items) {
        if (item.type != Value::Type::Text) {
            return detail::expected("a text", item);
        }
        texts.items.push_back(item.text);
    }
    return texts;
}

std::string ParamType<cli::Texts>::print(const cli::Texts& value) {
    std::string text;
    for (const std::string& item : value.items) {
        text += (text.empty() ? "" : ", ") + toml_string(item);
    }
    return "[" + text + "]";
}

Result<cli::Number> ParamType<cli::Number>::read(const Value& value) {
    if (value.type == Value::Type::Integer) {
        return cli::Number{static_cast<double>(value.integer)};
    }
    if (value.type != Value::Type::Real) {
        return detail::expected("a number", value);
    }
    return cli::Number{std::strtod(value.text.c_str(), nullptr)};
}

std::string ParamType<cli::Number>::print(cli::Number value) {
    return fmt::format("{}", value.value);
}

}  // namespace lmsim::sim

namespace lmsim::cli {

namespace {

const std::string ending = ".rows.toml";

std::string check_row(const TableParams& table, const RowParams& row) {
    if (row.row.empty()) {
        return "a row without a name; expected row = \"...\"";
    }
    if (row.scenario.empty() && table.scenario.empty()) {
        return "neither it nor the table names a scenario";
    }
    if (row.outcome.empty() == !row.published) {
        return "expected either published or outcome";
    }
    if (row.published && row.quantity.empty()) {
        return "expected quantity: where the figure stands in result.json";
    }
    if (row.published && row.published->value == 0) {
        return "a published 0 has no relative error";
    }
    return {};
}

std::string check_table(const TableParams& table) {
    for (std::size_t i = 0; i < table.rows.size(); ++i) {
        const std::string what = check_row(table, table.rows[i]);
        if (!what.empty()) {
            return fmt::format("rows[{}] {}: {}", i, sim::in_quotes(table.rows[i].row), what);
        }
    }
    for (const LeftOutParams& without : table.left_out) {
        const auto named = [&](const RowParams& row) { return row.row == without.row; };
        if (std::none_of(table.rows.begin(), table.rows.end(), named)) {
            return fmt::format("left_out: there is no row {}", sim::in_quotes(without.row));
        }
    }
    for (const FitParams& fit : table.fit) {
        const bool inside = fit.least.value <= fit.start.value && fit.start.value <= fit.most.value;
        if (!inside || fit.start.value == 0) {
            return fmt::format("fit {}: expected least <= start <= most, and start not 0",
                               fit.path);
        }
    }
    return {};
}

}  // namespace

std::string Table::scenario_of(const RowParams& row) const {
    const std::string& file = row.scenario.empty() ? params.scenario : row.scenario;
    return (std::filesystem::path(folder) / file).string();
}

std::vector<std::string> Table::options_of(const RowParams& row, const Texts& own) const {
    std::vector<std::string> options;
    for (const std::string& file : row.include.items) {
        const std::string path = (std::filesystem::path(folder) / file).string();
        options.push_back(sim::include_key + ("=" + sim::toml_string(path)));
    }
    options.insert(options.end(), own.items.begin(), own.items.end());
    return options;
}

Table parse_table(const std::string& text, const std::string& file) {
    Table table;
    table.folder = std::filesystem::path(file).parent_path().string();
    const sim::TomlText toml = sim::parse_toml(text, file);
    if (!toml.ok) {
        table.error = toml.error.text() + "\n";
        return table;
    }
    sim::Diagnostics diagnostics;
    sim::Origins origins;
    sim::Binder(sim::schema_of<TableParams>(), &table.params, origins, diagnostics)
        .bind_file(toml.root);
    for (const sim::Diagnostic& error : diagnostics.sorted()) {
        table.error += error.text() + "\n";
    }
    if (table.error.empty()) {
        const std::string what = check_table(table.params);
        table.error = what.empty() ? "" : sim::printable(file) + ": " + what + "\n";
    }
    return table;
}

Table load_table(const std::string& file) {
    std::ifstream in(file);
    if (!in) {
        Table table;
        table.error = sim::printable(file) + ": cannot be read\n";
        return table;
    }
    std::ostringstream text;
    text << in.rdbuf();
    return parse_table(text.str(), file);
}

std::vector<std::string> table_files(const std::string& folder) {
    std::vector<std::string> files;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
        const std::string name = entry.path().filename().string();
        if (name.size() > ending.size() &&
            name.compare(name.size() - ending.size(), ending.size(), ending) == 0) {
            files.push_back(entry.path().string());
        }
    }
    std::sort(files.begin(), files.end());
    return files;
}

}  // namespace lmsim::cli
