#include "tests/model/host/vmm/toy.hpp"

using namespace lmsim;
using namespace lmsim::host::vmm;
using namespace lmsim::host::vmm::test;

TEST_CASE("a migration without devices completes", "[vmm]") {
    Toy toy = world(0);
    toy.run();
    CHECK(toy.outcome() == Outcome::Completed);
    CHECK(toy.source.control.flow.finished);
    CHECK(toy.destination.control.flow.finished);
    CHECK_FALSE(toy.vcpus_run());
    CHECK(toy.destination_runs());
    CHECK(toy.ram_dirty == 0);
    CHECK_FALSE(vm_runs(toy.source.control));
    CHECK(vm_runs(toy.destination.control));
}

TEST_CASE("two devices: P2P everywhere before any stop, in reverse order; forward on start",
          "[vmm]") {
    Toy toy = world(2);
    toy.run();
    REQUIRE(toy.outcome() == Outcome::Completed);
    CHECK(toy.sets(true) ==
          "0>PRE_COPY 1>PRE_COPY 1>PRE_COPY_P2P 0>PRE_COPY_P2P 1>STOP_COPY 0>STOP_COPY 0>STOP "
          "1>STOP");
    CHECK(toy.sets(false) ==
          "0>RESUMING 1>RESUMING 0>RUNNING_P2P 1>RUNNING_P2P 0>RUNNING 1>RUNNING");
    for (int i = 0; i < 2; ++i) {
        CHECK(toy.dst[i].written >= toy.src[i].stop_copy);
    }
}

TEST_CASE("without pre-copy a device stops first and saves after RAM", "[vmm]") {
    Toy toy = world(2, vfio::STOP_COPY_FLAG | vfio::P2P_FLAG);
    toy.run();
    REQUIRE(toy.outcome() == Outcome::Completed);
    CHECK(toy.sets(true) ==
          "1>RUNNING_P2P 0>RUNNING_P2P 1>STOP 0>STOP 0>STOP_COPY 1>STOP_COPY 0>STOP 1>STOP");
    CHECK(toy.dst[0].written == toy.src[0].stop_copy);
    CHECK(toy.dst[1].written == toy.src[1].stop_copy);
    CHECK(toy.first(Call::QueryPrecopyInfo) == -1);
}

TEST_CASE("a single device needs no P2P", "[vmm]") {
    Toy toy = world(1, vfio::STOP_COPY_FLAG);
    toy.run();
    REQUIRE(toy.outcome() == Outcome::Completed);
    CHECK(toy.sets(true) == "0>STOP 0>STOP_COPY 0>STOP");
    CHECK(toy.sets(false) == "0>RESUMING 0>RUNNING");
}

TEST_CASE("the blackout goes in QEMU's order", "[vmm]") {
    Toy toy = world(1);
    toy.run();
    REQUIRE(toy.outcome() == Outcome::Completed);
    const Call order[] = {Call::PauseVcpus, Call::BlockFlush, Call::SaveNonIterable};
    for (int i = 0; i < 2; ++i) {
        CHECK(toy.first(order[i]) < toy.first(order[i + 1]));
    }
    const Report stamps[] = {Report::SrcDowntimeStart, Report::SrcVmStopped,
                             Report::SrcIterableSaved, Report::SrcNonIterableSaved,
                             Report::SrcFlushed,       Report::DstLoadvmCompleted,
                             Report::DstBhEnter,       Report::DstBhAnnounced,
                             Report::DstBhVmStarted,   Report::SrcDowntimeEnd};
    std::int64_t before = 0;
    for (const Report stamp : stamps) {
        INFO(to_string(stamp));
        REQUIRE(toy.figure(stamp) != nullptr);
        CHECK(toy.figure(stamp)->at_ms >= before);
        before = toy.figure(stamp)->at_ms;
    }
}

TEST_CASE("the return path puts the destination's start into the downtime", "[vmm]") {
    Toy with = world(1);
    with.run();
    Toy without = world(1);
    without.config.return_path = false;
    without.run();
    REQUIRE(with.outcome() == Outcome::Completed);
    REQUIRE(without.outcome() == Outcome::Completed);
    const auto value = [](const Toy& toy, Report what) { return toy.figure(what)->value; };
    CHECK(value(without, Report::SrcDowntimeEnd) == value(without, Report::SrcFlushed));
    CHECK(value(with, Report::SrcFlushed) == value(without, Report::SrcFlushed));
    CHECK(value(with, Report::SrcDowntimeEnd) > value(with, Report::SrcFlushed));
}

