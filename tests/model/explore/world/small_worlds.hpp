#pragma once

#include <string>
#include <type_traits>
#include <vector>

#include "model/check/invariant.hpp"
#include "model/explore/search/search.hpp"
#include "tests/catch.hpp"

// What the tests of the worlds of one mechanism share; `factory(config, rules)` makes one.
namespace lmsim::explore {

template <class Config>
using WorldFactory = SystemFactory (*)(const Config&, const spec::Rules&);

/// "INV-LOG-01", "deadlock", "partial", or "" if nothing falls.
inline std::string verdict(const SystemFactory& make, SearchReport& report) {
    SearchOptions options;
    options.jobs = 2;
    report = search(make, options);
    if (report.violations.empty()) {
        return report.complete() ? "" : "partial";
    }
    const Violation& violation = report.violations.front();
    return violation.kind == Violation::Kind::Invariant ? std::string(violation.invariant->id)
                                                        : "deadlock";
}

/// A model without violations and how large it is.
template <class Config>
struct Counted {
    Config config;
    std::uint64_t states;
    std::uint64_t transitions;
    std::uint64_t depth;
};

template <class Config>
void check_counts(WorldFactory<Config> factory,
                  const std::vector<Counted<std::common_type_t<Config>>>& list) {
    for (const Counted<Config>& each : list) {
        CAPTURE(&each - list.data());
        SearchReport report;
        CHECK(verdict(factory(each.config, {}), report) == "");
        CHECK(report.states == each.states);
        CHECK(report.transitions == each.transitions);
        CHECK(report.depth == each.depth);
    }
}

/// A rule that is off, and what falls in this model then.
template <class Config>
struct Planted {
    spec::Id off;
    Config config;
    const char* falls;
};

template <class Config>
void check_planted(WorldFactory<Config> factory,
                   const std::vector<Planted<std::common_type_t<Config>>>& list) {
    for (const Planted<Config>& each : list) {
        spec::Rules rules;
        rules.set_on(each.off, false);
        SearchReport report;
        CAPTURE(spec::index(each.off));
        CHECK(verdict(factory(each.config, rules), report) == each.falls);
    }
}

/// Without this rule this invariant falls, when the VM runs on the destination; on the way there
/// each step says what happens.
inline void check_steps(const SystemFactory& make, const std::string& falls) {
    SearchReport report;
    REQUIRE(verdict(make, report) == falls);
    const auto world = make();
    std::vector<std::uint8_t> state(world->state_bytes());
    world->initial(state.data());
    std::string last;
    const check::Invariant* broken = nullptr;
    for (const Action action : report.violations.front().steps) {
        CHECK(broken == nullptr);
        last = world->describe(state.data(), action);
        const Arrow arrow = world->arrow(state.data(), action);
        CHECK(last.size() >= arrow.text.size() + 3);
        CHECK(last.substr(last.size() - arrow.text.size()) == arrow.text);
        CHECK_FALSE(arrow.from.empty());
        CHECK(arrow.from != arrow.to);
        broken = world->apply(state.data(), action).broken;
    }
    CHECK(last == "VMM: all is copied, the VM runs on the destination");
    REQUIRE(broken != nullptr);
    CHECK(broken->id == falls);
}

}  // namespace lmsim::explore
