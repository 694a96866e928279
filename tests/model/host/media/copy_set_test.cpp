#include "model/host/media/copy_set.hpp"

#include "tests/catch.hpp"

using namespace lmsim::host::media;

TEST_CASE("granules of a round are taken in their order, once, in pieces that lie together",
          "[media]") {
    CopySet set(1000);
    set.want(10, 5);
    set.want(100, 50);
    CHECK(set.left() == 55);
    const Piece first = set.take(64);
    CHECK(first.first == 10);
    CHECK(first.count == 5);
    const Piece second = set.take(32);
    CHECK(second.first == 100);
    CHECK(second.count == 32);
    CHECK(set.take(1000).count == 18);
    CHECK(set.take(1000).count == 0);
    CHECK(set.left() == 0);
}

TEST_CASE("what changes before it is taken needs no second copy, what changes after it does",
          "[media]") {
    CopySet set(100);
    set.want(0, 100);
    CHECK(set.take(50).count == 50);
    CHECK(set.note(40, 20));        // 40 to 49 are on their way, 50 to 59 are read later
    CHECK_FALSE(set.note(45, 1));   // known already
    CHECK_FALSE(set.note(60, 40));  // not taken yet
    CHECK(set.changed() == 10);
    CHECK(set.take(100).count == 50);
    set.next_round();
    CHECK(set.left() == 10);
    CHECK(set.changed() == 0);
    CHECK(set.take(100).first == 40);
}

TEST_CASE("a change beyond the namespace's last granule is cut off", "[media]") {
    CopySet set(10);
    CHECK(set.note(8, 100));
    CHECK(set.changed() == 2);
}

TEST_CASE("a copy is good enough at the limit, and not one picosecond beyond it", "[media]") {
    Limits limits;
    limits.start_ram_ps = 2'000'000'000'000;
    limits.last_round_ps = 1'000'000'000'000;
    limits.max_time_ps = 100'000'000'000'000;
    limits.max_rounds = 3;
    RoundEnd end;
    end.bytes_per_s = 1000;
    end.rounds = 1;
    end.left_bytes = 1000;
    CHECK(next_step(end, limits) == Next::Ready);
    end.left_bytes = 1001;
    CHECK(next_step(end, limits) == Next::Round);
    CHECK(ram_may_begin(end, limits));
    end.left_bytes = 2001;
    CHECK_FALSE(ram_may_begin(end, limits));
    end.rounds = 3;
    CHECK(next_step(end, limits) == Next::GiveUp);
    end.rounds = 2;
    end.elapsed_ps = limits.max_time_ps;
    CHECK(next_step(end, limits) == Next::GiveUp);
    end.elapsed_ps -= 1;
    CHECK(next_step(end, limits) == Next::Round);
}

TEST_CASE("a gap in the log means everything again, and a guest that stands still ends it",
          "[media]") {
    Limits limits;
    limits.max_time_ps = 1000;
    limits.max_rounds = 3;
    RoundEnd end;
    end.lost = true;
    CHECK(next_step(end, limits) == Next::Whole);
    CHECK_FALSE(ram_may_begin(end, limits));
    end.rounds = 3;
    CHECK(next_step(end, limits) == Next::GiveUp);
    end.stopped = true;
    CHECK(next_step(end, limits) == Next::Whole);
    end.lost = false;
    end.left_bytes = 1;
    CHECK(next_step(end, limits) == Next::Round);
    end.left_bytes = 0;
    CHECK(next_step(end, limits) == Next::Done);
}

TEST_CASE("without a rate nothing is known of the time, but that nothing takes none", "[media]") {
    CHECK(copy_time_ps(0, 0) == 0);
    CHECK(copy_time_ps(1, 0) == INT64_MAX);
    CHECK(copy_time_ps(1'000'000'000, 1'000'000'000) == 1'000'000'000'000);
    CHECK(copy_time_ps(UINT64_MAX, 1) == INT64_MAX);
}
