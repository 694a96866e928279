#include "model/spec/mutate.hpp"

#include "model/spec/table.hpp"
#include "tests/catch.hpp"

using namespace lmsim;
using spec::Kind;
using spec::Rules;

TEST_CASE("a mutant differs from the ratified standard in its row alone") {
    for (const spec::Row& row : spec::table) {
        CAPTURE(row.name);
        Rules rules = Rules::ratified();
        spec::mutate(rules, row.id);
        CHECK(rules.overlaid(row.id));
        Rules back = rules;
        const Rules ratified = Rules::ratified();
        back.set_value(row.id, row.value);
        back.set_on(row.id, ratified.on(row.id));
        if (row.place.width != 0) {
            back.set_place(row.id, row.place);
        }
        CHECK(back == ratified);
    }
}

TEST_CASE("a moved field stays within the entry, and a small one within its dword") {
    for (const spec::Row& row : spec::table) {
        if (row.kind != Kind::Field) {
            continue;
        }
        CAPTURE(row.name);
        const spec::Place place = spec::moved(row.kind, row.place);
        CHECK(place.width == row.place.width);
        CHECK(place.end_byte() <= 64);
        if (place.width < 32) {
            CHECK(place.bit / 32 == row.place.bit / 32);
        }
    }
}

TEST_CASE("places move by a bit, or by their own unit where they fill it") {
    CHECK(spec::moved(Kind::Field, spec::cdw(10, 7, 0)) == spec::cdw(10, 8, 1));
    CHECK(spec::moved(Kind::Field, spec::cdw(11, 31, 16)) == spec::cdw(11, 30, 15));
    CHECK(spec::moved(Kind::Field, spec::cdw(12, 31, 0)) == spec::cdw(11, 31, 0));
    CHECK(spec::moved(Kind::Layout, spec::bits(2, 0, 0)) == spec::bits(2, 1, 1));
    CHECK(spec::moved(Kind::Layout, spec::bits(31, 7, 6)) == spec::bits(31, 6, 5));
    CHECK(spec::moved(Kind::Layout, spec::bytes(16, 31)) == spec::bytes(17, 32));
}
