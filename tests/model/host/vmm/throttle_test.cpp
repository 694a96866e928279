#include "model/host/vmm/throttle.hpp"

#include "tests/model/host/vmm/toy.hpp"

using namespace lmsim;
using namespace lmsim::host::vmm;
using namespace lmsim::host::vmm::test;

namespace {

/// A guest that dirties 1.2 times what the link moves.
Toy too_fast() {
    Toy toy = world(0);
    toy.ram_dirty = 500000;
    toy.bytes_per_ms = 100 * 4096;
    toy.dirty_per_ms = 120;
    toy.config.max_bandwidth = 0;
    toy.limit = 400000;
    return toy;
}

std::vector<std::uint64_t> throttles(const Toy& toy) {
    std::vector<std::uint64_t> list;
    for (const Figure& one : toy.figures) {
        if (one.what == Report::CpuThrottle) {
            list.push_back(one.value);
        }
    }
    return list;
}

}  // namespace

TEST_CASE("a period is bad above the trigger, not at it", "[vmm][throttle]") {
    CHECK_FALSE(dirties_too_much(50, 100, 50));
    CHECK(dirties_too_much(51, 100, 50));
    CHECK_FALSE(dirties_too_much(0, 0, 50));
    CHECK(dirties_too_much(1, 1, 50));  // half a byte, truncated
}

TEST_CASE("steps of the throttle: 20, then by 10, at most 99", "[vmm][throttle]") {
    const Throttle how;
    CHECK(throttle_step(0, 1, 0, how) == 20);
    CHECK(throttle_step(20, 1, 0, how) == 30);
    CHECK(throttle_step(90, 1, 0, how) == 99);
    CHECK(throttle_step(99, 1, 0, how) == 99);
}

TEST_CASE("tail-slow takes what would suffice if that is less", "[vmm][throttle]") {
    Throttle how;
    how.tail_slow = true;
    // 80 % of the CPU left, 100 bytes dirtied, 95 allowed: 76 % would do, 4 more than now.
    CHECK(throttle_step(20, 100, 190, how) == 24);
    CHECK(throttle_step(20, 100, 20, how) == 30);  // far away: the whole step
    CHECK(throttle_step(20, 0, 0, how) == 30);
}

TEST_CASE("a guest that dirties faster than the link ends only with auto-converge",
          "[vmm][throttle]") {
    Toy without = too_fast();
    without.run();
    CHECK(without.outcome() == Outcome::None);
    CHECK(throttles(without).empty());

    Toy with = too_fast();
    with.config.throttle.on = true;
    with.run();
    CHECK(with.outcome() == Outcome::Completed);
    const std::vector<std::uint64_t> list = throttles(with);
    REQUIRE(list.size() >= 3);
    CHECK(list[0] == 20);
    CHECK(list[1] == 30);
    CHECK(list.back() == 0);
    CHECK(with.throttle == 0);
}

TEST_CASE("two bad periods make a step, with a good one between them, too", "[vmm][throttle]") {
    Toy toy = too_fast();
    toy.config.throttle.on = true;
    toy.run();
    // Each period that was judged bad is one half of a step.
    std::size_t steps = 0;
    for (const std::uint64_t percent : throttles(toy)) {
        steps += percent != 0 ? 1 : 0;
    }
    CHECK(steps >= 2);
    CHECK(toy.source.control.bad_periods < throttle_periods);
}

TEST_CASE("a pass that lasts is interrupted every 5 s, after the first", "[vmm][throttle]") {
    const auto syncs_of_the_second_pass = [](bool interrupts) {
        Toy toy = too_fast();
        toy.ram_dirty = 1000000;  // 10 s for the first pass, longer for the second
        toy.config.throttle.on = true;
        if (!interrupts) {
            toy.rules.set_on(spec::Id::VmmThrottleSync, false);
        }
        toy.limit = 20000;  // the second pass ends later
        toy.run();
        std::uint64_t syncs = 0;
        for (const Figure& one : toy.figures) {
            syncs = one.what == Report::DirtySync ? one.value : syncs;
        }
        return syncs;
    };
    CHECK(syncs_of_the_second_pass(false) == 2);  // set-up and the end of the first
    CHECK(syncs_of_the_second_pass(true) > 2);
}

TEST_CASE("a migration that fails lets the vCPUs run freely again", "[vmm][throttle]") {
    Toy toy = too_fast();
    toy.config.throttle.on = true;
    toy.run();
    Toy fails = too_fast();
    fails.config.throttle.on = true;
    fails.fail_call = toy.first(Call::BlockFlush);
    fails.run();
    CHECK(fails.outcome() == Outcome::Failed);
    CHECK(throttles(fails).back() == 0);
    CHECK(fails.vcpus_run());
}
