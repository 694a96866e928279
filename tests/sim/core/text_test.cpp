#include "sim/core/text.hpp"

#include "tests/catch.hpp"

using lmsim::sim::shell_word;

TEST_CASE("a word for a shell stands in quotes where it needs them", "[text]") {
    CHECK(shell_word("channel.bandwidth=10Gbit/s,25Gbit/s") ==
          "channel.bandwidth=10Gbit/s,25Gbit/s");
    CHECK(shell_word("").compare("''") == 0);
    CHECK(shell_word("two words") == "'two words'");
    CHECK(shell_word("it's") == "'it'\\''s'");
    CHECK(shell_word("$(reboot)") == "'$(reboot)'");
    CHECK(shell_word("~") == "'~'");
}
