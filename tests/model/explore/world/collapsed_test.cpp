#include "model/explore/world/collapsed.hpp"

#include <algorithm>
#include <vector>

#include "model/explore/search/search.hpp"
#include "model/explore/world/config.hpp"
#include "model/explore/world/memo.hpp"
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

TEST_CASE("a step that is remembered leads to the fingerprint of its state",
          "[explore][rows-off]") {
    const WorldConfig config =
        migration(2, fault_bit(Fault::AdminTimeout) | fault_bit(Fault::VfReset));
    const auto parts = world_factory(config, spec::Rules{})();
    const auto whole = make_world(config, spec::Rules{});
    std::vector<std::uint64_t> part_words(parts->state_bytes() / 8 + 1);
    std::vector<std::uint64_t> whole_words(whole->state_bytes() / 8 + 1);
    auto* const part = reinterpret_cast<std::uint8_t*>(part_words.data());
    auto* const all = reinterpret_cast<std::uint8_t*>(whole_words.data());
    std::uint32_t random = 1;
    std::size_t wrong = 0;
    for (int walk = 0; walk < 400; ++walk) {
        parts->initial(part);
        whole->initial(all);
        for (int step = 0; step < 120; ++step) {
            Action actions[256];
            const std::size_t count = parts->actions(part, actions, 256);
            if (count == 0) {
                break;
            }
            random = random * 1'664'525 + 1'013'904'223;
            const Action action = actions[(random >> 8) % count];
            std::uint64_t fingerprint = 0;
            const Outcome outcome = parts->follow(part, action, fingerprint);
            if (whole->apply(all, action).broken != nullptr || outcome.broken != nullptr) {
                break;
            }
            wrong += fingerprint != whole->fingerprint(all) ? 1 : 0;
        }
    }
    CHECK(wrong == 0);
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

TEST_CASE("what is remembered is found again by the units that were looked at", "[explore]") {
    world::Memo memo;
    const std::uint32_t state[4] = {1, 2, 3, 4};
    const std::uint32_t words[2] = {70, 71};
    CHECK(memo.find(5, state) == nullptr);
    memo.put(5, 0b0101, state, words, 2);
    const std::uint32_t other[4] = {1, 9, 3, 9};
    REQUIRE(memo.find(5, other) != nullptr);
    CHECK(memo.find(5, other)[1] == 71);
    CHECK(memo.find(6, other) == nullptr);
    const std::uint32_t seen[4] = {1, 2, 4, 4};
    CHECK(memo.find(5, seen) == nullptr);
    memo.put(5, 0b0111, seen, words, 1);
    REQUIRE(memo.find(5, seen) != nullptr);
}

TEST_CASE("a memory that is full forgets, and is never wrong", "[explore]") {
    world::Memo memo;
    const auto words_of = [](std::uint32_t i, std::uint32_t* words) {
        for (std::uint32_t k = 0; k < 12; ++k) words[k] = i * 31 + k;
    };
    unsigned wrong = 0;
    unsigned known = 0;
    for (std::uint32_t i = 1; i <= 600'000; ++i) {
        std::uint32_t words[12];
        const std::uint32_t state[2] = {i, i / 2};
        words_of(i, words);
        memo.put(i % 3, 0b11, state, words, 12);
        const std::uint32_t before = i - i / 7;
        const std::uint32_t earlier[2] = {before, before / 2};
        if (const std::uint32_t* found = memo.find(before % 3, earlier)) {
            words_of(before, words);
            wrong += std::equal(words, words + 12, found) ? 0 : 1;
            ++known;
        }
    }
    CHECK(wrong == 0);
    CHECK(known > 100'000);
    CHECK(known < 600'000);
}
