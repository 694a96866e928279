#include "sim/hw/generate.hpp"

#include "sim/conform/needs.hpp"
#include "tests/catch.hpp"

using namespace lmsim;
using namespace lmsim::sim;
using conform::Case;
using conform::Step;
using conform::StepKind;

namespace {

hw::Offers all() {
    hw::Offers offers;
    offers.vf = offers.migration = offers.cdqs = offers.tracking = offers.log_offsets = true;
    offers.pairs = 2;
    offers.aers = 3;
    return offers;
}

std::size_t commands(const Case& test) {
    std::size_t count = 0;
    for (const Step& step : test.steps) {
        count += step.kind == StepKind::Command ? 1 : 0;
    }
    return count;
}

}  // namespace

TEST_CASE("the same seed makes the same random commands", "[hw]") {
    hw::Generator first(5, all());
    hw::Generator second(5, all());
    hw::Generator other(6, all());
    bool differs = false;
    for (int i = 0; i < 10; ++i) {
        const Case a = first.next(40);
        const Case b = second.next(40);
        const Case c = other.next(40);
        REQUIRE(a.steps.size() == b.steps.size());
        for (std::size_t at = 0; at < a.steps.size(); ++at) {
            CHECK(a.steps[at].fields.size() == b.steps[at].fields.size());
        }
        CHECK(commands(a) >= 40);
        differs = differs || a.steps.size() != c.steps.size();
    }
    CHECK(differs);
}

TEST_CASE("random commands destroy nothing unless they may", "[hw]") {
    hw::Generator generator(1, all());
    for (int i = 0; i < 50; ++i) {
        Case test = generator.next(40);
        conform::add_needs(test);
        for (const conform::Need& need : test.needs) {
            CHECK(need.symbol != "destructive");
        }
    }
}

TEST_CASE("random commands are those that a device offers", "[hw]") {
    hw::Offers little;  // and a PF alone
    hw::Generator generator(1, little);
    for (int i = 0; i < 50; ++i) {
        Case test = generator.next(40);
        conform::add_needs(test);
        CHECK(test.needs.empty());
    }
}
