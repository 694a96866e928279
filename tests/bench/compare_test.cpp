#include "bench/compare.hpp"

#include <cstdio>
#include <fstream>

#include "tests/catch.hpp"

namespace lmsim::bench {

namespace {

using Ratios = std::map<std::string, double>;

Row measured(const std::string& name, double ratio) {
    return compared({name, ratio * 1000, "1/s", 1000});
}

Row measured_less(const std::string& name, double ratio) {
    Row row = measured(name, ratio);
    row.less_is_better = true;
    return row;
}

std::string written(const std::string& text) {
    const std::string file = std::string(LMSIM_BINARY_DIR) + "/recorded_of_compare_test.json";
    std::ofstream(file) << text;
    return file;
}

}  // namespace

TEST_CASE("a ratio may lose 15 percent of what was recorded and not more", "[bench]") {
    const Ratios recorded{{"rate", 0.8}};
    CHECK(losses(recorded, {measured("rate", 0.8)}, 0.15).empty());
    CHECK(losses(recorded, {measured("rate", 1.6)}, 0.15).empty());
    CHECK(losses(recorded, {measured("rate", 0.8 * 0.85)}, 0.15).empty());
    const std::vector<Loss> lost = losses(recorded, {measured("rate", 0.6)}, 0.15);
    REQUIRE(lost.size() == 1);
    CHECK(lost[0].name == "rate");
    CHECK(lost[0].recorded == 0.8);
    CHECK(lost[0].now == Approx(0.6));
    CHECK(lost[0].share == Approx(0.25));
}

TEST_CASE("where less is better a ratio that rose has lost", "[bench]") {
    const Ratios recorded{{"time", 2}};
    CHECK(losses(recorded, {measured_less("time", 1)}, 0.15).empty());
    CHECK(losses(recorded, {measured_less("time", 2.3)}, 0.15).empty());
    const std::vector<Loss> lost = losses(recorded, {measured_less("time", 5)}, 0.15);
    REQUIRE(lost.size() == 1);
    CHECK(lost[0].share == Approx(1.5));
}

TEST_CASE("what has no baseline of its own run is not compared", "[bench]") {
    const Row limit{"bytes", 1, "MiB", 100};
    CHECK(losses({{"bytes", 1}}, {limit}, 0.15).empty());
    CHECK(ratios_of({limit, measured("rate", 0.5)}) == Ratios{{"rate", 0.5}});
}

TEST_CASE("a figure that was not recorded loses nothing and one that is gone is named", "[bench]") {
    CHECK(losses({}, {measured("new", 0.1)}, 0.15).empty());
    CHECK(missing({{"old", 1}, {"rate", 1}}, {measured("rate", 1)}) ==
          std::vector<std::string>{"old"});
}

TEST_CASE("of two measurements the better one counts", "[bench]") {
    const Rows best = better_of({measured("a", 0.5), measured_less("b", 3), measured("c", 1)},
                                {measured("a", 0.7), measured_less("b", 4), measured("d", 1)});
    REQUIRE(best.size() == 4);
    CHECK(best[0].ratio() == Approx(0.7));
    CHECK(best[1].ratio() == Approx(3));
    CHECK(best[2].name == "c");
    CHECK(best[3].name == "d");
}

TEST_CASE("losses are told in a table", "[bench]") {
    CHECK(table({{"rate", 0.8, 0.6, 0.25}}) ==
          "| figure | recorded ratio | ratio now | loss |\n|---|---:|---:|---:|\n"
          "| rate | 0.8 | 0.6 | 25 % |\n");
}

TEST_CASE("recorded ratios are read as they were written", "[bench]") {
    const std::string file = written("");
    REQUIRE(write_recorded({{"part", {{"rate", 0.81249}, {"time", 1234.5}}}}, file));
    const auto recorded = read_recorded(file);
    REQUIRE(recorded);
    CHECK(recorded.value() == Recorded{{"part", {{"rate", 0.812}, {"time", 1230}}}});
    std::remove(file.c_str());
}

TEST_CASE("a file of ratios that is none says what is expected", "[bench]") {
    CHECK(read_recorded("no/such.json").error() ==
          "no/such.json cannot be read; bench/run --record writes it");
    for (const char* text : {"", "{", "[]", "{}", "{\"ratios\": 1}", "{\"ratios\": {\"part\": 1}}",
                             "{\"ratios\": {\"part\": {\"rate\": \"1\"}}}",
                             "{\"ratios\": {\"part\": {\"rate\": 0}}}"}) {
        INFO(text);
        const auto recorded = read_recorded(written(text));
        REQUIRE(!recorded);
        CHECK(recorded.error().find("expected {\"ratios\": {PART: {FIGURE: a positive number}}}") !=
              std::string::npos);
    }
    std::remove(written("").c_str());
}

}  // namespace lmsim::bench
