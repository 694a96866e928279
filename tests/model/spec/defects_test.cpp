#include "model/spec/defects.hpp"

#include <algorithm>
#include <sstream>
#include <string>

#include "model/spec/rules.hpp"
#include "model/spec/table.hpp"
#include "tests/catch.hpp"

using namespace lmsim;
using spec::Defect;
using spec::DefectClass;

TEST_CASE("defects are sorted by name, and each name stands once", "[rfc]") {
    const auto before = [](const Defect& a, const Defect& b) { return a.name < b.name; };
    CHECK(std::is_sorted(std::begin(spec::defects), std::end(spec::defects), before));
    for (std::size_t i = 1; i < std::size(spec::defects); ++i) {
        CHECK(spec::defects[i - 1].name != spec::defects[i].name);
    }
    CHECK(std::size(spec::defects) == 73);
}

TEST_CASE("a defect that is a switch is a row, and off", "[rfc]") {
    const spec::Rules rules = spec::Rules::ratified();
    std::size_t rows = 0;
    for (const Defect& defect : spec::defects) {
        CAPTURE(defect.name);
        if (defect.id == spec::Id::Count) {
            CHECK(!spec::find(defect.name).has_value());
            continue;
        }
        ++rows;
        CHECK(spec::find(defect.name) == defect.id);
        CHECK(spec::row(defect.id).kind == spec::Kind::Defect);
        CHECK(!rules.on(defect.id));
    }
    const auto is_defect = [](const spec::Row& row) { return row.kind == spec::Kind::Defect; };
    CHECK(std::count_if(std::begin(spec::table), std::end(spec::table), is_defect) ==
          static_cast<std::ptrdiff_t>(rows));
}

TEST_CASE("every defect of weight is in the model, or says why not, or as which other", "[rfc]") {
    for (const Defect& defect : spec::defects) {
        CAPTURE(defect.name);
        const bool outside = defect.of == DefectClass::Outside;
        const bool as_other = defect.leads_to.substr(0, 3) == "as ";
        CHECK((defect.id == spec::Id::Count) == (outside || as_other));
        CHECK(!defect.leads_to.empty());
        CHECK(!defect.right.empty());
        CHECK(!defect.where.empty());
    }
}

TEST_CASE("the requirement ids that a defect touches are rows", "[rfc]") {
    for (const Defect& defect : spec::defects) {
        std::istringstream names{std::string(defect.touches)};
        for (std::string name; names >> name;) {
            CAPTURE(defect.name, name);
            CHECK(spec::find(name).has_value());
        }
    }
}