TEST_CASE("a guest that dirties faster than the link never converges", "[vmm]") {
    Toy toy = world(1);
    toy.bytes_per_ms = 400000;
    toy.config.max_bandwidth = 0;
    toy.dirty_per_ms = 200;  // 800 kB/ms against 400
    toy.ram_dirty = 100000;
    toy.limit = 20000;
    toy.run();
    CHECK(toy.outcome() == Outcome::None);
    CHECK(toy.vcpus_run());
    CHECK(toy.source.control.syncs > 2);
    CHECK(toy.source.control.expected_downtime_ms > 300);
}

TEST_CASE("a state above the capped threshold never converges, and does when told the link",
          "[vmm]") {
    // 128 MiB/s and 300 ms allow 38.4 MiB (QEMU's defaults).
    Toy toy = world(1, vfio::STOP_COPY_FLAG);
    toy.src[0].stop_copy = std::uint64_t{60} << 20;
    toy.ram_dirty = 200000;
    toy.dirty_per_ms = 10;
    toy.limit = 30000;
    Toy told = toy;
    toy.run();
    CHECK(toy.outcome() == Outcome::None);
    told.config.avail_switchover_bandwidth = 1000000000;
    told.run();
    CHECK(told.outcome() == Outcome::Completed);
}

TEST_CASE("the expected downtime of 10.1 leaves out what devices still have to send", "[vmm]") {
    // RAM converges, the device's 200 MiB never fit.
    Toy toy = world(1, vfio::STOP_COPY_FLAG);
    toy.ram_dirty = 200000;
    toy.src[0].stop_copy = std::uint64_t{200} << 20;
    toy.config.max_bandwidth = 0;
    toy.config.downtime_limit_ms = 150;
    toy.dirty_per_ms = 10;
    toy.limit = 3000;
    toy.run();
    CHECK(toy.outcome() == Outcome::None);
    CHECK(toy.source.control.syncs > 2);
    bool pending = false;
    std::uint64_t device = 0;
    for (const Figure& one : toy.figures) {
        if (one.what == Report::PendingExact) {
            pending = one.value >= toy.src[0].stop_copy;
        }
        if (one.what == Report::ExpectedDowntime && pending) {
            ++device;
            CHECK(one.value < 150);
        }
    }
    CHECK(device > 2);  // windows that ended while it had bytes to send
}

TEST_CASE("the quota of a window is kept and slept out", "[vmm]") {
    Toy toy = world(0);
    toy.ram_dirty = 20000;  // 82 MB, 13.4 MB per window
    toy.run();
    REQUIRE(toy.outcome() == Outcome::Completed);
    int windows = 0;
    for (const Figure& one : toy.figures) {
        if (one.what == Report::Window) {
            ++windows;
            CHECK(one.value <= 13421772 + 4096 + 100);
        }
    }
    CHECK(windows >= 3);
}

TEST_CASE("exact count at, below and above the threshold", "[vmm]") {
    // One round at 1000 bytes per ms makes the threshold 300 * 1000 * 100 / elapsed; the sizes
    // decide.
    for (const int over : {-1, 0, 1}) {
        Toy toy = world(1, vfio::STOP_COPY_FLAG);
        toy.config.avail_switchover_bandwidth = 1000000;  // 1000 bytes/ms: 300000 bytes
        toy.ram_dirty = 50000;
        toy.src[0].stop_copy = static_cast<std::uint64_t>(300000 + over);
        toy.limit = 20000;
        toy.run();
        CHECK(toy.outcome() == (over <= 0 ? Outcome::Completed : Outcome::None));
    }
}

TEST_CASE("an estimate equal to the threshold completes without an exact count", "[vmm]") {
    // Nothing was measured yet: both are 0 on the first round.
    Toy toy = world(1, vfio::STOP_COPY_FLAG);
    toy.ram_dirty = 0;
    toy.src[0].stop_copy = std::uint64_t{1} << 40;
    toy.limit = 3000;
    toy.run();
    CHECK(toy.figure(Report::SrcDowntimeStart) != nullptr);
    CHECK(toy.figure(Report::PendingExact) == nullptr);
}

