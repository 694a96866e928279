#include <algorithm>
#include <cerrno>

#include "tests/catch.hpp"
#include "tests/sim/bridge/vfio_user/migration_rig.hpp"

using namespace lmsim;
using namespace lmsim::sim;
using namespace lmsim::sim::vfio_user;
using vfio::Feature;
using vfio::MigState;

namespace {

constexpr std::uint64_t vm_pages = 64;

/// Two servers' devices, and the VM that moves from one to the other.
struct TwoServers {
    Kernel kernel{"kernel"};
    FreePace pace{kernel};
    Memory vm{vm_pages};
    ServedDevice a{"a", kernel, pace, vm, two_vfs()};
    ServedDevice b{"b", kernel, pace, vm, two_vfs()};
    VmDriver driver{pace, a.device.port(1)};
    FeatureClient of_a{a.vf()};
    FeatureClient of_b{b.vf()};

    TwoServers() {
        REQUIRE(a.error.empty());
        REQUIRE(b.error.empty());
        REQUIRE(driver.start());
        REQUIRE(driver.reads());
    }
    /// As an endpoint does it when its client asks.
    void reset(ServedDevice& served) {
        bool done = false;
        served.device.port(1).reset([&done] { done = true; });
        REQUIRE(pace.wait([&done] { return done; }));
        served.vf().was_reset();
    }
};

std::uint32_t number(MigState state) { return static_cast<std::uint32_t>(state); }

}  // namespace

TEST_CASE("a VF says what it supports", "[serve]") {
    TwoServers servers;
    FeatureClient& client = servers.of_a;
    const Data flags = client.feature(Feature::MIGRATION, vfio::feature_get);
    REQUIRE(client.error() == 0);
    REQUIRE(flags.size() == 8);
    CHECK(wire::load_le<std::uint64_t>(flags.data()) == vfio::STOP_COPY_FLAG);
    CHECK(client.state() == number(MigState::RUNNING));

    client.feature(Feature::MIGRATION, vfio::feature_probe | vfio::feature_get);
    CHECK(client.error() == 0);
    client.feature(Feature::MIGRATION, vfio::feature_set);
    CHECK(client.error() == EINVAL);
    client.feature(Feature::MIG_PRECOPY_INFOv2, vfio::feature_set);
    CHECK(client.error() == EINVAL);  // without PRE_COPY
    client.feature(static_cast<Feature>(77), vfio::feature_get);
    CHECK(client.error() == ENOTTY);
}

TEST_CASE("a feature whose structure is not whole", "[serve]") {
    TwoServers servers;
    FeatureClient& client = servers.of_a;
    client.feature(Feature::MIG_DEVICE_STATE, vfio::feature_get, {}, 15);
    CHECK(client.error() == EINVAL);
    client.feature(Feature::MIG_DEVICE_STATE, vfio::feature_get, {}, 0);
    CHECK(client.error() == EINVAL);
    client.feature(Feature::MIG_DEVICE_STATE, vfio::feature_set, Data(7), 16);
    CHECK(client.error() == EFAULT);  // the message holds less than it says
    CHECK(client.state() == number(MigState::RUNNING));
    Data reply;
    CHECK(servers.a.vf().feature(Data(7), reply) == EFAULT);
    CHECK(reply.empty());
}

TEST_CASE("a VF is stopped, its state is read, and it goes on", "[serve]") {
    TwoServers servers;
    FeatureClient& client = servers.of_a;
    REQUIRE(client.set(MigState::STOP_COPY) == 0);
    CHECK(client.state() == number(MigState::STOP_COPY));
    const Data size = client.feature(Feature::MIG_DATA_SIZE, vfio::feature_get);
    const Data stream = client.read_all(4096);
    CHECK(client.error() == 0);
    CHECK(stream == servers.a.snapshot());
    REQUIRE(size.size() == 8);
    CHECK(wire::load_le<std::uint64_t>(size.data()) >= stream.size());

    servers.driver.submit_read();
    CHECK(servers.driver.reap() == 0);  // suspended
    CHECK(client.set(MigState::STOP) == 0);
    CHECK(client.set(MigState::RUNNING) == 0);
    CHECK(servers.driver.reap() == 1);
    CHECK(servers.driver.reads());
}

