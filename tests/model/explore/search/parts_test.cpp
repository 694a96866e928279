#include <set>

#include "model/explore/search/delta.hpp"
#include "model/explore/search/full_set.hpp"
#include "model/explore/search/trail.hpp"
#include "model/explore/search/visited.hpp"
#include "model/pack.hpp"
#include "tests/catch.hpp"
#include "tests/property.hpp"

namespace lmsim::tests {

TEST_CASE("a set of fingerprints holds what was inserted") {
    explore::VisitedSet set;
    std::set<std::uint64_t> reference;
    std::uint64_t value = 1;
    int wrong = 0;
    for (int i = 0; i < 200'000; ++i) {
        value = explore::VisitedSet::mix(value + static_cast<std::uint64_t>(i % 3));
        const bool known = set.contains(value);
        const bool fresh = set.insert(value);
        wrong += known == fresh || set.insert(value) || fresh != reference.insert(value).second;
    }
    CHECK(wrong == 0);
    CHECK(set.size() == reference.size());
    for (const std::uint64_t known : reference) {
        wrong += set.contains(known) ? 0 : 1;
    }
    CHECK(wrong == 0);
    CHECK(set.bytes() < 200'000 * 12 + explore::VisitedSet::shards * 2048);
}

TEST_CASE("fingerprints side by side, at the ends and many at one place") {
    explore::FingerprintShard shard;
    std::set<std::uint64_t> reference;
    const auto insert = [&](std::uint64_t value) {
        CHECK(shard.insert(value) == reference.insert(value).second);
    };
    constexpr std::uint64_t last = (std::uint64_t{1} << 58) - 1;  // of the first shard
    for (std::uint64_t i = 0; i < 100; ++i) {
        insert(last - i);
        insert(1 + i);
        insert(last / 2 + i * 7);
    }
    for (const std::uint64_t known : reference) {
        CHECK(shard.contains(known));
        CHECK(shard.contains(known + 1) == (reference.count(known + 1) != 0));
    }
    CHECK(shard.size() == reference.size());
}

TEST_CASE("different fingerprints stay different when mixed") {
    CHECK(explore::VisitedSet::mix(0) != 0);
    std::set<std::uint64_t> mixed;
    for (std::uint64_t i = 1; i <= 10'000; ++i) {
        mixed.insert(explore::VisitedSet::mix(i));
        mixed.insert(explore::VisitedSet::mix(i << 50));
    }
    CHECK(mixed.size() == 20'000);
}

TEST_CASE("a set of whole states compares all bytes") {
    explore::FullSet set;
    std::set<std::vector<std::uint8_t>> reference;
    CHECK(failure_of(
              [&](const std::vector<std::uint8_t>& bytes) {
                  const std::uint64_t value =
                      explore::FullSet::value_of(bytes.data(), bytes.size());
                  RC_ASSERT(set.insert(value, bytes.data(), bytes.size()) ==
                            reference.insert(bytes).second);
                  RC_ASSERT(!set.insert(value, bytes.data(), bytes.size()));
              },
              2000) == "");
    // The same hash of different bytes: both are kept.
    const std::uint8_t one[] = {1, 2};
    const std::uint8_t two[] = {1, 3};
    CHECK(set.insert(99, one, 2));
    CHECK(set.insert(99, two, 2));
    CHECK_FALSE(set.insert(99, one, 2));
}

TEST_CASE("a state is what its difference to the initial one makes of it") {
    CHECK(failure_of([] {
              const auto size = *rc::gen::inRange<std::size_t>(1, 3000);
              const auto initial = *rc::gen::container<std::vector<std::uint8_t>>(
                  size, rc::gen::arbitrary<std::uint8_t>());
              const explore::Delta delta(initial);
              std::vector<std::uint8_t> state = initial;
              const auto changes = *rc::gen::inRange(0, 40);
              for (int i = 0; i < changes; ++i) {
                  state[*rc::gen::inRange<std::size_t>(0, size)] =
                      *rc::gen::arbitrary<std::uint8_t>();
              }
              state.resize(delta.padded_bytes());
              std::vector<std::uint8_t> encoded(delta.most_encoded());
              const std::size_t length = delta.encode(state.data(), encoded.data());
              RC_ASSERT(length <= static_cast<std::size_t>(changes) * 3 + size / 2040);
              std::vector<std::uint8_t> decoded(delta.padded_bytes(), 0xee);
              delta.decode(encoded.data(), length, decoded.data());
              RC_ASSERT(decoded == state);
          }) == "");
}

TEST_CASE("a state in which everything differs fits as well") {
    const explore::Delta delta(std::vector<std::uint8_t>(4000, 0));
    std::vector<std::uint8_t> state(delta.padded_bytes(), 0);
    std::fill(state.begin(), state.begin() + 4000, std::uint8_t{7});
    std::vector<std::uint8_t> encoded(delta.most_encoded());
    const std::size_t length = delta.encode(state.data(), encoded.data());
    CHECK(length == 5000);
    std::vector<std::uint8_t> decoded(delta.padded_bytes());
    delta.decode(encoded.data(), length, decoded.data());
    CHECK(decoded == state);
}

TEST_CASE("how a state of numbers is kept depends on which differ alone") {
    std::vector<std::uint8_t> initial(18 * 4);
    for (std::size_t i = 0; i < initial.size(); ++i) {
        initial[i] = static_cast<std::uint8_t>(i);
    }
    const explore::Delta delta(initial, true);
    for (const std::uint8_t value : {std::uint8_t{1}, std::uint8_t{200}}) {
        std::vector<std::uint8_t> state = initial;
        state.resize(delta.padded_bytes());
        for (const std::size_t number : {0, 7, 17}) {
            std::fill_n(state.begin() + static_cast<std::ptrdiff_t>(4 * number), 4, value);
        }
        std::vector<std::uint8_t> encoded(delta.most_encoded());
        const std::size_t length = delta.encode(state.data(), encoded.data());
        CHECK(length == 3 + 3 * 4);
        std::vector<std::uint8_t> decoded(delta.padded_bytes(), 0xee);
        delta.decode(encoded.data(), length, decoded.data());
        CHECK(decoded == state);
    }
}

TEST_CASE("the trail leads back to the initial state") {
    explore::Trail trail;
    trail.extend(200'000);
    trail.set(0, 0, {});
    for (explore::StateId state = 1; state < trail.size(); ++state) {
        trail.set(state, state / 2, {1, static_cast<std::uint8_t>(state), 255});
    }
    const std::vector<explore::Action> path = trail.path(150'001);
    REQUIRE(path.size() == 18);
    CHECK(path.front() == explore::Action{1, 1, 255});
    CHECK(path.back() == explore::Action{1, 150'001 % 256, 255});
    CHECK(trail.bytes() == 8 * 49 * 4096);
}

}  // namespace lmsim::tests
