#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/core/param.hpp"

namespace lmsim::cli {

/// A list of texts.
struct Texts {
    std::vector<std::string> items;
    friend bool operator==(const Texts& a, const Texts& b) { return a.items == b.items; }
};

/// A number as a source prints it, in the unit that stands beside it.
struct Number {
    double value = 0;
    friend bool operator==(Number a, Number b) { return a.value == b.value; }
};

/// Is a row used to choose parameters, judged by, or only printed?
enum class Role : std::uint8_t { Calibration, Check, Shown };
/// What is compared of the runs with different seeds.
enum class Statistic : std::uint8_t { Median, P25, Mean };
/// How the simulated figure has to lie to the published one.
enum class Compare : std::uint8_t { Equal, AtMost, AtLeast };

}  // namespace lmsim::cli

namespace lmsim::sim {

template <>
struct EnumNames<cli::Role> {
    static constexpr std::array names{"calibration", "check", "shown"};
};
template <>
struct EnumNames<cli::Statistic> {
    static constexpr std::array names{"median", "p25", "mean"};
};
template <>
struct EnumNames<cli::Compare> {
    static constexpr std::array names{"equal", "at-most", "at-least"};
};
template <>
struct ParamType<cli::Texts> {
    static Result<cli::Texts> read(const Value& value);
    static std::string print(const cli::Texts& value);
    static std::string name() { return "a list of texts"; }
    static std::string schema() { return R"({"type":"array","items":{"type":"string"}})"; }
};
template <>
struct ParamType<cli::Number> {
    static Result<cli::Number> read(const Value& value);
    static std::string print(cli::Number value);
    static std::string name() { return "a number"; }
    static std::string schema() { return R"({"type":"number"})"; }
};

}  // namespace lmsim::sim

namespace lmsim::cli {

/// One published figure and the run that it is compared with.
struct RowParams {
    static constexpr const char* own = sim::choice;

    std::string row = sim::param(&row, "row", "", "what the source calls it", own);
    Role role = sim::param(&role, "role", Role::Check,
                           "calibration: parameters were chosen by it; check: they were not; "
                           "shown: printed, and neither",
                           own);
    std::string scenario =
        sim::param(&scenario, "scenario", "", "file beside the table; empty: the table's own", own);
    Texts include = sim::param(&include, "include", Texts{},
                               "files that its run includes, relative to the table", own);
    Texts set = sim::param(&set, "set", Texts{}, "as --set: what this row's run differs by", own);
    Texts against = sim::param(&against, "against", Texts{},
                               "as --set: the figure is by how much this run's is less than that "
                               "of a run with these, as a share of the latter",
                               own);
    std::string quantity =
        sim::param(&quantity, "quantity", "",
                   "where it stands in result.json, as in vmm.downtime_ms, or one by another as in "
                   "bytes.ram/total_time_ps; dirty_rate: of the guest's writes alone, in `window`",
                   own);
    sim::Time window = sim::param(&window, "window", sim::Time{}, "of dirty_rate", own);
    std::string unit = sim::param(&unit, "unit", "", "of the published figure", own);
    std::optional<Number> published =
        sim::param(&published, "published", std::nullopt, "the figure", own);
    std::string outcome =
        sim::param(&outcome, "outcome", "", "instead of a figure: how the migration ended", own);
    Compare compare = sim::param(&compare, "compare", Compare::Equal,
                                 "how the simulated figure has to lie to it", own);
    std::optional<sim::Share> bound = sim::param(
        &bound, "bound", std::nullopt, "largest error of a check; none: the table's", own);
    std::string note = sim::param(&note, "note", "", "what else is to be said", own);
};

/// A parameter of the scenarios that calibration rows choose.
struct FitParams {
    std::string path = sim::param(&path, "path", "", "as in --set", sim::choice);
    std::string unit = sim::param(&unit, "unit", "", "in which the numbers here are", sim::choice);
    Number start =
        sim::param(&start, "start", Number{}, "what is thought of it beforehand", sim::choice);
    Number least = sim::param(&least, "least", Number{}, "not below", sim::choice);
    Number most = sim::param(&most, "most", Number{}, "not above", sim::choice);
    std::string why = sim::param(&why, "why", "", "what it is", sim::choice);
};

/// What the parameters come to if one row is left out.
struct LeftOutParams {
    std::string row = sim::param(&row, "row", "", "the row", sim::choice);
    Texts set = sim::param(&set, "set", Texts{}, "as --set", sim::choice);
};

/// The rows of one data set, from a file DATASET.rows.toml.
struct TableParams {
    std::string dataset = sim::param(&dataset, "dataset", "", "its name", sim::choice);
    std::string source = sim::param(&source, "source", "", "where it was published", sim::choice);
    std::string scenario =
        sim::param(&scenario, "scenario", "", "file beside the table", sim::choice);
    std::uint32_t seeds = sim::param(&seeds, "seeds", 1, sim::between(1, 10000),
                                     "runs of each row, with the seeds 1, 2, ...", sim::choice);
    Texts each = sim::param(&each, "each", Texts{},
                            "as --set, one of them for a run: what the source does not give; the "
                            "statistic is over the runs with all of them",
                            sim::choice);
    Statistic statistic = sim::param(&statistic, "statistic", Statistic::Median,
                                     "what is compared of these", sim::choice);
    sim::Share bound = sim::param(&bound, "bound", sim::Share{150'000},
                                  "largest error of a check row", sim::choice);
    std::optional<sim::Share> median =
        sim::param(&median, "median", std::nullopt,
                   "largest median of the errors of all check rows", sim::choice);
    std::vector<RowParams> rows = sim::list(&rows, "rows", 1000, "published figures");
    std::vector<FitParams> fit = sim::list(&fit, "fit", 16, "parameters that were fitted");
    std::vector<LeftOutParams> left_out =
        sim::list(&left_out, "left_out", 1000, "fits without one row, as --fit prints them");
};

/// A table and where its files lie, or what is wrong with it.
struct Table {
    TableParams params;
    std::string folder;
    std::string error;  // lines

    /// The scenario file of a row.
    std::string scenario_of(const RowParams& row) const;
    /// What a run of the row is given with --set: `own` and what the row includes.
    std::vector<std::string> options_of(const RowParams& row, const Texts& own) const;
};

/// Reads one table.
Table load_table(const std::string& file);
/// The same of text in memory.
Table parse_table(const std::string& text, const std::string& file);
/// All tables of a folder (*.rows.toml) in the order of their names.
std::vector<std::string> table_files(const std::string& folder);

}  // namespace lmsim::cli
