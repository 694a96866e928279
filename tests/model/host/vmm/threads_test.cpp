#include <algorithm>

#include "tests/model/host/vmm/toy.hpp"

using namespace lmsim;
using namespace lmsim::host::vmm;
using namespace lmsim::host::vmm::test;

// Device state over multifd: a thread for each device on either side.

namespace {

Toy threaded(std::uint16_t devices, std::uint8_t features = vfio::all_mig_flags) {
    Toy toy = world(devices, features);
    toy.config.multifd = true;
    toy.config.device_multifd = true;
    return toy;
}

int count(const Toy& toy, Call call, bool of_source) {
    int sum = 0;
    for (const Seen& one : toy.calls) {
        sum += one.call == call && one.source == of_source ? 1 : 0;
    }
    return sum;
}

int last(const Toy& toy, Call call, bool of_source) {
    int found = -1;
    for (std::size_t i = 0; i < toy.calls.size(); ++i) {
        if (toy.calls[i].call == call && toy.calls[i].source == of_source) {
            found = static_cast<int>(i);
        }
    }
    return found;
}

/// The VM runs on one side, which has its devices.
void check_one_side(Toy& toy) {
    CHECK(toy.source.control.flow.finished);
    const bool here = toy.vcpus_run();
    CHECK(here != toy.destination_runs());
    for (int i = 0; i < toy.config.devices; ++i) {
        CHECK((here ? toy.src[i] : toy.dst[i]).state == MigState::RUNNING);
    }
    CHECK((toy.outcome() == Outcome::Completed) == !here);
}

}  // namespace

TEST_CASE("threads carry what is saved in the blackout, and nothing else", "[vmm][multifd]") {
    for (const bool first : {false, true}) {
        Toy toy = threaded(3);
        toy.threads_first = first;
        toy.run();
        REQUIRE(toy.outcome() == Outcome::Completed);
        check_one_side(toy);
        CHECK(count(toy, Call::StartThread, true) == 3);
        CHECK(count(toy, Call::StartThread, false) == 3);
        // 3 MiB in three packets each, and as many bytes again as a device has a number, and one
        // with its configuration space.
        CHECK(count(toy, Call::QueueDevicePacket, true) == 4 + 5 + 5);
        for (int i = 0; i < 3; ++i) {
            CHECK(toy.dst[i].written >= toy.src[i].stop_copy);  // and what pre-copy had sent
        }
        CHECK(toy.first(Call::StartThread) > toy.first_set(MigState::PRE_COPY_P2P, true));
    }
}

TEST_CASE("the rest is saved when all is queued, and the VM starts when all is loaded",
          "[vmm][multifd]") {
    for (const bool first : {false, true}) {
        Toy toy = threaded(2);
        toy.threads_first = first;
        toy.run();
        REQUIRE(toy.outcome() == Outcome::Completed);
        CHECK(last(toy, Call::QueueDevicePacket, true) < toy.first(Call::SaveNonIterable));
        const int loaded = last(toy, Call::LoadNonIterable, false);
        CHECK(last(toy, Call::WriteDeviceBlock, false) < loaded);
        CHECK(loaded < toy.first_set(MigState::RUNNING_P2P, false));
        // Each device's configuration space by its thread, the rest by the main one.
        CHECK(count(toy, Call::LoadNonIterable, false) == 3);
    }
}

TEST_CASE("a device in pre-copy is in STOP_COPY already; another is set by its thread",
          "[vmm][multifd]") {
    Toy precopy = threaded(1);
    precopy.run();
    CHECK(precopy.sets(true) == "0>PRE_COPY 0>PRE_COPY_P2P 0>STOP_COPY 0>STOP");
    CHECK(precopy.first_set(MigState::STOP_COPY, true) < precopy.first(Call::StartThread));
    Toy plain = threaded(1, vfio::STOP_COPY_FLAG | vfio::P2P_FLAG);
    plain.run();
    CHECK(plain.sets(true) == "0>RUNNING_P2P 0>STOP 0>STOP_COPY 0>STOP");
    CHECK(plain.first_set(MigState::STOP_COPY, true) > plain.first(Call::StartThread));
}

