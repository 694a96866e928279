#include <initializer_list>

#include "model/explore/search/search.hpp"
#include "tests/catch.hpp"
#include "tests/model/explore/world/reference.hpp"

namespace lmsim::explore::world {
namespace {

SearchReport searched(const WorldConfig& config) {
    return search([config] { return make_world(config, spec::Rules{}); }, SearchOptions{});
}

WorldConfig alone(std::uint8_t commands) {
    WorldConfig config;
    config.hosts = 1;
    config.commands = commands;
    config.resuming = false;
    return config;
}

WorldConfig moved(std::uint8_t features, std::uint8_t commands) {
    WorldConfig config;
    config.features = features;
    config.commands = commands;
    return config;
}

template <class W>
void same_as_reference(const WorldConfig& config) {
    const SearchReport found = searched(config);
    REQUIRE(found.complete());
    CHECK(found.violations.empty());
    const reference::Counts plain = reference::count<W>(config, spec::Rules{}, reference::all);
    CHECK_FALSE(plain.broken);
    CHECK(found.states == plain.states);
    CHECK(found.states == plain.classes);
    CHECK(found.transitions == plain.transitions);
    CHECK(plain.alike);
}

TEST_CASE("worlds: one host has as many states as a plain search finds", "[explore]") {
    same_as_reference<World<1, 1>>(alone(0));
    same_as_reference<World<1, 1>>(alone(2));
    WorldConfig config = alone(1);
    config.features = 7;
    config.resuming = true;
    same_as_reference<World<1, 1>>(config);
    config = alone(1);
    config.faults =
        fault_bit(Fault::PfReset) | fault_bit(Fault::AdminTimeout) | fault_bit(Fault::Refusal);
    same_as_reference<World<1, 1>>(config);
}

TEST_CASE("worlds: a full completion queue that a suspension finds", "[explore]") {
    WorldConfig config = alone(3);
    config.queue_entries = 1;
    same_as_reference<World<1, 1>>(config);
}

TEST_CASE("worlds: a migration has as many states as a plain search finds", "[explore]") {
    same_as_reference<World<1, 2>>(moved(1, 0));
    same_as_reference<World<1, 2>>(moved(3, 2));
    WorldConfig config = moved(1, 1);
    config.state_pieces = 3;
    same_as_reference<World<1, 2>>(config);
}

TEST_CASE("worlds: two VFs that move have as many states as a plain search finds", "[explore]") {
    WorldConfig config = moved(1, 0);
    config.vfs = 2;
    same_as_reference<World<2, 2>>(config);
}

/// Two VFs that change places are one state; their order does not matter to anything else.
TEST_CASE("worlds: two VFs of a free search change places", "[explore]") {
    WorldConfig config = alone(0);
    config.vfs = 2;
    const SearchReport found = searched(config);
    const auto plain = reference::count<World<2, 1>>(config, spec::Rules{}, reference::all);
    CHECK(found.violations.empty());
    CHECK_FALSE(plain.broken);
    CHECK(found.states == plain.classes);
    CHECK(found.states < plain.states);
    CHECK(found.states * 2 >= plain.states);
}

/// Searched with less brought to one form, and reduced afterwards: the same classes.
template <class W>
void loses_nothing(const WorldConfig& config, std::initializer_list<unsigned> less) {
    spec::Rules rules;
    rules.set_on(spec::Id::VmmStartErrorIgnored, false);
    const std::size_t least = reference::count<W>(config, rules, reference::all).classes;
    std::size_t before = least;
    for (const unsigned parts : less) {
        const reference::Counts counts = reference::count<W>(config, rules, parts);
        CHECK(counts.states >= before);
        CHECK(counts.classes == least);
        CHECK(counts.alike);
        before = counts.states;
    }
    CHECK(before >= least);
}

TEST_CASE("worlds: the canonical form loses nothing", "[explore][rows-off]") {
    using namespace reference;
    loses_nothing<World<1, 1>>(alone(1),
                               {counters | stale | slots, counters | stale, unsigned{counters}});
    WorldConfig config = alone(0);
    config.resuming = true;
    config.faults = fault_bit(Fault::VfReset) | fault_bit(Fault::Refusal);
    loses_nothing<World<1, 1>>(config, {counters | stale});
    config = moved(1, 1);
    config.faults = fault_bit(Fault::AdminTimeout) | fault_bit(Fault::StateDamaged);
    loses_nothing<World<1, 2>>(config, {counters | stale});
}

}  // namespace
}  // namespace lmsim::explore::world
