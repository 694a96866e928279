#include <cmath>

#include "tests/catch.hpp"
#include "tests/sim/run/run_child.hpp"

namespace lmsim::tests {

namespace {

using nlohmann::json;

// Each write goes to a page that was not written since the last look, at a constant rate; what is
// left at the switchover is next to nothing.
constexpr const char* geometric = R"(
[run]
warm_up = "10ms"
cool_down = "1ms"
[vm]
ram = "3GiB"
ram_used = "3GiB"
[vm.dirty]
pattern = "sequential"
working_set = "2900MiB"
hot = "0B"
[vmm]
downtime_limit = "1ms"
bitmap_sync = "0s"
page_cost = "0s"
[hosts.both.device]
vfs = 1
queue_pairs = 1
[channel]
bandwidth = "8Gbit/s"
rtt = "1us"
)";

constexpr double page = 4096;
constexpr double wire_page = 4096 + 8;

}  // namespace

// Round i sends V rho^i, where rho is the rate of dirtying over that of the channel: all of it is
// V (1 - rho^n) / (1 - rho).
TEST_CASE("pre-copy at a constant rate of dirtying is a geometric series", "[rows-off]") {
    const double pages_per_s = 8e9 / 8 / wire_page;
    const double first = 3.0 * 1024 * 256;
    for (const double rho : {0.2, 0.5, 0.8}) {
        INFO("rho " << rho);
        Run run;
        run.scenario = geometric;
        const auto rate = static_cast<std::uint64_t>(rho * pages_per_s);
        run.options = {"vm.dirty.rate=" + std::to_string(rate) + "/s"};
        const json result = run_in_child(run).result;
        REQUIRE(result["outcome"] == "completed");
        const json& each = result["precopy"]["each"];
        const double rounds = result["precopy"]["rounds"];
        REQUIRE(rounds >= 4);
        // Until less than the limit is left: 1 ms at the rate of the channel.
        const double left = pages_per_s / 1000;
        const double count = std::ceil(std::log(left / first) / std::log(rho));
        const double sum = first * (1 - std::pow(rho, count + 1)) / (1 - rho);
        CHECK(result["bytes"]["ram"].get<double>() / page == Approx(sum).epsilon(0.01));
        const double time = sum / pages_per_s * 1e12;
        const double before =
            result["total_time_ps"].get<double>() - result["downtime"]["total_ps"].get<double>();
        CHECK(before == Approx(time).epsilon(0.01));
        for (std::size_t i = 0; i < 4 && i < each.size(); ++i) {
            INFO("round " << i);
            CHECK(each[i]["dirty_bytes"].get<double>() / page ==
                  Approx(first * std::pow(rho, static_cast<double>(i))).epsilon(0.01));
        }
    }
}

}  // namespace lmsim::tests
