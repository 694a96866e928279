#include <cerrno>
#include <set>

#include "tests/catch.hpp"
#include "tests/sim/bridge/vfio_user/migration_rig.hpp"

// VFIO's DMA logging of a served VF.

using namespace lmsim;
using namespace lmsim::sim;
using namespace lmsim::sim::vfio_user;
using vfio::Feature;
using vfio::LogRange;
using vfio::MigState;

namespace {

constexpr std::uint64_t vm_pages = 64;
constexpr std::uint64_t vm_bytes = vm_pages * page_size;
using Pages = std::set<std::uint64_t>;

/// A served VF, the VM that uses it, and the client that has its writes logged.
struct Logged {
    Kernel kernel{"kernel"};
    FreePace pace{kernel};
    Memory vm{vm_pages};
    ServedDevice served;
    VmDriver driver{pace, served.device.port(1)};
    FeatureClient client{served.vf()};

    explicit Logged(const DeviceTiming& timing = two_vfs())
        : served("a", kernel, pace, vm, timing) {
        REQUIRE(served.error.empty());
        REQUIRE(driver.start());
        vm.allocate_bytes((vm_pages - vm.allocated_pages()) * page_size);
    }
    int start(const std::vector<LogRange>& ranges, std::uint64_t page = page_size) {
        Data data(16 + 16 * ranges.size());
        wire::store_le(data.data(), page);
        wire::store_le(data.data() + 8, static_cast<std::uint32_t>(ranges.size()));
        for (std::size_t i = 0; i < ranges.size(); ++i) {
            wire::store_le(data.data() + 16 + 16 * i, ranges[i].iova);
            wire::store_le(data.data() + 24 + 16 * i, ranges[i].length);
        }
        const Data reply = client.feature(Feature::DMA_LOGGING_START, vfio::feature_set, data, 64);
        REQUIRE(reply.size() == (client.error() == 0 ? data.size() : 0));
        granule = client.error() == 0 ? wire::load_le<std::uint64_t>(reply.data()) : 0;
        return client.error();
    }
    int stop() {
        client.feature(Feature::DMA_LOGGING_STOP, vfio::feature_set);
        return client.error();
    }
    /// Numbers of the pages that are reported, from `iova` on.
    Pages report(std::uint64_t iova = 0, std::uint64_t length = vm_bytes,
                 std::uint64_t page = page_size, std::uint32_t argsz = 64) {
        Data data(24);
        wire::store_le(data.data(), iova);
        wire::store_le(data.data() + 8, length);
        wire::store_le(data.data() + 16, page);
        const Data reply =
            client.feature(Feature::DMA_LOGGING_REPORT, vfio::feature_get, data, argsz);
        Pages pages;
        for (std::uint64_t bit = 0; reply.size() > 24 && bit < (reply.size() - 24) * 8; ++bit) {
            if ((reply[24 + bit / 8] >> bit % 8 & 1) != 0) {
                pages.insert(bit);
            }
        }
        return pages;
    }
    Pages written() const {
        return {driver.buffer() / page_size, driver.queue().cq_base() / page_size};
    }
    std::uint64_t granule = 0;
};

}  // namespace

TEST_CASE("pages that a VF writes are reported once", "[serve]") {
    Logged vf;
    CHECK(vf.report().empty());
    CHECK(vf.client.error() == EINVAL);  // nobody has started it
    REQUIRE(vf.start({{0, vm_bytes}}) == 0);
    CHECK(vf.granule == page_size);
    CHECK(vf.start({{0, vm_bytes}}) == EINVAL);  // it is on
    CHECK(vf.report().empty());
    CHECK(vf.client.error() == 0);

    REQUIRE(vf.driver.reads());
    CHECK(vf.report() == vf.written());
    CHECK(vf.report().empty());
    CHECK(vf.stop() == 0);
    CHECK(vf.stop() == 0);
    vf.report();
    CHECK(vf.client.error() == EINVAL);
}

TEST_CASE("a report is of the range and in the pages that are asked for", "[serve]") {
    Logged vf;
    REQUIRE(vf.start({{32 * page_size, 32 * page_size}, {0, 32 * page_size}}) == 0);
    REQUIRE(vf.driver.reads());
    const std::uint64_t buffer = vf.driver.buffer();
    CHECK(vf.report(buffer, page_size) == Pages{0});
    Pages rest = vf.written();
    rest.erase(buffer / page_size);
    CHECK(vf.report() == rest);

    REQUIRE(vf.driver.reads());
    Pages halves;
    for (const std::uint64_t page : vf.written()) {
        halves.insert(page / 2);
    }
    CHECK(vf.report(0, vm_bytes, 2 * page_size) == halves);
    CHECK(vf.report(0, 0).empty());
    CHECK(vf.client.error() == 0);
}

