#include "tools/runs/settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "sim/core/text.hpp"
#include "sim/scenario/bind.hpp"
#include "sim/scenario/scenario.hpp"

namespace lmsim::runs {

namespace {

using Json = nlohmann::ordered_json;

template <class T>
const T* find(const std::vector<T>& items, const std::string& name) {
    const auto found =
        std::find_if(items.begin(), items.end(), [&](const T& item) { return item.name == name; });
    return found == items.end() ? nullptr : &*found;
}

/// The group or list element that a part of a key names.
const sim::GroupInfo* step_into(const sim::GroupInfo& group, std::string name) {
    const std::size_t bracket = name.find('[');
    if (bracket != std::string::npos) {
        name.resize(bracket);
        const sim::ListInfo* list = find(group.lists, name);
        return list == nullptr ? nullptr : list->element.get();
    }
    if (const sim::AliasInfo* alias = find(group.aliases, name)) {
        name = alias->targets.front();
    }
    return find(group.groups, name);
}

/// Values of what has only a few: from its JSON Schema, where each type tells its own.
void collect_values(const Json& schema, std::vector<std::string>& values) {
    for (const Json& value : schema.value("enum", Json::array())) {
        values.push_back(value.is_string() ? value.get<std::string>() : value.dump());
    }
    if (schema.value("type", Json()) == "boolean") {
        values.insert(values.end(), {"false", "true"});
    }
    if (schema.contains("const")) {
        values.push_back(schema["const"].get<std::string>());
    }
    for (const Json& each : schema.value("anyOf", Json::array())) {
        collect_values(each, values);
    }
}

std::vector<std::string> values_of(const sim::ParamInfo& param) {
    std::vector<std::string> values;
    for (const std::string& allowed : param.allowed) {
        const Json value = Json::parse(allowed, nullptr, false);
        values.push_back(value.is_string() ? value.get<std::string>() : allowed);
    }
    if (values.empty()) {
        collect_values(Json::parse(param.schema), values);
    }
    return values;
}

/// At commas that are not within brackets, braces or quotes.
std::vector<std::string> split(const std::string& text) {
    std::vector<std::string> pieces{""};
    int depth = 0;
    char quote = 0;
    for (const char c : text) {
        if (quote != 0) {
            quote = c == quote ? 0 : quote;
        } else if (c == '"' || c == '\'') {
            quote = c;
        } else if (c == '[' || c == '{') {
            ++depth;
        } else if (c == ']' || c == '}') {
            --depth;
        } else if (c == ',' && depth <= 0) {
            pieces.emplace_back();
            continue;
        }
        pieces.back() += c;
    }
    return pieces;
}

}  // namespace

const sim::ParamInfo* find_param(const std::string& key) {
    const sim::GroupInfo* group = &sim::schema_of<sim::Scenario>();
    std::string rest = key;
    for (std::size_t dot = rest.find('.'); dot != std::string::npos; dot = rest.find('.')) {
        group = step_into(*group, rest.substr(0, dot));
        if (group == nullptr) {
            return nullptr;
        }
        rest.erase(0, dot + 1);
    }
    return find(group->params, rest);
}

std::string unknown_key(const std::string& key) {
    const std::string near = sim::nearest(key, sim::all_paths(sim::schema_of<sim::Scenario>()));
    return fmt::format("unknown key {}{}", sim::in_quotes(key),
                       near.empty() ? "; `lmsim scenario docs` lists all"
                                    : "; did you mean " + sim::in_quotes(near) + "?");
}

sim::Result<Axis> read_axis(const std::string& text) {
    const std::size_t equals = text.find('=');
    Axis axis{text.substr(0, equals), {}};
    const sim::ParamInfo* param = find_param(axis.key);
    // What a scenario includes is no parameter, but can be given as one.
    if (param == nullptr && axis.key != "include") {
        return sim::Failure{unknown_key(axis.key)};
    }
    if (equals != std::string::npos) {
        axis.values = split(text.substr(equals + 1));
    } else if (param != nullptr) {
        axis.values = values_of(*param);
    }
    if (axis.values.empty()) {
        return sim::Failure{
            fmt::format("{} has no short list of values{}; expected {}=A,B,...", axis.key,
                        param == nullptr ? "" : " (it is a " + param->type + ")", axis.key)};
    }
    for (const std::string& value : axis.values) {
        if (value.empty()) {
            return sim::Failure{fmt::format("an empty value in {}; expected {}=A,B,...",
                                            sim::in_quotes(text), axis.key)};
        }
        if (std::count(axis.values.begin(), axis.values.end(), value) > 1) {
            return sim::Failure{
                fmt::format("{} stands twice in {}", sim::in_quotes(value), sim::in_quotes(text))};
        }
    }
    return axis;
}

std::vector<std::vector<Setting>> combinations(const std::vector<Axis>& axes) {
    std::vector<std::vector<Setting>> all{{}};
    for (const Axis& axis : axes) {
        std::vector<std::vector<Setting>> more;
        for (const auto& settings : all) {
            for (const std::string& value : axis.values) {
                more.push_back(settings);
                more.back().push_back({axis.key, value});
            }
        }
        all = std::move(more);
    }
    return all;
}

std::string value_text(const sim::Value& value) {
    std::string out;
    switch (value.type) {
        case sim::Value::Type::Text: return sim::toml_string(value.text);
        case sim::Value::Type::Array:
            for (const sim::Value& item : value.items) {
                out += (out.empty() ? "" : ", ") + value_text(item);
            }
            return "[" + out + "]";
        case sim::Value::Type::Table:
            for (const sim::Value::Member& member : value.members) {
                out += (out.empty() ? "" : ", ") + member.name + " = " + value_text(member.value);
            }
            return "{" + out + "}";
        case sim::Value::Type::Boolean: return value.boolean ? "true" : "false";
        default: return value.text;
    }
}

}  // namespace lmsim::runs