TEST_CASE("the switchover waits for the acknowledgement", "[vmm]") {
    Toy toy = world(2);
    toy.config.switchover_ack = true;
    toy.config.features[1] = vfio::STOP_COPY_FLAG | vfio::P2P_FLAG;
    SECTION("given when the one device in pre-copy has its initial data") {
        toy.run();
        CHECK(toy.outcome() == Outcome::Completed);
        CHECK(toy.source.control.acked);
    }
    SECTION("given at once when no device takes part") {
        toy.config.features[0] = toy.config.features[1];
        toy.run();
        CHECK(toy.outcome() == Outcome::Completed);
    }
    SECTION("never without its rule") {
        toy.rules.set_on(spec::Id::VmmAck, false);
        toy.limit = 20000;
        toy.run();
        CHECK(toy.outcome() == Outcome::None);
    }
}

TEST_CASE("a device that does not tell its size is too large until it does", "[vmm]") {
    Toy toy = world(1, vfio::STOP_COPY_FLAG);
    toy.run();
    const int exact = toy.first(Call::RamSendSlice);
    REQUIRE(exact > 0);
    Toy silent = world(1, vfio::STOP_COPY_FLAG);
    silent.ram_dirty = 20000;
    silent.fail_call = toy.first(Call::QueryStopCopySize);
    silent.run();  // set-up goes on with blocks of 1 MiB
    CHECK(silent.outcome() == Outcome::Completed);
    CHECK(silent.source.device[0].read_bytes == device_block_bytes);
}

TEST_CASE("a stop-copy size of 0 fails the set-up", "[vmm]") {
    Toy toy = world(1);
    toy.src[0].stop_copy = 0;
    toy.run();
    CHECK(toy.outcome() == Outcome::Failed);
    CHECK(toy.figure(Report::FirstError)->value == 12);
    CHECK(toy.vcpus_run());
}

TEST_CASE("what was dirtied up to the stop is found by a last sync, and sent", "[vmm]") {
    Toy toy = world(1);
    toy.dirty_per_ms = 1;
    toy.run();
    REQUIRE(toy.outcome() == Outcome::Completed);
    const auto flush = static_cast<std::size_t>(toy.first(Call::BlockFlush));
    CHECK(toy.calls[flush + 2].call == Call::RamSyncBitmap);
    CHECK(toy.calls[flush + 3].call == Call::RamSendSlice);
    CHECK(toy.ram_dirty == 0);
}

TEST_CASE("what a rule is worth", "[vmm]") {
    Toy toy = world(2);
    SECTION("without the last sync dirty pages stay behind") {
        toy.rules.set_on(spec::Id::VmmLastSync, false);
        toy.dirty_per_ms = 1;
        toy.run();
        CHECK(toy.outcome() == Outcome::Completed);
        CHECK(toy.calls[static_cast<std::size_t>(toy.first(Call::BlockFlush)) + 2].call ==
              Call::RamSendSlice);
    }
    SECTION("without P2P first the devices stop one by one") {
        toy.rules.set_on(spec::Id::VmmQuiesceFirst, false);
        toy.run();
        CHECK(toy.sets(true) == "0>PRE_COPY 1>PRE_COPY 1>STOP_COPY 0>STOP_COPY 0>STOP 1>STOP");
    }
    SECTION("without the window's quota the link is not capped") {
        toy.rules.set_on(spec::Id::VmmQuota, false);
        toy.ram_dirty = 20000;
        toy.run();
        CHECK(toy.outcome() == Outcome::Completed);
        CHECK(toy.figure(Report::TotalTime)->value < 400);
    }
}

TEST_CASE("the explorer's verdicts replace the computed ones", "[vmm]") {
    for (const Verdict ready : {Verdict::No, Verdict::Yes}) {
        Source<1> source;
        Config config;
        const spec::Rules rules;
        Event event = occurrence(EventKind::Start, 0);
        for (int i = 0; i < 12 && !is(source.control.precopy, Precopy::Switchover); ++i) {
            Effects effects;
            step(source, event, config, rules, effects);
            REQUIRE(source.control.flow.ticket != 0);
            event = answer(source.control.flow.ticket, 0);
            event.exact = Verdict::Yes;
            event.ready = ready;
        }
        CHECK(is(source.control.precopy, Precopy::Switchover) == (ready == Verdict::Yes));
    }
}

TEST_CASE("what QEMU refuses to start", "[vmm]") {
    CHECK(blocker(world(2).config).empty());
    CHECK(blocker(world(1, vfio::STOP_COPY_FLAG).config).empty());
    CHECK_FALSE(blocker(world(2, vfio::STOP_COPY_FLAG).config).empty());
    CHECK_FALSE(blocker(world(1, vfio::P2P_FLAG).config).empty());
    Config config;
    config.switchover_ack = true;
    CHECK_FALSE(blocker(config).empty());
}