TEST_CASE("what was written before a VF was stopped is reported after it", "[serve]") {
    Logged vf;
    REQUIRE(vf.start({{0, vm_bytes}}) == 0);
    REQUIRE(vf.driver.reads());
    REQUIRE(vf.client.set(MigState::STOP_COPY) == 0);
    CHECK(vf.report() == vf.written());
    CHECK(vf.stop() == 0);  // which its device cannot be told now
    REQUIRE(vf.client.set(MigState::RUNNING) == 0);
    REQUIRE(vf.start({{0, vm_bytes}}) == 0);
    REQUIRE(vf.driver.reads());
    CHECK(vf.report() == vf.written());
}

TEST_CASE("ranges that cannot be logged", "[serve]") {
    Logged vf;
    CHECK(vf.start({}) == EINVAL);
    CHECK(vf.start({{1, page_size}}) == EINVAL);
    CHECK(vf.start({{0, vm_bytes}, {page_size, page_size}}) == EINVAL);
    CHECK(vf.start({{~page_size + 1, 2 * page_size}}) == EOVERFLOW);
    CHECK(vf.start(std::vector<LogRange>(257, {0, page_size})) == E2BIG);
    CHECK(vf.start({{0, 2 * vm_bytes}}) == EIO);  // the VF does not reach all of it
    CHECK(vf.start({{0, std::uint64_t{1} << 63}}) == EIO);

    Data data(16 + 16);  // two ranges, of which one is there
    wire::store_le<std::uint64_t>(data.data(), page_size);
    wire::store_le<std::uint32_t>(data.data() + 8, 2);
    wire::store_le<std::uint64_t>(data.data() + 24, page_size);
    vf.client.feature(Feature::DMA_LOGGING_START, vfio::feature_set, data);
    CHECK(vf.client.error() == EFAULT);
    vf.client.feature(Feature::DMA_LOGGING_START, vfio::feature_set);
    CHECK(vf.client.error() == EFAULT);
    CHECK(vf.start({{0, vm_bytes}}) == 0);
}

TEST_CASE("reports that nobody can make", "[serve]") {
    Logged vf;
    REQUIRE(vf.start({{0, vm_bytes}}) == 0);
    vf.report(0, vm_bytes, 2048);
    CHECK(vf.client.error() == EINVAL);
    vf.report(0, vm_bytes, 3 * page_size);
    CHECK(vf.client.error() == EINVAL);
    vf.report(page_size, ~std::uint64_t{0});
    CHECK(vf.client.error() == EOVERFLOW);
    vf.report(0, 65 * page_size, page_size, 40);  // two words, and room for one
    CHECK(vf.client.error() == E2BIG);
    vf.report(0, ~std::uint64_t{0}, page_size, ~0U);
    CHECK(vf.client.error() == E2BIG);
    vf.client.feature(Feature::DMA_LOGGING_REPORT, vfio::feature_get, Data(23));
    CHECK(vf.client.error() == EFAULT);
}

TEST_CASE("a device of coarse granules and powers of two", "[serve]") {
    DeviceTiming timing = two_vfs();
    timing.config.finest_granule = 1;
    timing.config.power_of_two_ranges = true;
    Logged vf(timing);
    REQUIRE(vf.start({{page_size, 61 * page_size}}) == 0);
    CHECK(vf.granule == 2 * page_size);
    REQUIRE(vf.driver.reads());
    Pages pairs;
    for (const std::uint64_t page : vf.written()) {
        pairs.insert(page / 2 * 2);
        pairs.insert(page / 2 * 2 + 1);
    }
    CHECK(vf.report() == pairs);
}

TEST_CASE("a device that tracks no memory", "[serve]") {
    DeviceTiming timing = two_vfs();
    timing.config.track_memory = false;
    Logged vf(timing);
    CHECK(vf.start({{0, vm_bytes}}) == ENOTTY);
    CHECK(vf.stop() == ENOTTY);
    vf.report();
    CHECK(vf.client.error() == ENOTTY);
    CHECK(vf.client.set(MigState::STOP) == 0);
}
