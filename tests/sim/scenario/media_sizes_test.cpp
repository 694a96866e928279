#include "tests/catch.hpp"
#include "tests/sim/scenario/errors.hpp"

using namespace lmsim::sim;

TEST_CASE("times by size are those of channels", "[scenario][devices]") {
    const std::string size =
        "[[hosts.both.device.media.size]]\nbytes = \"4KiB\"\n"
        "read = { p50 = \"10us\" }\n";
    CHECK(errors_of(size).empty());
    CHECK_THAT(errors_of("[hosts.both.device]\nmedia.dies = 4\n" + size),
               Catch::Contains("device.media.size[0].bytes: dies read and write stripe by stripe; "
                               "expected dies = 0, or no size"));
}

TEST_CASE("sizes rise", "[scenario][devices]") {
    const std::string size = "[[hosts.both.device.media.size]]\nbytes = ";
    CHECK(errors_of(size + "\"4KiB\"\n" + size + "\"8KiB\"\n").empty());
    CHECK_THAT(errors_of(size + "\"4KiB\"\n" + size + "\"4KiB\"\n"),
               Catch::Contains("device.media.size[1].bytes: 4KiB is not more than the 4KiB before "
                               "it; expected sizes in rising order"));
}

TEST_CASE("a command's own distribution is one, or none", "[scenario][devices]") {
    const std::string admin = "[hosts.both.device.admin]\n";
    CHECK(errors_of(admin + "set_features = \"none\"\n").empty());
    CHECK(errors_of(admin + "set_features = { p50 = \"10us\" }\n").empty());
    CHECK_THAT(errors_of(admin + "set_features = { p50 = \"2000s\" }\n"),
               Catch::Contains("expected at most 1000s"));
    CHECK(errors_of("[hosts.both.device]\ndisable = \"none\"\n").empty());
}
