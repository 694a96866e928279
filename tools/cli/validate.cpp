#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <memory>

#include "sim/metrics/text_table.hpp"
#include "tools/cli/data_files.hpp"
#include "tools/cli/validate_fit.hpp"
#include "tools/cli/verbs.hpp"

namespace lmsim::cli {

namespace {

using Json = nlohmann::ordered_json;

struct ValidateArguments {
    std::vector<std::string> datasets;
    std::string folder = "scenarios/published";
    Effort effort;
    bool fit = false;
    bool json = false;
};

/// A row with what the simulator says of it.
struct Judged {
    const Table* table = nullptr;
    const RowParams* row = nullptr;
    Figure figure;
    std::optional<double> error;
    std::optional<double> error_left_out;
    bool well = true;  // a check row is within its bound

    bool check() const { return row->role == Role::Check; }
};

double part(sim::Share share) { return static_cast<double>(share.ppm) * 1e-6; }

std::vector<Table> load_all(const ValidateArguments& arguments, std::string& error) {
    std::vector<Table> tables;
    std::vector<std::string> names;
    for (const std::string& file : table_files(find_data(arguments.folder))) {
        tables.push_back(load_table(file));
        error += tables.back().error;
        names.push_back(tables.back().params.dataset);
    }
    if (tables.empty()) {
        error += fmt::format("{}: no *.rows.toml; expected the folder scenarios/published\n",
                             sim::printable(arguments.folder));
    }
    for (const std::string& wanted : arguments.datasets) {
        if (std::find(names.begin(), names.end(), wanted) == names.end()) {
            error += fmt::format("no data set {}; expected some of {}\n", sim::in_quotes(wanted),
                                 sim::joined(names));
        }
    }
    if (!arguments.datasets.empty()) {
        const auto unwanted = [&](const Table& table) {
            return std::find(arguments.datasets.begin(), arguments.datasets.end(),
                             table.params.dataset) == arguments.datasets.end();
        };
        tables.erase(std::remove_if(tables.begin(), tables.end(), unwanted), tables.end());
    }
    return tables;
}

const LeftOutParams* left_out(const Table& table, const RowParams& row) {
    for (const LeftOutParams& without : table.params.left_out) {
        if (without.row == row.row) {
            return &without;
        }
    }
    return nullptr;
}

void judge(Judged& judged) {
    const RowParams& row = *judged.row;
    if (!row.outcome.empty()) {
        judged.well = judged.figure.outcome == row.outcome;
        return;
    }
    if (judged.figure.value) {
        judged.error = relative_error(row, *judged.figure.value);
    }
    const double bound = part(row.bound ? *row.bound : judged.table->params.bound);
    judged.well = judged.error && (!judged.check() || std::abs(*judged.error) <= bound);
}

/// Nothing if the user interrupted it.
std::optional<std::vector<Judged>> judge_all(const std::vector<Table>& tables,
                                             const Effort& effort) {
    std::vector<Judged> all;
    std::vector<Wish> wishes;
    std::vector<std::size_t> again;  // rows that are simulated once more, by a fit without them
    for (const Table& table : tables) {
        for (const RowParams& row : table.params.rows) {
            all.push_back({&table, &row, {}, {}, {}, true});
            wishes.push_back({&table, &row, {}});
        }
    }
    for (std::size_t i = 0; i < all.size(); ++i) {
        const LeftOutParams* without = left_out(*all[i].table, *all[i].row);
        if (without != nullptr) {
            again.push_back(i);
            wishes.push_back({all[i].table, all[i].row, without->set.items});
        }
    }
    const auto figures = simulate(wishes, effort);
    if (!figures) {
        return std::nullopt;
    }
    for (std::size_t i = 0; i < all.size(); ++i) {
        all[i].figure = (*figures)[i];
        judge(all[i]);
        if (all[i].check()) {
            all[i].error_left_out = all[i].error;  // it never was in a fit
        }
    }
    for (std::size_t i = 0; i < again.size(); ++i) {
        const Figure& figure = (*figures)[all.size() + i];
        Judged& judged = all[again[i]];
        judged.error_left_out =
            figure.value ? std::optional(relative_error(*judged.row, *figure.value)) : std::nullopt;
    }
    return all;
}

constexpr double most_median = 0.08;  // of the errors of all check rows together

/// The errors of the check rows with figures, limits aside.
struct Summary {
    std::size_t rows = 0;
    double median = 0;
    double worst = 0;
};

/// Of one table, or with none of all.
Summary summary_of(const std::vector<Judged>& all, const Table* table) {
    std::vector<double> errors;
    for (const Judged& judged : all) {
        if ((table == nullptr || judged.table == table) && judged.check() && judged.error &&
            judged.row->compare == Compare::Equal) {
            errors.push_back(std::abs(*judged.error));
        }
    }
    if (errors.empty()) {
        return {};
    }
    return {errors.size(), statistic_of(errors, Statistic::Median),
            *std::max_element(errors.begin(), errors.end())};
}

bool median_well(const Summary& summary, const TableParams& table) {
    return !table.median || summary.median <= part(*table.median);
}

std::string percent(const std::optional<double>& error) {
    return error ? fmt::format("{:+.1f} %", *error * 100) : "";
}

std::string number(double value) {
    return std::abs(value) < 100 ? fmt::format("{:.4g}", value) : fmt::format("{:.0f}", value);
}

std::string with_unit(const RowParams& row, double value) {
    return number(value) + (row.unit.empty() ? "" : " " + row.unit);
}

/// "226 .. 408", where a figure is the statistic of several.
std::string range(const Figure& figure) {
    return figure.value && figure.least < figure.most
               ? number(figure.least) + " .. " + number(figure.most)
               : "";
}

std::string limit(Compare compare) {
    return compare == Compare::AtMost ? "at most " : compare == Compare::AtLeast ? "at least " : "";
}

void print_table(const std::vector<Judged>& all, const Table& table) {
    using Align = sim::metrics::TextTable::Align;
    sim::metrics::TextTable text;
    text.columns = {{"row"},
                    {"quantity"},
                    {"published", Align::Right},
                    {"simulated", Align::Right},
                    {"of runs"},
                    {"error", Align::Right},
                    {"left out", Align::Right},
                    {"role"},
                    {""}};
    for (const Judged& judged : all) {
        if (judged.table != &table) {
            continue;
        }
        const RowParams& row = *judged.row;
        const bool figure = row.outcome.empty();
        const std::string published =
            figure ? limit(row.compare) + with_unit(row, row.published->value) : row.outcome;
        std::string simulated = judged.figure.outcome;
        if (figure) {
            simulated = judged.figure.value ? with_unit(row, *judged.figure.value) : "none";
        }
        text.rows.push_back({row.row, figure ? row.quantity : "outcome", published, simulated,
                             range(judged.figure), percent(judged.error),
                             percent(judged.error_left_out),
                             sim::EnumNames<Role>::names[static_cast<std::size_t>(row.role)],
                             judged.well ? "" : "BEYOND ITS BOUND"});
    }
    fmt::print("{}: {}\n{}", table.params.dataset, table.params.source, text.terminal());
    const Summary summary = summary_of(all, &table);
    if (summary.rows != 0) {
        fmt::print("  {} check rows: median {:.1f} %, worst {:.1f} %{}\n", summary.rows,
                   summary.median * 100, summary.worst * 100,
                   median_well(summary, table.params) ? "" : ": MEDIAN BEYOND ITS BOUND");
    }
    fmt::print("\n");
}

Json row_json(const Judged& judged) {
    const RowParams& row = *judged.row;
    const auto optional = [](const std::optional<double>& value) {
        return value ? Json(*value) : Json(nullptr);
    };
    Json json;
    json["dataset"] = judged.table->params.dataset;
    json["row"] = row.row;
    json["role"] = sim::EnumNames<Role>::names[static_cast<std::size_t>(row.role)];
    const bool figure = row.outcome.empty();
    json["quantity"] = figure ? row.quantity : "outcome";
    json["unit"] = row.unit;
    json["published"] = figure ? Json(row.published->value) : Json(row.outcome);
    json["simulated"] = figure ? optional(judged.figure.value) : Json(judged.figure.outcome);
    json["least"] = judged.figure.value ? Json(judged.figure.least) : Json(nullptr);
    json["most"] = judged.figure.value ? Json(judged.figure.most) : Json(nullptr);
    json["error"] = optional(judged.error);
    json["error_left_out"] = optional(judged.error_left_out);
    json["bound"] = part(row.bound ? *row.bound : judged.table->params.bound);
    json["within"] = judged.well;
    return json;
}

/// `whole`: of all data sets there are, whose check rows have a median to hold together.
int report(const std::vector<Judged>& all, const std::vector<Table>& tables, bool whole,
           bool as_json) {
    bool well = true;
    Json json;
    json["rows"] = Json::array();
    json["datasets"] = Json::array();
    for (const Judged& judged : all) {
        well = well && judged.well;
        json["rows"].push_back(row_json(judged));
        if (!judged.figure.error.empty()) {
            fmt::print(stderr, "{}, {}: {}\n", judged.table->params.dataset, judged.row->row,
                       judged.figure.error);
        }
    }
    for (const Table& table : tables) {
        const Summary summary = summary_of(all, &table);
        well = well && median_well(summary, table.params);
        json["datasets"].push_back({{"dataset", table.params.dataset},
                                    {"source", table.params.source},
                                    {"check_rows", summary.rows},
                                    {"median", summary.median},
                                    {"worst", summary.worst}});
        if (!as_json) {
            print_table(all, table);
        }
    }
    const Summary summary = summary_of(all, nullptr);
    const bool median_holds = !whole || summary.median <= most_median;
    well = well && median_holds;
    json["check_rows"] = summary.rows;
    json["median"] = summary.median;
    json["worst"] = summary.worst;
    json["passed"] = well;
    if (as_json) {
        fmt::print("{}\n", json.dump(2));
    } else if (tables.size() > 1) {
        fmt::print("All: {} check rows: median {:.1f} %, worst {:.1f} %{}\n", summary.rows,
                   summary.median * 100, summary.worst * 100,
                   median_holds ? "" : ": MEDIAN BEYOND ITS BOUND");
    }
    return well ? Ok : Failed;
}

int validate(const ValidateArguments& arguments) {
    std::string error;
    const std::vector<Table> tables = load_all(arguments, error);
    if (!error.empty()) {
        fmt::print(stderr, "{}", error);
        return Usage;
    }
    if (arguments.fit) {
        int worst = Ok;
        for (const Table& table : tables) {
            if (!table.params.fit.empty()) {
                worst = std::max<int>(worst, fit_table(table, arguments.effort));
            }
        }
        return worst;
    }
    const auto all = judge_all(tables, arguments.effort);
    return all ? report(*all, tables, arguments.datasets.empty(), arguments.json) : Interrupted;
}

}  // namespace

void add_validate(CLI::App& app, int& exit_code) {
    const auto arguments = std::make_shared<ValidateArguments>();
    CLI::App* verb =
        app.add_subcommand("validate", "Compare the simulator with published measurements");
    verb->add_option("DATASET", arguments->datasets, "data sets, as D1 (all if none is named)");
    verb->add_option("--folder", arguments->folder, "where the tables *.rows.toml are")
        ->type_name("DIR")
        ->capture_default_str();
    verb->add_option("--seeds", arguments->effort.seeds,
                     "seeds of tables that take several (as they say if not given)")
        ->check(CLI::Range(1, 10000))
        ->type_name("N");
    verb->add_option("--jobs", arguments->effort.jobs, "runs at once")
        ->check(CLI::Range(1, 1024))
        ->type_name("N")
        ->capture_default_str();
    verb->add_flag("--fit", arguments->fit,
                   "fit the parameters again, with all calibration rows and without each of them, "
                   "and print what they come to");
    verb->add_flag("--json", arguments->json, "print the rows as JSON");
    verb->callback([arguments, &exit_code] { exit_code = validate(*arguments); });
}

}  // namespace lmsim::cli
