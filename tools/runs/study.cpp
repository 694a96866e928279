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
    for (const StudyPoint& point : study.points) {
        for (std::size_t i = 0; i < study.keys.size(); ++i) {
            add_setting(print, study.keys[i], point.values[i]);
        }
        print.add(std::to_string(point.seed));
    }
    for (const Figure& figure : figures()) {
        print.add(figure.name);
    }
    return print.text();
}

/// All runs, seeds innermost; an empty text, or why there are too many.
std::string make_points(Study& study, std::uint64_t first_seed) {
    std::vector<std::vector<Setting>> starts = study.params.points.points;
    if (starts.empty()) {
        starts.emplace_back();
    }
    double count = static_cast<double>(starts.size()) * study.params.seeds;
    for (const Axis& axis : study.params.grid.axes) {
        count *= static_cast<double>(axis.values.size());
    }
    if (count > static_cast<double>(most_points)) {
        return fmt::format("{:.0f} runs; expected at most {}", count, most_points);
    }
    const auto grid = combinations(study.params.grid.axes);
    for (const auto& start : starts) {
        for (const auto& settings : grid) {
            std::vector<Setting> all = start;
            all.insert(all.end(), settings.begin(), settings.end());
            StudyPoint point;
            point.options.file = study.params.scenario.path;
            for (const Setting& setting : study.params.set.settings) {
                point.options.set.push_back(setting.text());
            }
            for (const Setting& setting : all) {
                point.values.push_back(setting.value);
                point.options.set.push_back(setting.text());
            }
            for (std::uint32_t seed = 0; seed < study.params.seeds; ++seed) {
                point.seed = first_seed + seed;
                point.options.seed = point.seed;
                study.points.push_back(point);
            }
        }
    }
    return {};
}

/// The keys that vary; an empty text, or which one stands in two places.
std::string make_keys(Study& study) {
    if (!study.params.points.points.empty()) {
        for (const Setting& setting : study.params.points.points.front()) {
            study.keys.push_back(setting.key);
        }
    }
    for (const Axis& axis : study.params.grid.axes) {
        if (std::count(study.keys.begin(), study.keys.end(), axis.key) != 0) {
            return axis.key + " stands in points and in grid";
        }
        study.keys.push_back(axis.key);
    }
    for (const Setting& setting : study.params.set.settings) {
        if (std::count(study.keys.begin(), study.keys.end(), setting.key) != 0) {
            return setting.key + " stands in set and varies too";
        }
    }
    for (const std::string& key : study.keys) {
        if (key == "seed") {
            return "seed cannot vary; expected seeds = N";
        }
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
    const sim::LoadedScenario base = sim::load_scenario(study.params.scenario.path);
    if (!base.ok()) {
        study.errors = base.errors;
        return;
    }
    std::string problem = make_keys(study);
    if (problem.empty()) {
        problem = make_points(study, base.scenario.seed);
    }
    if (!problem.empty()) {
        study.errors.push_back({where("grid"), problem});
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

Study load_study(const std::string& file) {
    Study study;
    study.file = file;
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
    if (!diagnostics.empty()) {
        study.errors = diagnostics.sorted();
        return study;
    }
    plan(study, whole, origins);
    return study;
}

}  // namespace lmsim::runs
