#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "sim/metrics/result.hpp"
#include "sim/trace/ndjson.hpp"
#include "tests/catch.hpp"

using Json = nlohmann::json;

namespace {

/// All names of properties anywhere in a schema, for which the text has no word.
void missing(const Json& schema, const std::string& text, std::string& report) {
    if (schema.is_array()) {
        for (const Json& inner : schema) missing(inner, text, report);
    }
    if (!schema.is_object()) return;
    for (const auto& [key, inner] : schema.items()) {
        if (key == "properties") {
            for (const auto& [name, ignored] : inner.items()) {
                if (text.find(name) == std::string::npos) report += name + "\n";
            }
        }
        missing(inner, text, report);
    }
}

std::string not_explained(const std::string& schema) {
    std::ifstream in(std::string(LMSIM_SOURCE_DIR) + "/docs/results.md", std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    std::string report;
    missing(Json::parse(schema), text, report);
    return report;
}

}  // namespace

TEST_CASE("docs/results.md knows every key of result.json and of the trace, and every part") {
    CHECK(not_explained(lmsim::sim::metrics::result_schema()) == "");
    CHECK(not_explained(lmsim::sim::trace::trace_schema()) == "");
    std::string parts = R"({"properties":{)";
    for (const auto& name : lmsim::sim::metrics::part_names) {
        parts += (parts.back() == '{' ? "\"`" : ",\"`") + std::string(name) + "`\":0";
    }
    CHECK(not_explained(parts + "}}") == "");
}
