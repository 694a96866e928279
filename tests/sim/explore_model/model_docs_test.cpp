#include <nlohmann/json.hpp>

#include "sim/explore_model/model.hpp"
#include "sim/scenario/toml.hpp"
#include "tests/sim/metrics/golden.hpp"

using namespace lmsim::sim;
using lmsim::tests::check_golden;

TEST_CASE("docs/explore-models.md and the schema of model files say what the program reads") {
    check_golden("docs/explore-models.md", model_docs());
    check_golden("docs/schema/explore-model.schema.json", model_schema());
}

TEST_CASE("each key of a committed model is in the schema") {
    const auto schema = nlohmann::json::parse(model_schema());
    CHECK(schema.at("additionalProperties") == false);
    for (const CommittedModel& each : committed_models()) {
        const TomlText file = parse_toml(each.text, std::string(each.name));
        REQUIRE(file.ok);
        for (const Value::Member& key : file.root.members) {
            INFO(each.name << ": " << key.name);
            REQUIRE(schema.at("properties").contains(key.name));
            const auto& property = schema.at("properties").at(key.name);
            CHECK_FALSE(property.at("description").get<std::string>().empty());
            for (const Value::Member& inner : key.value.members) {
                INFO(inner.name);
                CHECK(property.at("properties").contains(inner.name));
            }
        }
    }
}

TEST_CASE("faults and features of a model are told by their names") {
    const auto world = nlohmann::json::parse(model_schema()).at("properties").at("world");
    const auto names = [&](const char* key) {
        return world.at("properties").at(key).at("items").at("enum").dump();
    };
    CHECK(names("faults").find("vf-reset") != std::string::npos);
    CHECK(names("features").find("pre_copy") != std::string::npos);
}
