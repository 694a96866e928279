#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "model/spec/rules.hpp"
#include "sim/conform/suite.hpp"
#include "sim/core/schemas.hpp"
#include "tests/catch.hpp"
#include "tests/sim/metrics/schema_check.hpp"

using namespace lmsim;
using namespace lmsim::sim::conform;

TEST_CASE("cases have ids of their own, a title, steps, and rows that exist", "[conform]") {
    std::set<std::string> ids;
    for (const Case& test : all_cases()) {
        CAPTURE(test.id);
        CHECK(ids.insert(test.id).second);
        CHECK(test.id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-+") ==
              std::string::npos);
        CHECK_FALSE(test.title.empty());
        CHECK_FALSE(test.rows.empty());
        CHECK_FALSE(test.steps.empty());
        for (const std::string& row : test.rows) {
            CAPTURE(row);
            CHECK(spec::find(row).has_value());
        }
    }
}

TEST_CASE("a case names only buffers, tags, probes and controllers that there are", "[conform]") {
    for (const Case& test : all_cases()) {
        CAPTURE(test.id);
        std::set<std::string> buffers;
        for (const Buffer& buffer : test.buffers) {
            CHECK(buffers.insert(buffer.name).second);
        }
        std::set<std::string> tags;
        for (const Step& step : test.steps) {
            CHECK(
                (step.controller == "mmc" || step.controller == "mc" || step.controller == "mc2"));
            CHECK((step.data.empty() || buffers.count(step.data) == 1));
            CHECK((step.buffer.empty() || buffers.count(step.buffer) == 1));
            if (step.kind == StepKind::Command) {
                tags.insert(step.tag);
                CHECK((!step.later || !step.tag.empty()));
            } else if (step.kind == StepKind::Await || step.kind == StepKind::Silent) {
                CHECK(tags.count(step.tag) == 1);
            } else if (step.kind == StepKind::Remember || step.kind == StepKind::Unchanged) {
                CHECK_FALSE(probe(step.tag).empty());
            }
        }
    }
}

TEST_CASE("the export is JSON with every case in it, as its schema says", "[conform]") {
    const std::vector<Case> cases = all_cases();
    const auto json = nlohmann::json::parse(export_json(cases));
    CHECK(json["schema"] == sim::schema::ConformCases);
    REQUIRE(json["cases"].size() == cases.size());
    CHECK(json["cases"][0]["id"] == cases[0].id);
    CHECK(json["probes"].size() == probe_names().size());
    std::ifstream file(LMSIM_SOURCE_DIR "/docs/schema/conform.schema.json");
    CHECK(tests::SchemaCheck::wrong(nlohmann::json::parse(file), json) == "");
}
