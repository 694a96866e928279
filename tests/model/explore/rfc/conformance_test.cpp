#include "model/explore/rfc/conformance.hpp"

#include <map>
#include <set>
#include <string>

#include "model/spec/table.hpp"
#include "tests/catch.hpp"

using namespace lmsim;
using namespace lmsim::explore;
using spec::Defect;
using spec::Id;

namespace {

RfcSearches searches() {
    SearchOptions options;
    options.all_violations = true;
    return RfcSearches(options);
}

const Defect& named(std::string_view name) {
    for (const Defect& defect : spec::defects) {
        if (defect.name == name) {
            return defect;
        }
    }
    FAIL("no defect " << name);
    return spec::defects[0];
}

}  // namespace

TEST_CASE("each defect breaks something that holds without it, or says why it does no harm",
          "[explore][rfc][rows-off]") {
    const std::map<std::string_view, std::string_view> expected = {
        {"R000-02", "INV-TRACK-01"}, {"R000-03", "INV-CMD-MAX"},  {"R000-05", "INV-STATE-03"},
        {"R000-06", "INV-STATE-03"}, {"R000-08", "INV-STATE-03"}, {"R000-09", "INV-DONE-01"},
        {"R000-10", "INV-STATE-03"}, {"R000-11", "INV-DONE-01"},  {"R000-12", "INV-DONE-01"},
        {"R000-13", "INV-TRACK-01"}, {"R001-01", "INV-HOLD-03"},  {"R001-02", "INV-DONE-01"},
        {"R001-03", "INV-DONE-01"},  {"R001-04", "INV-STATE-03"}, {"R001-05", "INV-DONE-01"},
        {"R001-07", "INV-DONE-01"},  {"R001-09", "INV-STATE-03"}, {"R001-10", "INV-STATE-03"},
        {"R001-11", "INV-DONE-01"},  {"R001-13", "INV-HOLD-06"},  {"R001-14", "INV-DONE-01"},
        {"R001-15", "INV-HOLD-03"},  {"R001-16", "INV-STATE-03"}, {"R001-17", "INV-OWN-04"},
        {"R001-18", "INV-HOLD-02"},  {"R001-25", "INV-STATE-03"}, {"R004-01", "INV-HOLD-06"},
        {"R004-02", "INV-HOLD-06"},  {"R004-04", "INV-HOLD-06"},  {"R004-05", "INV-HOLD-06"},
        {"R004-08", "INV-CDQ-03"},   {"R004-09", "INV-HOLD-03"},  {"R004-10", "INV-HOLD-03"},
        {"R004-11", "INV-HOLD-01"},  {"R004-12", "INV-HOLD-01"},  {"R004-13", "deadlock"},
        {"R004-15", "deadlock"},     {"R004-16", "INV-LOG-01"},   {"R004-18", "INV-HOLD-08"},
        {"R004-19", "INV-HOLD-09"},  {"R004-20", "INV-HOLD-04"},  {"R004-21", "INV-HOLD-04"},
        {"R004-22", "INV-HOLD-05"},  {"R004-24", "INV-HOLD-07"},  {"R004-31", "deadlock"}};
    RfcSearches all = searches();
    for (const Defect& defect : spec::defects) {
        CAPTURE(defect.name);
        std::set<std::string_view> fallen;
        for (const RfcFinding& finding : all.of(defect)) {
            CHECK(finding.complete);
            for (const Violation& violation : finding.violations) {
                const bool named = violation.invariant != nullptr;
                fallen.insert(named ? violation.invariant->id : "deadlock");
                const auto path = path_of(*finding.model, rules_with(defect), violation);
                CHECK(path.size() == violation.steps.size());
            }
        }
        const auto wanted = expected.find(defect.name);
        if (wanted == expected.end()) {
            CHECK(fallen.empty());
            const bool harmless = defect.leads_to.substr(0, 8) == "nothing:";
            CHECK((defect.id == Id::Count || harmless));
        } else {
            CHECK(fallen.count(wanted->second) == 1);
        }
    }
}

TEST_CASE("with all defects off the searches find nothing", "[explore][rfc][rows-off]") {
    RfcSearches all = searches();
    for (const RfcModel& model : rfc_models()) {
        CAPTURE(model.name);
        const RfcFinding& finding = all.baseline(model);
        CHECK(finding.complete);
        CHECK(finding.states >= 4);
        CHECK(finding.violations.empty());
    }
}

TEST_CASE("a finding says what fell, and in how many steps", "[explore][rfc]") {
    RfcSearches all = searches();
    CHECK(all.of(named("R004-09")).front().text() == "INV-HOLD-03 in 1 step");
    CHECK(all.of(named("R004-07")).front().text() == "nothing");
    CHECK(all.of(named("R004-03")).empty());  // big-endian hosts alone
    CHECK(rules_with(named("R004-03")) == spec::Rules{});
}
