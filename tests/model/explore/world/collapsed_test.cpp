#include "model/explore/world/collapsed.hpp"

#include <vector>

#include "model/explore/search/search.hpp"
#include "model/explore/world/config.hpp"
#include "tests/catch.hpp"

using namespace lmsim;
using namespace lmsim::explore;

namespace {

WorldConfig migration(std::uint8_t vfs, std::uint8_t faults) {
    WorldConfig config;
    config.vfs = vfs;
    config.commands = 1;
    config.exact_calls = false;
    config.faults = faults;
    return config;
}

SearchReport searched(const SystemFactory& make, unsigned jobs, bool exact) {
    SearchOptions options;
    options.jobs = jobs;
    options.exact = exact;
    options.all_violations = true;
    options.most_states = 150'000;
    return search(make, options);
}

/// Everything but bytes: states are kept in another form.
void check_same(const SearchReport& a, const SearchReport& b) {
    CHECK(a.states == b.states);
    CHECK(a.expanded == b.expanded);
    CHECK(a.transitions == b.transitions);
    CHECK(a.depth == b.depth);
    REQUIRE(a.violations.size() == b.violations.size());
    for (std::size_t i = 0; i < a.violations.size(); ++i) {
        CHECK(a.violations[i].invariant == b.violations[i].invariant);
        CHECK(a.violations[i].steps == b.violations[i].steps);
    }
}

}  // namespace

TEST_CASE("what is remembered of parts changes nothing", "[explore][rows-off]") {
    std::vector<WorldConfig> configs = {
        migration(1, fault_bit(Fault::VfReset)), migration(1, fault_bit(Fault::Cancel)),
        migration(1, fault_bit(Fault::StateDamaged) | fault_bit(Fault::ChannelCut)),
        migration(2, fault_bit(Fault::AdminTimeout) | fault_bit(Fault::PfReset))};
    configs.push_back(configs.back());
    configs.back().hosts = 1;
    configs.back().faults = fault_bit(Fault::Refusal) | fault_bit(Fault::PfReset);
    for (const WorldConfig& config : configs) {
        CAPTURE(&config - configs.data());
        const auto flat = [&] { return make_world(config, spec::Rules{}); };
        const SearchReport whole = searched(flat, 1, false);
        check_same(whole, searched(world_factory(config, spec::Rules{}), 1, false));
    }
}

TEST_CASE("numbers of parts that threads make together lead to one result", "[explore][rows-off]") {
    const WorldConfig config = migration(2, fault_bit(Fault::VfReset));
    for (const bool exact : {false, true}) {
        CAPTURE(exact);
        const SearchReport one = searched(world_factory(config, spec::Rules{}), 1, exact);
        const SearchReport two = searched(world_factory(config, spec::Rules{}), 2, exact);
        check_same(one, two);
        CHECK(one.known_bytes == two.known_bytes);
        CHECK(one.peak_bytes == two.peak_bytes);
    }
}
