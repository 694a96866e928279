#include "sim/run/expectation.hpp"

#include "tests/catch.hpp"

using namespace lmsim::sim;

TEST_CASE("logs that were expected to be complete have entries and no gap") {
    ExpectParams expect;
    expect.log_complete = true;
    metrics::Result result;
    const metrics::Expectation none = judge(expect, result);
    CHECK_FALSE(none.met);
    CHECK(none.text == "outcome completed, all user data changes logged; nothing was logged");
    result.cdq.entries = 7;
    const metrics::Expectation met = judge(expect, result);
    CHECK(met.met);
    CHECK(met.text == "outcome completed, all user data changes logged");
    result.cdq.lost = 2;
    const metrics::Expectation lost = judge(expect, result);
    CHECK_FALSE(lost.met);
    CHECK(lost.text == "outcome completed, all user data changes logged; logs were lost 2 times");
    expect.log_complete = false;
    CHECK(judge(expect, result).met);
}