TEST_CASE("the queue is one thread's at a time", "[vmm][multifd]") {
    // The toy asserts that a thread has one call; here that there is one in the queue.
    Toy toy = threaded(4);
    toy.threads_first = true;
    toy.run();
    REQUIRE(toy.outcome() == Outcome::Completed);
    std::vector<int> packets(4);
    for (const Seen& one : toy.calls) {
        if (one.call == Call::QueueDevicePacket) {
            CHECK(one.token2 == static_cast<std::uint64_t>(packets[one.device]++));
        }
    }
    const int most = *std::max_element(packets.begin(), packets.end());
    CHECK(*std::min_element(packets.begin(), packets.end()) >= most - 1);
}

TEST_CASE("a device without state has its configuration space as packet 0", "[vmm][multifd]") {
    Toy toy = threaded(1, vfio::STOP_COPY_FLAG | vfio::P2P_FLAG);
    const Toy fresh = toy;
    toy.run();
    Toy empty = fresh;
    empty.src[0].stop_copy = 1;  // 0 fails set-up
    empty.run();
    CHECK(count(empty, Call::QueueDevicePacket, true) == 2);
    CHECK(empty.outcome() == Outcome::Completed);
}

TEST_CASE("more bytes than the cap that wait fail the load; 10.0 has none", "[vmm][multifd]") {
    Toy toy = threaded(1, vfio::STOP_COPY_FLAG | vfio::P2P_FLAG);
    toy.src[0].stop_copy = std::uint64_t{101} << 20;
    toy.threads_first = false;
    toy.config.avail_switchover_bandwidth = std::uint64_t{1} << 40;
    Toy capped = toy;
    toy.run();
    CHECK(toy.outcome() == Outcome::Completed);
    capped.config.queue_cap = (std::uint64_t{1} << 20) - 1;
    capped.run();
    CHECK(capped.outcome() == Outcome::Failed);
    check_one_side(capped);
}

TEST_CASE("on Arm the configuration space waits for the main thread", "[vmm][multifd]") {
    const auto early = [](bool late) {
        Toy toy = threaded(1);
        toy.threads_first = true;
        toy.config.config_late = late;
        toy.run();
        REQUIRE(toy.outcome() == Outcome::Completed);
        return toy.first(Call::LoadNonIterable, false, 0) < toy.first(Call::SaveNonIterable);
    };
    CHECK(early(false));
    CHECK_FALSE(early(true));
}

TEST_CASE("a failure at any call, threads' too: the VM runs on one side", "[vmm][multifd]") {
    for (const std::uint8_t features :
         {std::uint8_t{vfio::all_mig_flags}, std::uint8_t{vfio::STOP_COPY_FLAG | vfio::P2P_FLAG}}) {
        for (const bool first : {false, true}) {
            Toy fresh = threaded(2, features);
            fresh.threads_first = first;
            Toy good = fresh;
            good.run();
            REQUIRE(good.outcome() == Outcome::Completed);
            const int started = good.first(Call::ResumeVcpus, false);
            for (int i = 0; i < started; ++i) {
                Toy toy = fresh;
                toy.fail_call = i;
                toy.run();
                INFO("call " << i << " " << to_string(good.calls[i].call) << " device "
                             << good.calls[i].device << (good.calls[i].source ? " src" : " dst"));
                check_one_side(toy);
            }
        }
    }
}

TEST_CASE("the first error of threads is told once", "[vmm][multifd]") {
    Toy good = threaded(2);
    good.run();
    Toy toy = threaded(2);
    toy.fail_call = good.first(Call::QueueDevicePacket);
    toy.fail_times = 2;
    toy.run();
    CHECK(toy.outcome() == Outcome::Failed);
    int told = 0;
    for (const Figure& one : toy.figures) {
        told += one.source && one.what == Report::FirstError ? 1 : 0;
    }
    CHECK(told == 1);
    check_one_side(toy);
}