TEST_CASE("the state of one device's VF runs on another's", "[serve]") {
    TwoServers servers;
    REQUIRE(servers.of_a.set(MigState::STOP) == 0);
    servers.driver.submit_read();
    REQUIRE(servers.of_a.set(MigState::STOP_COPY) == 0);
    const Data stream = servers.of_a.read_all(1U << 20);
    REQUIRE(stream == servers.a.snapshot());

    REQUIRE(servers.of_b.set(MigState::RESUMING) == 0);
    REQUIRE(servers.of_b.write_all(stream) == 0);
    REQUIRE(servers.of_b.set(MigState::STOP) == 0);
    CHECK(servers.b.snapshot() == stream);

    servers.driver.move(servers.b.device.port(1));
    CHECK(servers.driver.reap() == 0);
    REQUIRE(servers.of_b.set(MigState::RUNNING) == 0);
    CHECK(servers.driver.csts() == 1);
    CHECK(servers.driver.reap() == 1);  // what was submitted while it was stopped
    CHECK(servers.driver.reads());
    CHECK(servers.of_a.state() == number(MigState::STOP_COPY));
}

TEST_CASE("a stream comes and goes in pieces of any size", "[serve]") {
    TwoServers servers;
    for (const std::uint32_t piece : {1U, 7U, 4095U}) {
        REQUIRE(servers.of_a.set(MigState::STOP_COPY) == 0);
        const Data expected = servers.a.snapshot();
        CHECK(servers.of_a.read_all(piece) == expected);
        CHECK(servers.of_a.read_all(piece).empty());  // its end is for good

        REQUIRE(servers.of_b.set(MigState::RESUMING) == 0);
        for (std::size_t at = 0; at < expected.size(); at += piece) {
            const std::size_t end = std::min<std::size_t>(at + piece, expected.size());
            REQUIRE(servers.of_b.write(expected, at, end) == 0);
        }
        REQUIRE(servers.of_b.set(MigState::STOP) == 0);
        CHECK(servers.b.snapshot() == expected);
        REQUIRE(servers.of_a.set(MigState::RUNNING) == 0);
        CHECK(servers.of_b.set(MigState::RESUMING) == 0);
        CHECK(servers.of_b.write_all(expected) == 0);
        CHECK(servers.of_b.set(MigState::STOP) == EIO);  // it has queues already: LM-SET-48
        servers.reset(servers.b);
    }
}

TEST_CASE("half a stream does not become a state", "[serve]") {
    TwoServers servers;
    REQUIRE(servers.of_a.set(MigState::STOP_COPY) == 0);
    const Data stream = servers.of_a.read_all(4096);
    REQUIRE(servers.of_b.set(MigState::RESUMING) == 0);
    const Data before = servers.b.snapshot();
    CHECK(servers.of_b.set(MigState::STOP) == EINVAL);  // of nothing
    REQUIRE(servers.of_b.write(stream, 0, stream.size() / 2) == 0);
    CHECK(servers.of_b.set(MigState::STOP) == EINVAL);
    CHECK(servers.of_b.set(MigState::RUNNING) == EINVAL);
    CHECK(servers.of_b.state() == number(MigState::RESUMING));
    CHECK(servers.b.snapshot() == before);

    // The other half makes it whole.
    REQUIRE(servers.of_b.write(stream, stream.size() / 2, stream.size()) == 0);
    CHECK(servers.of_b.set(MigState::STOP) == 0);
    CHECK(servers.b.snapshot() == stream);
}

TEST_CASE("more than a stream does not become a state", "[serve]") {
    TwoServers servers;
    REQUIRE(servers.of_a.set(MigState::STOP_COPY) == 0);
    const Data stream = servers.of_a.read_all(4096);
    REQUIRE(servers.of_b.set(MigState::RESUMING) == 0);
    CHECK(servers.of_b.write_all(Data(1U << 20)) == ENOMEM);  // no state is as large
    REQUIRE(servers.of_b.write_all(stream) == 0);
    REQUIRE(servers.of_b.write(stream, 0, 1) == 0);
    CHECK(servers.of_b.set(MigState::STOP) == EINVAL);
}

