#pragma once

#include <string>
#include <vector>

#include "sim/core/param.hpp"
#include "tools/runs/hypercube.hpp"
#include "tools/runs/settings.hpp"

// What stands in a study file: a scenario, and what to change in it run by run. Declared as a
// scenario's parameters are, so mistakes are told the same way.
namespace lmsim::sim {

/// Values of a scenario's parameters: a table of them, one each.
struct StudySettings {
    std::vector<runs::Setting> settings;
    friend bool operator==(const StudySettings& a, const StudySettings& b);
};

/// A table of arrays: the values that each parameter takes.
struct StudyGrid {
    std::vector<runs::Axis> axes;
    friend bool operator==(const StudyGrid& a, const StudyGrid& b);
};

/// An array of tables as [set] is one.
struct StudyPoints {
    std::vector<std::vector<runs::Setting>> points;
    friend bool operator==(const StudyPoints& a, const StudyPoints& b);
};

/// A table of ranges and lists by key, and how many samples of them there are.
struct StudyHypercube {
    std::uint64_t samples = 0;
    std::uint64_t seed = 1;
    std::vector<runs::CubeAxis> axes;
    /// What is wrong with a range or a value, where it stands.
    std::vector<Diagnostic> problems;
    friend bool operator==(const StudyHypercube& a, const StudyHypercube& b);
};

template <>
struct ParamType<StudyHypercube> {
    static Result<StudyHypercube> read(const Value& value);
    static std::string print(const StudyHypercube& value);
    static std::string name() { return "a table of ranges"; }
    static std::string schema() { return R"({"type":"object"})"; }
};
template <>
struct ParamType<StudySettings> {
    static Result<StudySettings> read(const Value& value);
    static std::string print(const StudySettings& value);
    static std::string name() { return "a table of parameters"; }
    static std::string schema() { return R"({"type":"object"})"; }
};
template <>
struct ParamType<StudyGrid> {
    static Result<StudyGrid> read(const Value& value);
    static std::string print(const StudyGrid& value);
    static std::string name() { return "a table of lists of values"; }
    static std::string schema() { return R"({"type":"object"})"; }
};
template <>
struct ParamType<StudyPoints> {
    static Result<StudyPoints> read(const Value& value);
    static std::string print(const StudyPoints& value);
    static std::string name() { return "a list of tables of parameters"; }
    static std::string schema() { return R"({"type":"array","items":{"type":"object"}})"; }
};

}  // namespace lmsim::sim

namespace lmsim::runs {

/// When a combination has seeds enough.
struct StopParams {
    std::string figure = sim::param(
        &figure, "figure", "",
        "the column that has to be known well, such as downtime_ps; empty: all seeds are run",
        sim::choice);
    sim::Share percentile = sim::param(
        &percentile, "percentile", sim::Share{0}, sim::between(sim::Share{0}, sim::Share{999'999}),
        "which percentile of it over the seeds (the median is 50%); 0%: the mean", sim::choice);
    sim::Share confidence =
        sim::param(&confidence, "confidence", sim::Share{950'000},
                   sim::between(sim::Share{500'000}, sim::Share{999'999}),
                   "how sure it has to be that the true one is in the interval", sim::choice);
    sim::Share within = sim::param(
        &within, "within", sim::Share{50'000}, sim::between(sim::Share{1}, sim::Share{1'000'000}),
        "how far the ends of the interval may be from the estimate, as a share of it", sim::choice);
    std::uint32_t at_least =
        sim::param(&at_least, "at_least", 10, sim::between(3, 100000),
                   "seeds before the first look, and from each look to the next", sim::choice);
};

/// A study. Points are all combinations of the grid, for each entry of `points` if there are any,
/// each with `seeds` seeds.
struct StudyParams {
    std::string name = sim::param(&name, "name", "", "what to call the study", sim::choice);
    std::string description = sim::param(&description, "description", "",
                                         "the question that the study answers", sim::choice);
    sim::FilePath scenario =
        sim::param(&scenario, "scenario", sim::FilePath{},
                   "the scenario that all points are of, relative to this file", sim::choice);
    std::uint32_t seeds =
        sim::param(&seeds, "seeds", 1, sim::between(1, 100000),
                   "runs of each point, with seeds from the scenario's on", sim::choice);
    sim::StudySettings set =
        sim::param(&set, "set", sim::StudySettings{},
                   "what all points have otherwise than the scenario says, by key", sim::choice);
    sim::StudyGrid grid = sim::param(
        &grid, "grid", sim::StudyGrid{},
        "lists of values by key; there is a point for each combination, the last key changing "
        "fastest",
        sim::choice);
    sim::StudyPoints points =
        sim::param(&points, "points", sim::StudyPoints{},
                   "single points: tables of values by key, all with the same keys", sim::choice);
    sim::StudyHypercube hypercube = sim::param(
        &hypercube, "hypercube", sim::StudyHypercube{},
        "samples of ranges, all at once: samples, seed, and by key a range {from, to, scale, "
        "step} or a list",
        sim::choice);
    StopParams stop =
        sim::group(&stop, "stop", "when a combination needs no more seeds; seeds is then the most");
};

/// A JSON Schema (2020-12) of study files.
std::string study_schema();
/// Their keys as Markdown.
std::string study_docs();

}  // namespace lmsim::runs
