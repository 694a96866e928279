// Every row matters: tests/mutants/kills.csv says for each which test fails when it changes.
#include "tools/cli/kills.hpp"

#include <set>
#include <string>

#include "model/spec/rules.hpp"
#include "model/spec/table.hpp"
#include "tests/catch.hpp"

using namespace lmsim;

TEST_CASE("every row is in the record of kills, once, and nothing else is", "[spec]") {
    std::set<std::string> ids;
    for (const cli::Kill& kill : cli::recorded_kills()) {
        CAPTURE(kill.id);
        CHECK(ids.insert(kill.id).second);
        const auto id = spec::find(kill.id);
        REQUIRE(id);
        CHECK(spec::row(*id).name == kill.id);
    }
    for (const spec::Row& row : spec::table) {
        INFO("tests/mutants/run --record finds what kills " << row.name << ": " << row.title);
        CHECK(ids.count(std::string(row.name)) == 1);
    }
}

TEST_CASE("a killed mutant has a test, a survivor a reason", "[spec]") {
    for (const cli::Kill& kill : cli::recorded_kills()) {
        CAPTURE(kill.id);
        CHECK(kill.program.empty() == kill.test.empty());
        CHECK(kill.killed() != !kill.reason.empty());
    }
}

TEST_CASE("nine of ten mutants are killed", "[spec]") {
    std::size_t killed = 0;
    for (const cli::Kill& kill : cli::recorded_kills()) {
        killed += kill.killed() ? 1 : 0;
    }
    CHECK(killed * 10 >= spec::row_count * 9);
}