TEST_CASE("states that cannot be asked for", "[serve]") {
    TwoServers servers;
    for (const MigState state :
         {MigState::ERROR, MigState::RUNNING_P2P, MigState::PRE_COPY, MigState::PRE_COPY_P2P}) {
        CHECK(servers.of_a.set(state) == EINVAL);
    }
    // As wide as the message has them: none is taken for another.
    for (const std::uint32_t state : {8U, 257U, 0x10001U, ~0U}) {
        CHECK(servers.of_a.set(state) == EINVAL);
    }
    CHECK(servers.of_a.state() == number(MigState::RUNNING));
    CHECK(servers.driver.reads());
}

TEST_CASE("data where there is no session", "[serve]") {
    TwoServers servers;
    Migration& vf = servers.a.vf();
    Data to;
    const std::uint8_t byte = 0;
    CHECK(vf.read(16, to) == EBADF);
    CHECK(vf.write(&byte, 1) == EBADF);

    REQUIRE(servers.of_a.set(MigState::STOP_COPY) == 0);
    CHECK(vf.write(&byte, 1) == EBADF);  // the wrong direction
    REQUIRE(servers.of_a.set(MigState::STOP) == 0);
    CHECK(vf.read(16, to) == ENODEV);  // it has ended

    REQUIRE(servers.of_a.set(MigState::RESUMING) == 0);
    CHECK(vf.read(16, to) == EBADF);
    CHECK(to.empty());
}

TEST_CASE("a reset brings a VF back from everywhere", "[serve]") {
    TwoServers servers;
    for (const MigState state : {MigState::STOP, MigState::STOP_COPY, MigState::RESUMING}) {
        REQUIRE(servers.of_a.set(state) == 0);
        if (state == MigState::RESUMING) {
            REQUIRE(servers.of_a.write_all(Data(100)) == 0);
        }
        servers.reset(servers.a);
        CHECK(servers.of_a.state() == number(MigState::RUNNING));
        Data to;
        CHECK(servers.a.vf().read(16, to) == (state == MigState::STOP ? EBADF : ENODEV));
        CHECK(servers.driver.start());
        CHECK(servers.driver.reads());
    }
    REQUIRE(servers.of_a.set(MigState::STOP_COPY) == 0);
    CHECK(servers.of_a.read_all(4096) == servers.a.snapshot());
}

TEST_CASE("a VM that takes no completions keeps its VF from being stopped, and no other",
          "[serve]") {
    Kernel kernel{"kernel"};
    FreePace pace{kernel};
    Memory vm{vm_pages};
    ServedDevice served{"a", kernel, pace, vm, two_vfs()};
    VmDriver driver(pace, served.device.port(1), 2);
    FeatureClient client(served.vf());
    FeatureClient neighbour(served.service.vf(1));
    REQUIRE(driver.start());
    driver.submit_read();
    driver.submit_read();  // for whose completion there is no room
    CHECK(client.set(MigState::STOP) == ETIMEDOUT);
    client.state();
    CHECK(client.error() == EBUSY);
    CHECK(client.set(MigState::RUNNING) == EBUSY);
    Data to;
    CHECK(served.vf().read(1, to) == EBUSY);
    CHECK(neighbour.set(MigState::STOP_COPY) == 0);

    // It takes them after all.
    CHECK(driver.reap() == 1);
    CHECK(client.state() == number(MigState::STOP));
    CHECK(driver.reap() == 1);
    CHECK(client.set(MigState::RUNNING) == 0);
    CHECK(driver.reads());

    driver.submit_read();
    driver.submit_read();
    CHECK(client.set(MigState::STOP) == ETIMEDOUT);
    bool done = false;
    served.device.port(1).reset([&done] { done = true; });
    REQUIRE(pace.wait([&done] { return done; }));
    served.vf().was_reset();
    CHECK(client.state() == number(MigState::RUNNING));
}
