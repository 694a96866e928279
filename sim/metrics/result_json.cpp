#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "sim/core/schemas.hpp"
#include "sim/metrics/media_section.hpp"
#include "sim/metrics/result_fields.hpp"

namespace lmsim::sim::metrics {
namespace {

using Json = nlohmann::ordered_json;

/// Writes the values.
class ValueWriter {
  public:
    void constant(const char* key, const char* value, const char*) { json[key] = value; }
    void text(const char* key, const std::string& value, const char*) { json[key] = value; }
    void texts(const char* key, const std::vector<std::string>& values, const char*) {
        json[key] = values;
    }
    void flag(const char* key, bool value, const char*) { json[key] = value; }
    void count(const char* key, std::uint64_t value, const char*) { json[key] = value; }
    void time(const char* key, Ps value, const char*) { json[key] = value; }
    void number(const char* key, double value, const char*) { json[key] = value; }
    void share(const char* key, std::uint32_t ppm, const char*) { json[key] = ppm / 1e6; }
    void hash(const char* key, std::uint64_t value, const char*) {
        json[key] = fmt::format("0x{:016x}", value);
    }
    void device(const char* key, Device value, const char*) {
        json[key] = value == no_device ? Json(nullptr) : Json(value);
    }
    void maybe_count(const char* key, std::optional<std::uint64_t> value, const char*) {
        json[key] = value ? Json(*value) : Json(nullptr);
    }
    template <class Names, class Enum>
    void choice(const char* key, const Names& names, Enum value, const char*) {
        // By data(): g++ 12 folds this for tables of 3 and of 4 names, and warns of a fourth name.
        json[key] = names.data()[static_cast<std::size_t>(value)];
    }
    template <class Fields>
    void object(const char* key, const char*, const Fields& fields) {
        ValueWriter inner;
        fields(inner);
        json[key] = std::move(inner.json);
    }
    /// Not there without a value.
    template <class T, class Fields>
    void optional(const char* key, const std::optional<T>& value, const char*,
                  const Fields& fields) {
        if (value) {
            object(key, "", [&](auto& inner) { fields(inner, *value); });
        }
    }
    template <class T, class Fields>
    void list(const char* key, const std::vector<T>& items, const char*, const Fields& fields) {
        Json array = Json::array();
        for (const T& item : items) {
            ValueWriter inner;
            fields(inner, item);
            array.push_back(std::move(inner.json));
        }
        json[key] = std::move(array);
    }

    Json json = Json::object();
};

/// Writes the types; the values are those of an empty Result. Unknown keys are allowed: a later
/// lmsim may add some without a new version.
class SchemaWriter {
  public:
    SchemaWriter() {
        json["type"] = "object";
        json["required"] = Json::array();
        json["properties"] = Json::object();
    }
    void constant(const char* key, const char* value, const char* help) {
        add(key, help)["const"] = value;
    }
    void text(const char* key, const std::string&, const char* help) {
        add(key, help, R"({"type":"string"})");
    }
    void texts(const char* key, const std::vector<std::string>&, const char* help) {
        add(key, help, R"({"type":"array","items":{"type":"string"}})");
    }
    void flag(const char* key, bool, const char* help) { add(key, help, R"({"type":"boolean"})"); }
    void count(const char* key, std::uint64_t, const char* help) {
        add(key, help, R"({"type":"integer","minimum":0})");
    }
    void time(const char* key, Ps, const char* help) { count(key, 0, help); }
    void number(const char* key, double, const char* help) {
        add(key, help, R"({"type":"number","minimum":0})");
    }
    void share(const char* key, std::uint32_t, const char* help) {
        add(key, help, R"({"type":"number","minimum":0,"maximum":1})");
    }
    void hash(const char* key, std::uint64_t, const char* help) {
        add(key, help, R"({"type":"string","pattern":"^0x[0-9a-f]{16}$"})");
    }
    void device(const char* key, Device, const char* help) { maybe_count(key, {}, help); }
    void maybe_count(const char* key, std::optional<std::uint64_t>, const char* help) {
        add(key, help, R"({"type":["integer","null"],"minimum":0})");
    }
    template <class Names, class Enum>
    void choice(const char* key, const Names& names, Enum, const char* help) {
        Json& list = add(key, help)["enum"] = Json::array();
        for (const auto& name : names) list.push_back(name);
    }
    template <class Fields>
    void object(const char* key, const char* help, const Fields& fields) {
        SchemaWriter inner;
        fields(inner);
        add(key, help).update(inner.json);
    }
    template <class T, class Fields>
    void optional(const char* key, const std::optional<T>&, const char* help,
                  const Fields& fields) {
        object(key, help, [&](auto& inner) { fields(inner, T{}); });
        Json& required = json["required"];
        required.erase(required.size() - 1);
    }
    template <class T, class Fields>
    void list(const char* key, const std::vector<T>&, const char* help, const Fields& fields) {
        SchemaWriter inner;
        fields(inner, T{});
        Json& array = add(key, help, R"({"type":"array"})");
        array["items"] = std::move(inner.json);
    }

    Json json = Json::object();

  private:
    // As text, because a braced list of one pair is an array to one compiler and an object to
    // another.
    Json& add(const char* key, const char* help, const char* type = "{}") {
        json["required"].push_back(key);
        Json& property = json["properties"][key];
        property["description"] = help;
        property.update(Json::parse(type));
        return property;
    }
};

/// Names come from files: what is not UTF-8 in them is replaced, never an error.
std::string text_of(const Json& json) {
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

std::string result_json(const Result& result) {
    ValueWriter writer;
    result_fields(writer, result);
    return text_of(writer.json);
}

std::string media_forecast_json(const MediaResult& media) {
    ValueWriter writer;
    media_forecast_fields(writer, media);
    return text_of(writer.json);
}

std::string result_schema() {
    SchemaWriter writer;
    result_fields(writer, Result{});
    Json schema;
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema";
    schema["$id"] = schema::Result;
    schema["title"] = "result.json of lmsim";
    schema.update(writer.json);
    return text_of(schema);
}

}  // namespace lmsim::sim::metrics
