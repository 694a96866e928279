#include "tools/runs/study.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "sim/core/text.hpp"
#include "sim/core/version.hpp"
#include "sim/scenario/bind.hpp"
#include "sim/scenario/input_file.hpp"
#include "sim/scenario/toml.hpp"
#include "tools/runs/early_stop.hpp"
#include "tools/runs/figures.hpp"

namespace lmsim::runs {

namespace {

/// FNV-1a; what is told apart by it is told by accident, never by malice.
class Fingerprint {
  public:
    void add(const std::string& text) {
        for (const char c : text) {
            step(static_cast<unsigned char>(c));
        }
        step(0);
    }
    std::string text() const { return fmt::format("{:016x}", hash_); }

  private:
    void step(std::uint64_t byte) { hash_ = (hash_ ^ byte) * 0x100000001b3U; }
    std::uint64_t hash_ = 0xcbf29ce484222325U;
};

/// Nothing if it cannot be read, which is an error of the runs that need it.
std::string contents(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// A file counts with what it holds, not with where it lies.
void add_value(Fingerprint& print, const std::string& type, const std::string& value) {
    const auto text = nlohmann::json::parse(value, nullptr, false);
    const bool names_file =
        text.is_string() &&
        (type == "file" || (type == "profile" && sim::ProfileName{text}.is_file()));
    print.add(names_file ? contents(text.get<std::string>()) : value);
}

void add_group(Fingerprint& print, const sim::GroupInfo& group, void* object) {
    const auto at = [object](std::size_t offset) { return static_cast<char*>(object) + offset; };
    for (const sim::ParamInfo& param : group.params) {
        print.add(param.name);
        add_value(print, param.type, param.print(at(param.offset)));
    }
    for (const sim::GroupInfo& inner : group.groups) {
        print.add(inner.name);
        add_group(print, inner, at(inner.offset));
    }
    for (const sim::ListInfo& list : group.lists) {
        const std::size_t size = list.size(at(list.offset));
        print.add(fmt::format("{}[{}]", list.name, size));
        for (std::size_t i = 0; i < size; ++i) {
            add_group(print, *list.element, list.at(at(list.offset), i));
        }
    }
}

void add_setting(Fingerprint& print, const std::string& key, const std::string& value) {
    const sim::ParamInfo* param = find_param(key);
    print.add(key);
    add_value(print, param == nullptr ? "file" : param->type, value);
}

/// By what its values follow from: there may be millions.
void add_cube(Fingerprint& print, const sim::StudyHypercube& cube) {
    print.add(sim::ParamType<sim::StudyHypercube>::print(cube));
    for (const CubeAxis& axis : cube.axes) {
        for (const std::string& value : axis.values) {
            add_setting(print, axis.key, value);
        }
    }
}

std::string fingerprint_of(const Study& study, const sim::Scenario& base) {
    Fingerprint print;
    print.add(version);
    sim::Scenario scenario = base;
    scenario.name.clear();
    scenario.description.clear();
    add_group(print, sim::schema_of<sim::Scenario>(), &scenario);
    for (const Setting& setting : study.params.set.settings) {
        add_setting(print, setting.key, setting.value);
    }
    for (const Dimension& dimension : study.dimensions) {
        if (dimension.cube) {
            add_cube(print, study.params.hypercube);
            continue;
        }
        for (std::size_t step = 0; step < dimension.size; ++step) {
            for (std::size_t key = 0; key < dimension.keys.size(); ++key) {
                add_setting(print, dimension.keys[key], dimension.value(step, key));
            }
        }
        print.add(std::to_string(dimension.size));
    }
    print.add(fmt::format("{} seeds from {}", study.seeds, study.first_seed));
    StudyParams params = study.params;
    print.add("stop");
    add_group(print, sim::schema_of<StopParams>(), &params.stop);
    for (const Figure& figure : figures()) {
        print.add(figure.name);
    }
    return print.text();
}

/// All runs; an empty text, or why there are too many.
std::string make_dimensions(Study& study) {
    const auto& points = study.params.points.points;
    if (!points.empty()) {
        Dimension single;
        for (const Setting& setting : points.front()) {
            single.keys.push_back(setting.key);
        }
        for (const auto& point : points) {
            auto& row = single.rows.emplace_back();
            for (const Setting& setting : point) {
                row.push_back(setting.value);
            }
        }
        study.dimensions.push_back(std::move(single));
    }
    const sim::StudyHypercube& cube = study.params.hypercube;
    if (cube.samples != 0) {
        Dimension& dimension = study.dimensions.emplace_back();
        dimension.cube.emplace(cube.axes, cube.samples, cube.seed);
        for (const CubeAxis& axis : cube.axes) {
            dimension.keys.push_back(axis.key);
        }
    }
    for (const Axis& axis : study.params.grid.axes) {
        Dimension& dimension = study.dimensions.emplace_back();
        dimension.keys.push_back(axis.key);
        for (const std::string& value : axis.values) {
            dimension.rows.push_back({value});
        }
    }
    study.seeds = study.params.seeds;
    study.combinations = 1;
    double count = static_cast<double>(study.seeds);
    for (Dimension& dimension : study.dimensions) {
        dimension.size = dimension.cube ? dimension.cube->samples() : dimension.rows.size();
        count *= static_cast<double>(dimension.size);
        study.combinations *= dimension.size;
        study.keys.insert(study.keys.end(), dimension.keys.begin(), dimension.keys.end());
    }
    if (count > static_cast<double>(most_points)) {
        return fmt::format("{:.0f} runs; expected at most {}", count, most_points);
    }
    return {};
}

/// An empty text, or which key stands in two places.
std::string check_keys(const Study& study) {
    for (auto key = study.keys.begin(); key != study.keys.end(); ++key) {
        if (std::find(study.keys.begin(), key, *key) != key) {
            return *key + " varies twice; expected it in one of points, hypercube and grid";
        }
        if (*key == "seed") {
            return "seed cannot vary; expected seeds = N";
        }
    }
    for (const Setting& setting : study.params.set.settings) {
        if (std::count(study.keys.begin(), study.keys.end(), setting.key) != 0) {
            return setting.key + " stands in set and varies too";
        }
    }
    return {};
}

/// What the command line sets for all points, instead of what the file does.
std::string take_settings(Study& study) {
    for (const std::string& text : study.set) {
        const std::size_t equals = text.find('=');
        const std::string key = text.substr(0, equals);
        if (equals == std::string::npos) {
            return fmt::format("--set {}: expected PATH=VALUE such as vm.ram=8GiB",
                               sim::printable(text));
        }
        if (find_param(key) == nullptr && key != "include") {
            return fmt::format("--set {}: {}", sim::printable(text), unknown_key(key));
        }
        auto& settings = study.params.set.settings;
        const auto same = std::find_if(settings.begin(), settings.end(),
                                       [&](const Setting& each) { return each.key == key; });
        if (same != settings.end()) {
            settings.erase(same);
        }
        settings.push_back({key, text.substr(equals + 1)});
    }
    return {};
}

/// What a sound file asks for.
void plan(Study& study, const sim::Position& whole, const sim::Origins& origins) {
    const auto where = [&](const char* key) {
        const auto origin = origins.find(key);
        return origin == origins.end() ? whole : origin->second.where;
    };
    if (study.params.scenario.empty()) {
        study.errors.push_back({whole, "names no scenario; expected scenario = \"FILE.toml\""});
        return;
    }
    const std::string wrong = take_settings(study);
    if (!wrong.empty()) {
        study.errors.push_back({{"", "lmsim sweep", 0, 0}, wrong});
        return;
    }
    const sim::LoadedScenario base = sim::load_scenario(study.params.scenario.path);
    if (!base.ok()) {
        study.errors = base.errors;
        return;
    }
    study.first_seed = base.scenario.seed;
    std::string problem = make_dimensions(study);
    problem = problem.empty() ? check_keys(study) : problem;
    if (!problem.empty()) {
        study.errors.push_back({where("grid"), problem});
        return;
    }
    const std::string stop = check_stop(study.params.stop);
    if (!stop.empty()) {
        study.errors.push_back({where("stop.figure"), stop});
        return;
    }
    study.fingerprint = fingerprint_of(study, base.scenario);
}

}  // namespace

std::string Study::error_text() const {
    std::string text;
    for (const sim::Diagnostic& error : errors) {
        text += error.text() + "\n";
    }
    return text;
}

void Study::steps(std::size_t number, std::vector<std::size_t>& out) const {
    out.resize(dimensions.size());
    std::size_t rest = number / seeds;
    for (std::size_t i = dimensions.size(); i-- > 0;) {
        out[i] = rest % dimensions[i].size;
        rest /= dimensions[i].size;
    }
}

StudyPoint Study::point(std::size_t number) const {
    StudyPoint point;
    point.options.file = params.scenario.path;
    for (const Setting& setting : params.set.settings) {
        point.options.set.push_back(setting.text());
    }
    std::vector<std::size_t> at;
    steps(number, at);
    for (std::size_t i = 0; i < dimensions.size(); ++i) {
        for (std::size_t key = 0; key < dimensions[i].keys.size(); ++key) {
            point.values.push_back(dimensions[i].value(at[i], key));
            point.options.set.push_back(dimensions[i].keys[key] + "=" + point.values.back());
        }
    }
    point.seed = seed_of(number);
    point.options.seed = point.seed;
    return point;
}

Study load_study(const std::string& file, const std::vector<std::string>& set) {
    Study study;
    study.file = file;
    study.set = set;
    const sim::Position whole{sim::printable(file), "", 0, 0};
    const sim::Result<std::string> text = sim::read_input(file, "a study");
    if (!text) {
        study.errors.push_back({whole, text.error()});
        return study;
    }
    const sim::TomlText toml = sim::parse_toml(text.value(), file);
    if (!toml.ok) {
        study.errors.push_back(toml.error);
        return study;
    }
    sim::Diagnostics diagnostics;
    sim::Origins origins;
    sim::Binder(sim::schema_of<StudyParams>(), &study.params, origins, diagnostics)
        .bind_file(toml.root);
    for (const sim::Diagnostic& problem : study.params.hypercube.problems) {
        diagnostics.add(problem);
    }
    if (!diagnostics.empty()) {
        study.errors = diagnostics.sorted();
        return study;
    }
    plan(study, whole, origins);
    return study;
}

}  // namespace lmsim::runs
