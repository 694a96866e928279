#include "tests/catch.hpp"
#include "tests/sim/scenario/errors.hpp"

using namespace lmsim::sim;

namespace {

/// A scenario in which local namespaces may be copied, and more.
std::string copies(const std::string& more) {
    return "[media_copy]\nmode = \"copy\"\n" + more +
           "[hosts.dst.device]\nnamespace_set = 2\n[hosts.src.driver]\nlog_user_data = true\n";
}

}  // namespace

TEST_CASE("local namespaces can be copied if they are local and changes are known", "[media]") {
    CHECK(errors_of(copies("")).empty());
    CHECK(says(copies(""), {"hosts.both.device.private_namespaces=false"},
               "all VFs share one namespace; expected private_namespaces = true"));
    CHECK(says(copies(""), {"hosts.dst.device.namespace_set=1"},
               "both hosts reach the same namespaces: there is nothing to copy"));
    CHECK(says(copies(""), {"hosts.src.driver.log_user_data=false"},
               "expected log_user_data = true, or mode = \"mirror\""));
    CHECK(errors_of(copies(""), {"hosts.src.driver.log_user_data=false", "media_copy.mode=mirror"})
              .empty());
}

TEST_CASE("a destination that is too small, or other blocks, are refused", "[media]") {
    CHECK(says(copies("destination_capacity = \"100GiB\"\n"), {},
               "100GiB is less than the 256GiB that the namespaces of 4 VFs take"));
    CHECK(errors_of(copies("destination_capacity = \"256GiB\"\n")).empty());
    CHECK(says(copies(""), {"hosts.dst.device.block=4KiB"}, "hosts.dst.device.block"));
    CHECK(says(copies(""), {"hosts.dst.device.capacity=1GiB"}, "hosts.dst.device.capacity"));
}

TEST_CASE("chunks are of whole granules, and granules of whole blocks", "[media]") {
    CHECK(says(copies("granule = \"512B\"\n"), {"hosts.both.device.block=4KiB"},
               "512B is not a whole number of blocks of 4KiB"));
    CHECK(says(copies("chunk = \"4KiB\"\ngranule = \"8KiB\"\n"), {},
               "8KiB is more than media_copy.chunk = 4KiB"));
    CHECK(says(copies("chunk = \"12KiB\"\ngranule = \"8KiB\"\n"), {},
               "12KiB is not a whole number of granules of 8KiB"));
}
