#include "tests/catch.hpp"
#include "tests/sim/run/run_child.hpp"
#include "tests/sim/run/small_vm.hpp"

namespace lmsim::tests {

TEST_CASE("memory that never arrived whole breaks no invariant if nobody begins with it", "[run]") {
    Run run;
    run.scenario = std::string(small_vm) + R"(
[channel]
bandwidth = "1Gbit/s"
[expect]
outcome = "cancelled"
downtime_max = "none"
[[pin]]
effect = "source.vmm Cancel"
after = "run Begins"
delay = "150ms"
)";
    const nlohmann::json result = run_in_child(run).result;
    CHECK(result["outcome"] == "cancelled");
    CHECK(result["precopy"]["rounds"] == 1);
    CHECK(result["broken_invariants"].empty());
    CHECK(result["conservation"]["page_mismatch"] == 0);
    CHECK(result["expectation"]["met"] == true);
}

}  // namespace lmsim::tests
