#include "sim/scenario/namespaces.hpp"
#include "tests/catch.hpp"
#include "tests/sim/scenario/errors.hpp"

using namespace lmsim::sim;

namespace {

constexpr const char* two = "[[namespace]]\nshared = true\n[[namespace]]\nsize = \"1GiB\"\n";
constexpr const char* copies =
    "[media_copy]\nmode = \"copy\"\n[hosts.dst.device]\nnamespace_set = 2\n[hosts.src.driver]\n"
    "log_user_data = true\n";

}  // namespace

TEST_CASE("namespaces of a VF are those that the scenario lists, or one", "[media]") {
    Scenario scenario;
    scenario.media_copy.used = 25_percent;
    scenario.hosts.src.device.capacity = 1_GiB;
    const std::vector<VfNamespace> one = vf_namespaces(scenario);
    REQUIRE(one.size() == 1);
    CHECK(one[0].size == 1_GiB);
    CHECK(one[0].used_bytes == (1 << 28));
    CHECK_FALSE(one[0].shared);
    scenario.namespaces.resize(2);
    scenario.namespaces[0].shared = true;
    scenario.namespaces[1].size = 4_MiB;
    scenario.namespaces[1].used = 33_percent;
    const std::vector<VfNamespace> all = vf_namespaces(scenario);
    REQUIRE(all.size() == 2);
    CHECK(all[0].size == 1_GiB);
    CHECK(all[0].used_bytes == (1 << 30));
    CHECK(all[0].shared);
    CHECK(all[1].size == 4_MiB);
    CHECK(all[1].used_bytes == (std::uint64_t{4} << 20) * 33 / 100 / 512 * 512);
}

TEST_CASE("namespaces that do not fit the device are refused", "[media]") {
    CHECK(errors_of(two).empty());
    CHECK(says(two, {"hosts.both.device.private_namespaces=false"},
               "all VFs share one namespace; expected private_namespaces = true, or no "
               "[[namespace]]"));
    CHECK(says(two, {"hosts.both.device.vfs=129", "hosts.both.device.max_vfs=256"},
               "2 namespaces of each of 129 VFs; expected at most 256 in all"));
    CHECK(says(two, {"namespace[1].size=513B"}, "513B is not a whole number of blocks of 512B"));
    CHECK(says(two, {"media_copy.used=50%"},
               "each [[namespace]] says itself how much of it is used; expected 100%"));
}

TEST_CASE("a workload works with a namespace that there is", "[media]") {
    const std::string job = "[[workload]]\nfio = \"q.fio\"\nnamespace = 2\n";
    CHECK(errors_of(two + job).empty());
    CHECK(says(job, {}, "a VF has no namespace 2; expected 0 to 1, or more [[namespace]] tables"));
}

TEST_CASE("a copy needs a namespace that is local, and room for all of them", "[media]") {
    const std::string copied = std::string(two) + copies;
    CHECK(errors_of(copied).empty());
    CHECK(says(copied, {"namespace[1].shared=true"},
               "both hosts reach all namespaces: there is nothing to copy"));
    CHECK(says(copied, {"media_copy.destination_capacity=128GiB", "hosts.both.device.vfs=2"},
               "128GiB is less than the 130GiB that the namespaces of 2 VFs take"));
}
