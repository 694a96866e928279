#include <cerrno>
#include <random>

#include "tests/catch.hpp"
#include "tests/sim/bridge/vfio_user/migration_rig.hpp"

// A client that says anything to the migration of its VF, in any order.

using namespace lmsim;
using namespace lmsim::sim;
using namespace lmsim::sim::vfio_user;
using vfio::Feature;
using vfio::MigState;

namespace {

constexpr std::uint64_t vm_pages = 64;

struct Hostile {
    Kernel kernel{"kernel"};
    FreePace pace{kernel};
    Memory vm{vm_pages};
    ServedDevice served{"a", kernel, pace, vm, two_vfs()};
    VmDriver driver{pace, served.device.port(1)};
    FeatureClient client{served.vf()};
    std::mt19937 random{1};
    Data good;  // a stream of this device

    Hostile() {
        REQUIRE(served.error.empty());
        REQUIRE(driver.start());
        REQUIRE(client.set(MigState::STOP_COPY) == 0);
        good = client.read_all(4096);
        reset();
    }
    std::uint32_t below(std::uint32_t limit) { return random() % limit; }
    /// Small numbers, powers of two and their neighbours, and anything.
    std::uint64_t number() {
        const std::uint64_t power = std::uint64_t{1} << below(64);
        const std::uint64_t numbers[] = {below(9), power, power - 1, power + 1, ~power, random()};
        return numbers[below(6)];
    }
    void reset() {
        bool done = false;
        served.device.port(1).reset([&done] { done = true; });
        REQUIRE(pace.wait([&done] { return done; }));
        served.vf().was_reset();
    }
    void say_anything() {
        Data request(below(2) == 0 ? 8 + 8 * below(8) : below(60));
        for (std::size_t at = 0; at + 8 <= request.size(); at += 8) {
            wire::store_le<std::uint64_t>(request.data() + at, number());
        }
        if (request.size() >= 8 && below(8) != 0) {
            wire::store_le<std::uint32_t>(request.data(), below(4096));
            wire::store_le<std::uint32_t>(request.data() + 4, below(14) | (1U << (16 + below(3))));
        }
        Data reply;
        const int error = served.vf().feature(request, reply);
        CHECK((error == 0 ? reply.size() >= 8 : reply.empty()));
    }
    void start_log() {
        Data data(32);
        wire::store_le<std::uint64_t>(data.data(), page_size);
        wire::store_le<std::uint32_t>(data.data() + 8, 1);
        wire::store_le<std::uint64_t>(data.data() + 24, vm_pages * page_size);
        client.feature(Feature::DMA_LOGGING_START, vfio::feature_set, data);
    }
    /// A stream with some bytes changed, or a piece of it.
    void write() {
        Data bytes = good;
        for (std::uint32_t left = below(4); left != 0; --left) {
            bytes[below(static_cast<std::uint32_t>(bytes.size()))] =
                static_cast<std::uint8_t>(number());
        }
        const std::uint32_t most = static_cast<std::uint32_t>(bytes.size());
        bytes.resize(below(4) != 0 ? most : below(most));
        client.write_all(bytes);
    }
    void act() {
        switch (below(10)) {
            case 0:
            case 1: return say_anything();
            case 2:
            case 3:
            case 4: client.set(below(9)); return;
            case 5:
            case 6: return write();
            case 7: {
                Data to;
                served.vf().read(below(3) == 0 ? ~0U : below(100), to);
                return;
            }
            case 8: return start_log();
            default: return below(4) == 0 ? reset() : driver.submit_nothing();
        }
    }
};

}  // namespace

TEST_CASE("a client that says anything to migration", "[serve]") {
    Hostile hostile;
    std::uint32_t loaded = 0;
    for (int left = 20'000; left > 0; --left) {
        const std::uint32_t before = hostile.client.state();
        hostile.act();
        const std::uint32_t after = hostile.client.state();
        if (hostile.client.error() == EBUSY) {
            hostile.reset();  // it keeps its own commands from their end
            continue;
        }
        REQUIRE(after < vfio::state_count);
        REQUIRE(vfio::supported(static_cast<MigState>(after), vfio::STOP_COPY_FLAG));
        loaded += before == 4 && after != 4 ? 1 : 0;
    }
    CHECK(loaded > 20);  // whole streams are among what it writes
    hostile.reset();
    CHECK(hostile.client.state() == static_cast<std::uint32_t>(MigState::RUNNING));
    CHECK(hostile.driver.start());
    CHECK(hostile.driver.reads());
}
