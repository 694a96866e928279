#include "model/host/rfc/driver_rules.hpp"

#include "model/spec/defects.hpp"
#include "tests/catch.hpp"

using namespace lmsim;
using spec::Id;

TEST_CASE("the corrected driver goes by the rules that hold", "[rfc]") {
    const spec::Rules rules;
    CHECK(host::driver_rules(rules) == rules);
}

TEST_CASE("a driver's rules are its rules", "[rfc]") {
    for (const spec::Defect& defect : spec::defects) {
        if (defect.id == Id::Count) {
            continue;
        }
        CAPTURE(defect.name);
        spec::Rules rules = spec::Rules::ratified();
        rules.set_on(defect.id, true);
        const spec::Rules taken = host::driver_rules(rules);
        CHECK(taken.on(defect.id));
        CHECK(host::driver_rules(taken) == taken);
    }
}

TEST_CASE("a defect that is a place, a number or an omission changes the driver's rules alone",
          "[rfc]") {
    spec::Rules rules = spec::Rules::ratified();
    for (const Id defect : {Id::RfcShortHeader, Id::RfcResumeIs2, Id::RfcCsupDropped}) {
        rules.set_on(defect, true);
    }
    const spec::Rules taken = host::driver_rules(rules);
    CHECK(taken.value(Id::StateHeaderSize) == 20);
    CHECK(taken.place(Id::StateVss) == spec::bytes(18, 19));
    CHECK(taken.value(Id::SelResume) == 2);
    CHECK(!taken.on(Id::HostChecksCsup));
    CHECK(rules.value(Id::StateHeaderSize) == 48);
    CHECK(rules.on(Id::HostChecksCsup));
}
