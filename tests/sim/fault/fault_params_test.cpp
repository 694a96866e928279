#include "sim/fault/fault_params.hpp"

#include <set>

#include "tests/catch.hpp"
#include "tests/sim/scenario/errors.hpp"

using namespace lmsim::sim;

namespace {

std::string wrong(const std::string& keys, const std::string& before = "") {
    return errors_of(before + "[[fault]]\n" + keys);
}

bool tells(const std::string& keys, const std::string& what) {
    const std::string errors = wrong(keys);
    INFO(errors);
    return errors.find(what) != std::string::npos;
}

}  // namespace

TEST_CASE("each class of faults has an id and a name of its own", "[fault]") {
    std::set<std::string_view> names;
    for (const FaultClass& one : fault_classes()) {
        INFO(one.name);
        CHECK(names.insert(one.id).second);
        CHECK(names.insert(one.name).second);
        CHECK(find_fault(one.name) == &one);
        CHECK(&class_of(one.fault) == &one);
        CHECK(one.id.substr(0, 4) == "FLT-");
        CHECK_FALSE(one.document.empty());
    }
    CHECK(fault_classes().size() >= 30);
    CHECK(find_fault("completion.lots") == nullptr);
}

TEST_CASE("faults that are sound are read", "[fault]") {
    FaultParams late;
    late.what = "completion.late";
    late.where = "destination.vf1";
    late.when = "3rd";
    FaultParams reset;
    reset.what = "vf.reset";
    reset.when = "2nd source.vf0 Fetched";
    FaultParams stall;
    stall.what = "channel.stall";
    stall.when = "2ms";
    FaultParams lost;
    lost.what = "msix.lost";
    lost.probability = 1_percent;
    const std::vector<FaultParams> all = {late, reset, stall, lost};
    REQUIRE(check_faults(all, 2, {false, false}).empty());
    const std::vector<FaultPlan> plans = read_faults(all);
    CHECK(plans[0].what == Fault::CompletionLate);
    CHECK(plans[0].host == 1);
    CHECK(plans[0].vf == 1);
    CHECK(plans[0].when == FaultPlan::When::Occasion);
    CHECK(plans[0].occasion == 3);
    CHECK(plans[0].times == 1);
    CHECK(plans[1].when == FaultPlan::When::Effect);
    CHECK(plans[1].effect.nth == 2);
    CHECK(plans[2].when == FaultPlan::When::Moment);
    CHECK(plans[2].moment == 2'000'000'000);
    CHECK(plans[3].when == FaultPlan::When::Chance);
    CHECK(plans[3].times == UINT64_MAX);
}

TEST_CASE("what is wrong with a fault is told with its place", "[fault]") {
    CHECK(wrong("what = \"vf.reset\"\nwhen = \"1ms\"\n").empty());
    CHECK(tells("what = \"vf.rest\"\n", "q.toml:2:"));
    CHECK(
        tells("what = \"vf.rest\"\n", "there is no fault \"vf.rest\"; did you mean \"vf.reset\"?"));
    CHECK(tells("what = \"msix.lost\"\n", "nothing says when; expected `when`, or `probability`"));
    CHECK(tells("what = \"msix.lost\"\nwhen = \"1st\"\nprobability = \"1%\"\n",
                "expected either `when` or `probability`, not both"));
    CHECK(tells("what = \"vf.reset\"\nprobability = \"1%\"\n", "is no matter of chance"));
    CHECK(tells("what = \"vf.reset\"\nwhen = \"3rd\"\n", "has no occasions of its own"));
    CHECK(tells("what = \"vf.reset\"\nwhen = \"soon\"\n", "or expected a time such as \"2ms\""));
    CHECK(tells("what = \"msix.lost\"\nwhen = \"1st\"\nwhere = \"source.vf300\"\n",
                "there is no VF 300"));
    CHECK(tells("what = \"cancel\"\nwhen = \"1ms\"\nwhere = \"source\"\n",
                "nothing: there is one place for it"));
    CHECK(tells("what = \"vf.enabled_early\"\nwhen = \"1ms\"\n", "expected no `when`"));
    CHECK(tells("what = \"cdq.full\"\nwhen = \"1st\"\n",
                "expected hosts.both.driver.log_user_data = true"));
    CHECK(wrong("what = \"vf.reset\"\n", "[run]\nfidelity = \"hybrid\"\n").find("exact") !=
          std::string::npos);
    CHECK(wrong("what = \"vf.reset\"\n", "[vms]\ncount = 2\n").find("faults are of one VM") !=
          std::string::npos);
}
