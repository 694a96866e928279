#include <nlohmann/json.hpp>

#include "sim/scenario/include.hpp"
#include "sim/scenario/load.hpp"
#include "sim/scenario/param_docs.hpp"

namespace lmsim::sim {

namespace {

using Json = nlohmann::ordered_json;

Json group_schema(const GroupInfo& group, bool shared);

/// TOML's scalars are JSON's, so that a default can be taken over; tables are left as text.
Json value_of(const std::string& toml) {
    const Json value = Json::parse(toml, nullptr, false);
    return value.is_discarded() ? Json(toml) : value;
}

Json param_schema(const ParamInfo& param) {
    Json schema = Json::parse(param.schema);
    schema["description"] = param.help;
    schema["default"] = value_of(param.fallback);
    if (!param.least.empty() && schema.value("type", "") == "integer") {
        schema["minimum"] = value_of(param.least);
        schema["maximum"] = value_of(param.most);
    } else if (!param.least.empty()) {
        // JSON Schema cannot compare "10us" with "1ms"; editors show these at least.
        schema["x-minimum"] = value_of(param.least);
        schema["x-maximum"] = value_of(param.most);
    }
    if (!param.allowed.empty()) {
        Json& allowed = schema["enum"] = Json::array();
        for (const std::string& value : param.allowed) {
            allowed.push_back(value_of(value));
        }
        schema.erase("pattern");
    }
    schema["x-source"] = param.source;
    return schema;
}

Json list_schema(const ListInfo& list) {
    return {{"type", "array"},
            {"description", list.help},
            {"maxItems", list.most},
            {"items", group_schema(*list.element, false)}};
}

/// `shared`: under an alias, where all parameters may be written.
Json group_schema(const GroupInfo& group, bool shared) {
    Json schema = {{"type", "object"}};
    if (!group.help.empty()) {
        schema["description"] = group.help;
    }
    schema["additionalProperties"] = false;
    Json& properties = schema["properties"] = Json::object();
    for (const ParamInfo& param : group.params) {
        if (param.written == Written::Anywhere || shared) {
            properties[param.name] = param_schema(param);
        }
    }
    for (const AliasInfo& alias : group.aliases) {
        for (const GroupInfo& inner : group.groups) {
            if (inner.name == alias.targets.front()) {
                properties[alias.name] = group_schema(inner, true);
                properties[alias.name]["description"] = alias.help;
            }
        }
    }
    for (const GroupInfo& inner : group.groups) {
        properties[inner.name] = group_schema(inner, shared);
    }
    for (const ListInfo& list : group.lists) {
        properties[list.name] = list_schema(list);
    }
    return schema;
}

}  // namespace

std::string params_schema(const GroupInfo& params, const std::string& title) {
    Json schema = {{"$schema", "https://json-schema.org/draft/2020-12/schema"}, {"title", title}};
    schema.update(group_schema(params, false));
    return schema.dump(2) + "\n";
}

std::string scenario_schema() {
    Json schema = Json::parse(params_schema(schema_of<Scenario>(), "lmsim scenario"));
    const Json name = {{"type", "string"}, {"minLength", 1}};
    schema["properties"][include_key] = {
        {"description", include_help},
        {"oneOf", {name, {{"type", "array"}, {"items", name}, {"maxItems", include_files}}}}};
    return schema.dump(2) + "\n";
}

}  // namespace lmsim::sim
