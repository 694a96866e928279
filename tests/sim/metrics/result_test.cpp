#include "sim/metrics/result.hpp"

#include <nlohmann/json.hpp>

#include "tests/catch.hpp"
#include "tests/sim/metrics/golden.hpp"
#include "tests/sim/metrics/sample.hpp"
#include "tests/sim/metrics/schema_check.hpp"

using lmsim::sim::Ps;
using namespace lmsim::sim::metrics;
using lmsim::tests::sample_result;
using lmsim::tests::SchemaCheck;
using Json = nlohmann::json;

namespace {

Json json_of(const Result& result) { return Json::parse(result_json(result)); }

std::string wrong(const Json& value) {
    return SchemaCheck::wrong(Json::parse(result_schema()), value);
}

}  // namespace

TEST_CASE("the schema in docs is the one that the program writes by") {
    lmsim::tests::check_golden("docs/schema/result.schema.json", result_schema());
}

TEST_CASE("result.json is the same bytes for the same result") {
    CHECK(result_json(sample_result()) == result_json(sample_result()));
    lmsim::tests::check_golden("tests/sim/metrics/golden/result.json",
                               result_json(sample_result()));
}

TEST_CASE("an empty and a full result follow the schema") {
    CHECK(wrong(json_of(Result{})) == "");
    CHECK(wrong(json_of(sample_result())) == "");
}

TEST_CASE("the checker sees what does not follow the schema") {
    Json json = json_of(sample_result());
    SECTION("a key that is missing") { json["downtime"].erase("total_ps"); }
    SECTION("a key too many") { json["guest"]["before"]["p42_ns"] = 1; }
    SECTION("a fraction of a picosecond") { json["downtime"]["parts"][2]["ps"] = 0.5; }
    SECTION("a negative time") { json["total_time_ps"] = -1; }
    SECTION("an unknown outcome") { json["outcome"] = "maybe"; }
    SECTION("another version") { json["schema"] = "lmsim/result/2"; }
    SECTION("a hash that is not one") { json["trace_hash"] = "0x12"; }
    CHECK(wrong(json) != "");
}

TEST_CASE("the names that other programs rely on are there") {
    const Json json = json_of(sample_result());
    CHECK(json["schema"] == "lmsim/result/1");
    CHECK(json["trace_hash"] == "0x0123456789abcdef");
    CHECK(json["outcome"] == "completed");
    CHECK(json["downtime"]["parts"][1] ==
          Json({{"name", "drain"}, {"side", "source"}, {"device", 0}, {"ps", 1'000'123'456}}));
    CHECK(json["downtime"]["parts"][0]["device"].is_null());
    CHECK(json["vmm"]["downtime_ms"] == 21);
    CHECK(json["vmm"]["downtime_return_path_ms"] == 24);
    CHECK(json["guest"]["before"]["iops"] == 80'000);
    CHECK(json["guest"]["before"]["p50_ns"] == 80'123);
    CHECK(json["guest"]["during"]["max_ns"] == 24'100'001);
    CHECK(json["guest"]["after"]["iops"] == 0);
    CHECK(json["guest"]["after"]["p50_ns"].is_null());
    CHECK(json["guest"]["longest_gap_ps"] == 24'100'000'000);
    CHECK(json["bytes"]["total"] == 4'296'369'004);
    CHECK(json["precopy"]["rounds"] == 2);
    CHECK(json["commands"]["lost"] == 0);
}

TEST_CASE("parts in the file sum to the total") {
    const Json json = json_of(sample_result());
    Ps sum = 0;
    for (const Json& part : json["downtime"]["parts"]) sum += part["ps"].get<Ps>();
    CHECK(sum == json["downtime"]["total_ps"].get<Ps>());
}

TEST_CASE("what dominates: devices together, longest first, ties in order") {
    const std::vector<PartGroup> groups = dominant_parts(sample_result());
    REQUIRE(groups.size() == 5);
    CHECK(groups[0].part == Part::Suspend);
    CHECK(groups[0].devices == std::vector<Device>{0, 1, 2, 3});
    CHECK(groups[0].ps == 12'000'000'000);
    CHECK(groups[1].part == Part::Transfer);
    CHECK(groups[1].devices.empty());
    CHECK(share_ppm(groups[1].ps, sample_result().downtime.total) == 341'879);
}

TEST_CASE("rates are rounded to the nearest and do not overflow") {
    GuestWindow window;
    window.duration = 3;
    window.commands = 1;
    CHECK(window.iops() == 333'333'333'333U);
    window.commands = 2;
    CHECK(window.iops() == 666'666'666'667U);
    window.duration = 1'000'000'000'000;
    window.bytes = UINT64_MAX;
    CHECK(window.bytes_per_s() == UINT64_MAX);
}

TEST_CASE("whatever stands in a name, the file stays JSON") {
    Result result;
    result.scenario = "a\"b\\c\n\x01\xff <script>";
    const Json json = json_of(result);
    CHECK(json["scenario"] == "a\"b\\c\n\x01\xEF\xBF\xBD <script>");
}

TEST_CASE("conservation is each of five") {
    CHECK(Result{}.conserved());
    for (int i = 0; i < 5; ++i) {
        Result result;
        std::uint64_t* const counts[] = {&result.commands.lost, &result.commands.duplicated,
                                         &result.conservation.suspended_activity,
                                         &result.conservation.state_mismatch,
                                         &result.conservation.page_mismatch};
        *counts[i] = 1;
        CHECK_FALSE(result.conserved());
    }
}

TEST_CASE("a broken invariant is a failed run") {
    Result result;
    result.breaches.push_back({"INV-CMD-01", "text", "seen", 1, 1});
    CHECK_FALSE(result.conserved());
    CHECK(json_of(result)["broken_invariants"][0]["id"] == "INV-CMD-01");
}
