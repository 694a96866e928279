#include "sim/metrics/vms_section.hpp"

#include "sim/metrics/report.hpp"
#include "tests/catch.hpp"

using namespace lmsim::sim::metrics;
using lmsim::sim::Outcome;
using lmsim::sim::Ps;

namespace {
constexpr Ps ms = 1'000'000'000;

Result two_vms() {
    Result result;
    result.downtime.total = 30 * ms;
    result.vmm.downtime_limit = 300 * ms;
    VmsResult& vms = result.vms.emplace();
    vms.at_once = 1;
    vms.completed = 1;
    vms.total = 2000 * ms;
    vms.mean_downtime = 25 * ms;
    vms.worst_downtime = 30 * ms;
    vms.worst = 1;
    MovedVm first;
    first.start = 0;
    first.total = 900 * ms;
    first.downtime = 20 * ms;
    first.bytes = 1 << 30;
    MovedVm second;
    second.number = 1;
    second.outcome = Outcome::Cancelled;
    vms.each = {first, second};
    LastVf& last = vms.last.emplace();
    last.device = 3;
    last.ready = 890 * ms;
    last.waits.link = 7 * ms;
    return result;
}

}  // namespace

TEST_CASE("the table of several VMs has a line for each, and what the last VF waited for") {
    const std::string table = result_table(two_vms());
    CHECK_THAT(
        table,
        Catch::Contains("VM 1 (of 0 to 1, the longest) stood still for 30.0 ms (within the limit"));
    CHECK_THAT(table, Catch::Contains("VMs: 1 of 2 moved in 2.00 s, one after the other; downtime "
                                      "25.0 ms on average, 30.0 ms at most"));
    CHECK_THAT(table, Catch::Contains("0  completed    0 s  900 ms   20.0 ms  1.00 GiB"));
    CHECK_THAT(table, Catch::Contains("1  cancelled      -"));
    CHECK_THAT(table, Catch::Contains("The last VF: 3 of VM 0, after 890 ms"));
    CHECK_THAT(table, Catch::Contains("link, its whole VM"));
}

TEST_CASE("of one VM there is no such table") { CHECK(vms_sections(Result{}).empty()); }

TEST_CASE("result.json has several VMs only where there are") {
    CHECK(result_json(two_vms()).find("\"vms\"") != std::string::npos);
    CHECK(result_json(Result{}).find("\"vms\"") == std::string::npos);
}
