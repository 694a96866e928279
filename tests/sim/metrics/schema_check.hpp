#pragma once

#include <algorithm>
#include <nlohmann/json.hpp>
#include <regex>
#include <string>

namespace lmsim::tests {

/// What is wrong with `value` by a JSON Schema, a line each; knows the keywords that lmsim's own
/// schemas use. Stricter than they are: a key that they do not name is wrong.
class SchemaCheck {
  public:
    using Json = nlohmann::json;

    static std::string wrong(const Json& schema, const Json& value) {
        SchemaCheck check;
        check.value(schema, value, "");
        return check.report_;
    }

  private:
    static std::string type_of(const Json& value) {
        if (value.is_number_integer()) return "integer";
        if (value.is_null()) return "null";
        return value.type_name();
    }
    static bool has_type(const Json& value, const std::string& type) {
        return type_of(value) == type || (type == "number" && value.is_number());
    }
    void say(const std::string& place, const std::string& what) {
        report_ += (place.empty() ? "the whole" : place) + ": " + what + "\n";
    }
    void type(const Json& types, const Json& v, const std::string& at) {
        const auto fits = [&v](const Json& t) { return has_type(v, t.get<std::string>()); };
        const bool good =
            types.is_array() ? std::any_of(types.begin(), types.end(), fits) : fits(types);
        if (!good) say(at, "is " + type_of(v) + ", not " + types.dump());
    }
    void object(const Json& schema, const Json& v, const std::string& at) {
        for (const Json& key : schema.value("required", Json::array())) {
            if (!v.contains(key.get<std::string>())) say(at, "lacks " + key.dump());
        }
        const Json& properties = schema.at("properties");
        for (const auto& [key, inner] : v.items()) {
            if (properties.contains(key)) {
                value(properties.at(key), inner, at + "/" + key);
            } else {
                say(at, "has an unknown key " + key);
            }
        }
    }
    void value(const Json& schema, const Json& v, const std::string& at) {
        if (schema.contains("oneOf")) return one_of(schema.at("oneOf"), v, at);
        if (schema.contains("type")) type(schema.at("type"), v, at);
        if (schema.contains("const") && schema.at("const") != v) say(at, "is not the constant");
        if (schema.contains("enum")) {
            const Json& list = schema.at("enum");
            if (std::find(list.begin(), list.end(), v) == list.end()) say(at, "not in the list");
        }
        if (v.is_number() && schema.contains("minimum") && v < schema.at("minimum")) {
            say(at, "too small");
        }
        if (v.is_number() && schema.contains("maximum") && v > schema.at("maximum")) {
            say(at, "too large");
        }
        if (v.is_string() && schema.contains("pattern") &&
            !std::regex_search(v.get<std::string>(), std::regex(schema.at("pattern")))) {
            say(at, "does not fit the pattern");
        }
        if (v.is_object() && schema.contains("properties")) object(schema, v, at);
        if (v.is_array() && schema.contains("items")) {
            for (std::size_t i = 0; i < v.size(); ++i) {
                value(schema.at("items"), v[i], at + "/" + std::to_string(i));
            }
        }
    }
    void one_of(const Json& choices, const Json& v, const std::string& at) {
        const auto fits = [&v](const Json& schema) { return wrong(schema, v).empty(); };
        const auto count = std::count_if(choices.begin(), choices.end(), fits);
        if (count != 1) say(at, "fits " + std::to_string(count) + " of the alternatives");
    }

    std::string report_;
};

}  // namespace lmsim::tests
