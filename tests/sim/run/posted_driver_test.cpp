#include "tests/catch.hpp"
#include "tests/sim/run/run_child.hpp"
#include "tests/sim/run/small_vm.hpp"

namespace lmsim::tests {

namespace {

using spec::Id;

/// A VM whose hosts have the corrected driver but for one defect, and ratified devices.
nlohmann::json result_with(Id defect) {
    Run run;
    run.scenario = logging_vm;
    run.jobs = {{random_writes, {}}};
    if (defect != Id::Count) {
        run.rules.set_on(defect, true);
    }
    return run_in_child(run).result;
}

}  // namespace

TEST_CASE("a VM on ratified devices moves with the corrected driver", "[rfc]") {
    const auto result = result_with(Id::Count);
    CHECK(result["outcome"] == "completed");
    CHECK(result["commands"]["lost"] == 0);
    CHECK(result["guest"]["after"]["iops"] > 0);
}

TEST_CASE("a state that is never loaded leaves a VM that hangs at the destination", "[rfc]") {
    for (const Id defect : {Id::RfcResumeIs2, Id::RfcSetStateIs3, Id::RfcSendCountsFrom0}) {
        const auto result = result_with(defect);
        CHECK(result["outcome"] == "completed");  // as QEMU has it
        CHECK(result["commands"]["lost"] > 0);
        CHECK(result["guest"]["after"]["iops"] == 0);
    }
}

TEST_CASE("a state that cannot be saved leaves the VM where it was", "[rfc]") {
    for (const Id defect : {Id::RfcGetsNothing, Id::RfcVersionIsIndex, Id::RfcFormatIndex0}) {
        const auto result = result_with(defect);
        CHECK(result["outcome"] == "failed");
        CHECK(result["commands"]["lost"] == 0);
        CHECK(result["guest"]["after"]["iops"] > 0);
    }
}

TEST_CASE("a log of user data without triggers, or whose head stands, is lost", "[rfc]") {
    const auto right = result_with(Id::Count);
    CHECK(right["cdq"]["tail_events"] > 5);
    CHECK(right["cdq"]["lost"] == 0);
    const auto unarmed = result_with(Id::RfcNeverArmed);
    CHECK(unarmed["cdq"]["tail_events"] == 0);
    CHECK(unarmed["cdq"]["lost"] > 0);
    const auto stands = result_with(Id::RfcHeadNeverMoves);
    CHECK(stands["cdq"]["lost"] == 1);
}

}  // namespace lmsim::tests
