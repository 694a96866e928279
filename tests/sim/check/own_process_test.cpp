#include "sim/check/own_process.hpp"

#include <cstdlib>

#include "model/assert.hpp"
#include "tests/catch.hpp"

namespace lmsim::sim {

TEST_CASE("work in a process of its own returns what it found", "[check]") {
    const std::string long_text(200'000, 'x');
    const OwnProcess process = in_own_process([&] { return long_text; });
    CHECK(process.ended);
    CHECK(process.returned == long_text);
    CHECK(process.said.empty());
}

TEST_CASE("work that breaks ends alone, and says which promise it was", "[check]") {
    const OwnProcess promise = in_own_process([] {
        LMSIM_ASSERT(std::string("one") == "another");
        return std::string();
    });
    CHECK(!promise.ended);
    CHECK(promise.said.find("\"one\") == \"another\" does not hold") != std::string::npos);
    const OwnProcess gone = in_own_process([]() -> std::string { std::_Exit(7); });
    CHECK(!gone.ended);
    CHECK(gone.returned.empty());
}

}  // namespace lmsim::sim
