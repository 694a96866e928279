#include "tools/runs/study_params.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "sim/core/text.hpp"
#include "sim/scenario/param_docs.hpp"

namespace lmsim::sim {

namespace {

using runs::Setting;

/// A key of the study with what stands behind it.
struct Entry {
    std::string key;
    const Value* value;
};

/// Where inside a value of the file something is wrong.
Failure at(const Value& value, const std::string& message) {
    return Failure{value.where.line == 0 ? message
                                         : fmt::format("line {}: {}", value.where.line, message)};
}

/// Keys are written in one ("vm.ram") or as nested tables, as TOML takes both for the same.
std::string collect(const Value& table, const std::string& path, std::vector<Entry>& entries) {
    for (const Value::Member& member : table.members) {
        const std::string key = path.empty() ? member.name : path + "." + member.name;
        if (runs::find_param(key) != nullptr || key == "include") {
            entries.push_back({key, &member.value});
        } else if (member.value.type == Value::Type::Table) {
            const std::string problem = collect(member.value, key, entries);
            if (!problem.empty()) return problem;
        } else {
            return at(member.value, runs::unknown_key(key)).message;
        }
    }
    std::set<std::string> keys;
    for (const Entry& entry : entries) {
        if (!keys.insert(entry.key).second) {
            return at(*entry.value, entry.key + " stands twice").message;
        }
    }
    return {};
}

Result<std::vector<Entry>> entries_of(const Value& value) {
    if (value.type != Value::Type::Table) {
        return detail::expected("a table of parameters", value);
    }
    std::vector<Entry> entries;
    const std::string problem = collect(value, "", entries);
    if (!problem.empty()) return Failure{problem};
    return entries;
}

/// A file is named relative to the study that says so.
Value resolved(const std::string& key, Value value) {
    const ParamInfo* param = runs::find_param(key);
    const bool profile =
        param != nullptr && param->type == "profile" && ProfileName{value.text}.is_file();
    const bool file = param == nullptr || param->type == "file" || profile;
    if (file && value.type == Value::Type::Text && !value.text.empty()) {
        const auto folder = std::filesystem::path(value.where.file).parent_path();
        value.text = (folder / value.text).lexically_normal().string();
    }
    if (param == nullptr) {
        for (Value& item : value.items) item = resolved(key, item);
    }
    return value;
}

Setting setting_of(const Entry& entry) {
    return {entry.key, runs::value_text(resolved(entry.key, *entry.value))};
}

std::string print_settings(const std::vector<Setting>& settings) {
    std::string text;
    for (const Setting& setting : settings) {
        text += fmt::format("{}{} = {}", text.empty() ? "" : ", ", in_quotes(setting.key),
                            setting.value);
    }
    return "{" + text + "}";
}

}  // namespace

bool operator==(const StudySettings& a, const StudySettings& b) {
    return print_settings(a.settings) == print_settings(b.settings);
}
bool operator==(const StudyGrid& a, const StudyGrid& b) {
    return ParamType<StudyGrid>::print(a) == ParamType<StudyGrid>::print(b);
}
bool operator==(const StudyPoints& a, const StudyPoints& b) {
    return ParamType<StudyPoints>::print(a) == ParamType<StudyPoints>::print(b);
}

Result<StudySettings> ParamType<StudySettings>::read(const Value& value) {
    const auto entries = entries_of(value);
    if (!entries) return Failure{entries.error()};
    StudySettings all;
    for (const Entry& entry : entries.value()) all.settings.push_back(setting_of(entry));
    return all;
}

std::string ParamType<StudySettings>::print(const StudySettings& value) {
    return print_settings(value.settings);
}

Result<StudyGrid> ParamType<StudyGrid>::read(const Value& value) {
    const auto entries = entries_of(value);
    if (!entries) return Failure{entries.error()};
    StudyGrid grid;
    for (const Entry& entry : entries.value()) {
        if (entry.value->type != Value::Type::Array || entry.value->items.empty()) {
            return at(*entry.value, entry.key + ": " +
                                        detail::expected("a list of values", *entry.value).message);
        }
        runs::Axis axis{entry.key, {}};
        for (const Value& item : entry.value->items) {
            const std::string text = setting_of({entry.key, &item}).value;
            if (std::count(axis.values.begin(), axis.values.end(), text) != 0) {
                return at(item, fmt::format("{}: {} stands twice", entry.key, text));
            }
            axis.values.push_back(text);
        }
        grid.axes.push_back(std::move(axis));
    }
    return grid;
}

std::string ParamType<StudyGrid>::print(const StudyGrid& value) {
    std::string text;
    for (const runs::Axis& axis : value.axes) {
        std::string values;
        for (const std::string& each : axis.values) values += (values.empty() ? "" : ", ") + each;
        text += fmt::format("{}{} = [{}]", text.empty() ? "" : ", ", in_quotes(axis.key), values);
    }
    return "{" + text + "}";
}

Result<StudyPoints> ParamType<StudyPoints>::read(const Value& value) {
    if (value.type != Value::Type::Array) {
        return detail::expected("tables, each [[points]]", value);
    }
    StudyPoints all;
    for (const Value& item : value.items) {
        const Result<StudySettings> point = ParamType<StudySettings>::read(item);
        if (!point) return Failure{point.error()};
        all.points.push_back(point.value().settings);
        const auto same_key = [](const Setting& a, const Setting& b) { return a.key == b.key; };
        const auto& first = all.points.front();
        const auto& last = all.points.back();
        if (!std::equal(first.begin(), first.end(), last.begin(), last.end(), same_key)) {
            return at(item,
                      "a point has other keys than the first one; expected the same keys in "
                      "the same order in all");
        }
    }
    return all;
}

std::string ParamType<StudyPoints>::print(const StudyPoints& value) {
    std::string text;
    for (const auto& point : value.points) {
        text += (text.empty() ? "" : ", ") + print_settings(point);
    }
    return "[" + text + "]";
}

bool operator==(const StudyHypercube& a, const StudyHypercube& b) {
    return ParamType<StudyHypercube>::print(a) == ParamType<StudyHypercube>::print(b);
}

std::string ParamType<StudyHypercube>::print(const StudyHypercube& value) {
    if (value.samples == 0) return "{}";
    std::string text = fmt::format("{{samples = {}, seed = {}", value.samples, value.seed);
    for (const runs::CubeAxis& axis : value.axes) {
        text += fmt::format(", {} = {}", in_quotes(axis.key), axis.text());
    }
    return text + "}";
}

Result<StudyHypercube> ParamType<StudyHypercube>::read(const Value& value) {
    if (value.type != Value::Type::Table) {
        return detail::expected("a table of ranges", value);
    }
    StudyHypercube cube;
    Value axes = value;
    axes.members.clear();
    for (const Value::Member& member : value.members) {
        if (member.name != "samples" && member.name != "seed") {
            axes.members.push_back(member);
            continue;
        }
        const bool samples = member.name == "samples";
        const std::int64_t least = samples ? 1 : 0;
        const std::int64_t most = samples ? runs::Hypercube::most_samples : INT64_MAX;
        const std::int64_t number = member.value.integer;
        if (member.value.type != Value::Type::Integer || number < least || number > most) {
            return at(member.value, fmt::format("{}: expected a whole number, {} to {}",
                                                member.name, least, most));
        }
        (samples ? cube.samples : cube.seed) = static_cast<std::uint64_t>(number);
    }
    const auto entries = entries_of(axes);
    if (!entries) return Failure{entries.error()};
    if (cube.samples == 0) return at(value, "expected samples = N");
    if (entries.value().empty()) {
        return at(value, "no range; expected KEY = {from = A, to = B}, or a list of values");
    }
    for (const Entry& entry : entries.value()) {
        cube.axes.push_back(runs::read_cube_axis(entry.key, *entry.value, cube.problems));
        // A list may name files.
        std::vector<std::string>& values = cube.axes.back().values;
        for (std::size_t i = 0; i < values.size(); ++i) {
            values[i] = setting_of({entry.key, &entry.value->items[i]}).value;
        }
    }
    return cube;
}

}  // namespace lmsim::sim

namespace lmsim::runs {

std::string study_schema() {
    return sim::params_schema(sim::schema_of<StudyParams>(), "lmsim study");
}

std::string study_docs() {
    return sim::params_docs(sim::schema_of<StudyParams>(), "Keys of a study");
}

}  // namespace lmsim::runs
