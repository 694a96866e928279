#include "viz/diagram/profile.hpp"

#include "model/vfio/uapi.hpp"
#include "tests/catch.hpp"

using namespace lmsim;
using namespace lmsim::viz;

namespace {

std::string error_of(const std::string& text) {
    return load_profile_text(text, "p.toml").error_text();
}

}  // namespace

TEST_CASE("a profile is a difference by requirement id", "[diagram]") {
    const LoadedProfile profile = load_profile_text(
        "name = \"draft\"\nfeatures = [\"P2P\"]\noff = [\"LM-MC-04\", \"LM-SUSP-13\"]\n"
        "on = [\"CdqHeadMayReachTail\"]\n[value]\nSecondaryMaxEntries = 7\n",
        "p.toml");
    INFO(profile.error_text());
    REQUIRE(profile.ok());
    const spec::Rules& rules = profile.dialect.rules;
    CHECK(profile.dialect.name == "draft");
    CHECK(profile.dialect.features == std::uint8_t{vfio::STOP_COPY_FLAG | vfio::P2P_FLAG});
    CHECK_FALSE(rules.on(spec::Id::MigrationResume));
    CHECK_FALSE(rules.on(spec::Id::McResetEndsSuspension));
    CHECK(rules.on(spec::Id::MigrationSuspend));
    CHECK(rules.on(spec::Id::CdqHeadMayReachTail));
    CHECK(rules.value(spec::Id::SecondaryMaxEntries) == 7);
    const LoadedProfile empty = load_profile_text("", "a/p.toml");
    CHECK(empty.dialect.rules == spec::Rules::ratified());
    CHECK(empty.dialect.name == "p.toml");
    CHECK_FALSE(empty.dialect.features.has_value());
}

TEST_CASE("what is wrong with a profile is said with its place", "[diagram]") {
    CHECK(error_of("of = []\n") == "p.toml:1:1: unknown key \"of\"; did you mean off?\n");
    CHECK(error_of("off = [\"LM-MC-4\"]\n").find("p.toml:1:8: no row \"LM-MC-4\"; did you mean ") ==
          0);
    CHECK(error_of("off = \"LM-MC-04\"\n") ==
          "p.toml:1:7: off: expected an array, found a string\n");
    CHECK(error_of("off = [3]\n") == "p.toml:1:8: off: expected a string, found a whole number\n");
    CHECK(error_of("features = [\"p3p\"]\n") ==
          "p.toml:1:12: features: no feature \"p3p\"; did you mean p2p?; there are stop_copy, p2p, "
          "pre_copy\n");
    CHECK(error_of("[value]\n\"LM-MC-04\" = 1\n") ==
          "p.toml:2:1: value: LM-MC-04 is an arc, which has no number\n");
    CHECK(error_of("off = [").find("p.toml:1:") == 0);
    CHECK(error_of("name = \"\\u001b\"\nof\x1b = 1").find('\x1b') == std::string::npos);
}

TEST_CASE("numbers of a profile fit their row", "[diagram]") {
    CHECK(error_of("[value]\nID-SEC-03 = -1\n") ==
          "p.toml:2:13: value: -1 is out of range; expected 0 to 4294967295\n");
    CHECK(
        error_of("[value]\nID-SEC-03 = 1.5\n") ==
        "p.toml:2:13: value.ID-SEC-03: expected a whole number, found a number with a fraction\n");
    CHECK(error_of("[value]\nID-SEC-03 = 4294967295\n").empty());
    CHECK(error_of("off = [\"ID-SEC-03\"]\n") ==
          "p.toml:1:8: off: ID-SEC-03 is a limit, which is neither on nor off\n");
    CHECK(error_of("value = 3\n") == "p.toml:1:9: value: expected a table, found a whole number\n");
}

TEST_CASE("a profile that cannot be read is refused, the standard needs no file", "[diagram]") {
    CHECK(load_profile("/nowhere/p.toml").error_text() ==
          "/nowhere/p.toml: cannot be read: No such file or directory\n");
    CHECK_FALSE(load_profile("/").ok());
    CHECK(load_profile("ratified").dialect.rules == spec::Rules::ratified());
    CHECK(load_profile("ratified").dialect.name.empty());
}
