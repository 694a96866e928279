#include <fmt/format.h>

#include "sim/hw/calibrate.hpp"
#include "tests/sim/hw/calibrated.hpp"

using namespace lmsim::sim;
using namespace lmsim::sim::hw;
using lmsim::tests::calibrated;
using lmsim::tests::known_times;
using lmsim::tests::scenario_of;
using lmsim::tests::simulated_options;

namespace {

constexpr Ps us = 1'000'000;

Ps median(const Calibration& done, const std::string& kind) {
    const Series* const series = done.find(kind);
    CAPTURE(kind);
    REQUIRE(series != nullptr);
    INFO(series->why_not);
    REQUIRE_FALSE(series->taken.empty());
    return quantile(*series, p50);
}

std::string reason(const Calibration& done, const std::string& kind) {
    const Series* const series = done.find(kind);
    CAPTURE(kind);
    REQUIRE(series != nullptr);
    CHECK(series->taken.empty());
    return series->why_not;
}

}  // namespace

TEST_CASE("a quantile is the nearest rank", "[hw][calibrate]") {
    Series series;
    for (Ps i = 1; i <= 1000; ++i) series.taken.push_back(i);
    CHECK(quantile(series, 0) == 1);
    CHECK(quantile(series, p50) == 500);
    CHECK(quantile(series, p99) == 990);
    CHECK(quantile(series, p999) == 999);
    CHECK(quantile(series, 1'000'000) == 1000);
    series.taken = {7};
    CHECK(quantile(series, p50) == 7);
    CHECK(quantile(series, p999) == 7);
}

TEST_CASE("the stopwatch finds what a device takes, and the way on top of it", "[hw][calibrate]") {
    CalibrateOptions options = simulated_options(3);
    options.write = true;
    const Calibration done = calibrated(known_times, 2, options);
    const std::pair<const char*, Ps> known[] = {
        {"identify", 31},   {"get features", 32}, {"set features", 33},  {"create cq", 34},
        {"create sq", 35},  {"delete sq", 36},    {"delete cq", 37},     {"suspend", 41},
        {"resume", 42},     {"get state", 43},    {"set state", 44},     {"cdq create", 45},
        {"cdq delete", 46}, {"track send", 47},   {"track receive", 48}, {"flush", 51},
        {"read 4KiB", 60},  {"write 4KiB", 20},   {"read 16KiB", 90},    {"write 16KiB", 40},
        {"disable", 1000},  {"enable", 3000},     {"reset", 20000},
    };
    for (const auto& [kind, takes] : known) {
        const Ps way = median(done, kind) - takes * us;
        CAPTURE(kind, way);
        CHECK(way > 0);
        CHECK(way < 6 * us + takes * us / 200);  // that far looks at CSTS may be apart
    }
    CHECK(done.find("identify")->taken.size() == 3);
    CHECK(median(done, "read 4KiB to interrupt") > median(done, "read 4KiB"));
    CHECK(median(done, "interrupt") < us);
    CHECK(done.facts.mmc);
    CHECK(done.facts.block == 512);
    CHECK(done.facts.blocks == 32768);
    REQUIRE(done.throughput_of("read 4KiB") != nullptr);
    // Four channels of 60 us each.
    const Throughput& full = *done.throughput_of("read 4KiB");
    CHECK(full.completed == 3U + full.depth);
    CHECK(full.lasted > static_cast<Ps>(full.completed) * 15 * us);
}

TEST_CASE("a size between two has a time between theirs", "[hw][calibrate]") {
    CalibrateOptions options = simulated_options(1);
    options.sizes = {512, 4096, 10240, 16384, 32768};
    const Calibration done = calibrated(known_times, 1, options);
    CHECK(median(done, "read 10KiB") > 75 * us);
    CHECK(median(done, "read 10KiB") < 81 * us);
    CHECK(median(done, "read 512B") > 60 * us);
    CHECK(median(done, "read 512B") < median(done, "read 4KiB"));
    CHECK(median(done, "read 32KiB") > 90 * us);
    CHECK(median(done, "read 32KiB") < 100 * us);
}

TEST_CASE("what cannot be measured is left out with the reason", "[hw][calibrate]") {
    CalibrateOptions options = simulated_options(1);
    options.sizes = {512, 4096, 1U << 20, 2U << 20};
    const std::string device =
        "[hosts.both.device]\nvfs = 1\nblock = \"4KiB\"\ncapacity = \"1MiB\"\nmdts = \"1MiB\"\n";
    const Calibration alone = calibrated(device, 1, options);
    CHECK(reason(alone, "read 512B") == "not a whole number of blocks of 4KiB");
    CHECK(reason(alone, "read 2MiB") == "more than MDTS, 1MiB");
    CHECK(reason(alone, "write") == "writes destroy data: only with --write");
    CHECK(reason(alone, "suspend") == "it takes a PF and a VF of it");
    CHECK(median(alone, "read 4KiB") > 0);
}

TEST_CASE("a transfer that is larger than the namespace is left out", "[hw][calibrate]") {
    CalibrateOptions options = simulated_options(1);
    options.sizes = {4096, 2U << 20};
    const Calibration alone = calibrated(
        "[hosts.both.device]\nvfs = 1\ncapacity = \"1MiB\"\nmdts = \"2MiB\"\n", 1, options);
    CHECK(reason(alone, "read 2MiB") == "more than the whole namespace of 1MiB");
}

TEST_CASE("calibration ends when it is told to", "[hw][calibrate]") {
    CalibrateOptions options = simulated_options(1000);
    int asked = 0;
    options.stop = [&asked] { return ++asked > 500; };
    const auto rig = make_model_rig(scenario_of(known_times), 2);
    const auto done = calibrate(*rig, options);
    REQUIRE_FALSE(done);
    CHECK_THAT(done.error(), Catch::EndsWith(was_stopped));
}

TEST_CASE("a kind that lasts long has fewer samples", "[hw][calibrate]") {
    CalibrateOptions options = simulated_options(100);
    options.kind_limit = 100'000 * us;
    const Calibration done = calibrated(known_times, 1, options);
    CHECK(done.find("reset")->taken.size() == 5);
    CHECK(done.find("identify")->taken.size() == 100);
}

namespace {

/// The simulator, until it is silent.
class SilentRig : public Rig, private DevicePort {
  public:
    SilentRig(Rig& rig, std::uint64_t after) : rig_(rig), port_(rig.port(0)), left_(after) {}

    std::string name() const override { return "the device"; }
    std::uint16_t functions() const override { return 1; }
    DevicePort& port(std::uint16_t /*function*/) override { return *this; }
    std::uint64_t no_memory() const override { return rig_.no_memory(); }
    std::string trouble() const override { return {}; }
    Ps now() override { return rig_.now(); }
    void idle(Ps limit) override { rig_.idle(limit); }
    bool poll() override { return rig_.poll(); }
    bool wait(const std::function<bool()>& done, Ps limit) override {
        return rig_.wait(done, limit);
    }

  private:
    bool answers() { return left_ != 0 && --left_ != 0; }
    void write(std::uint64_t offset, std::uint64_t value, unsigned size) override {
        if (answers()) port_.write(offset, value, size);
    }
    void read(std::uint64_t offset, unsigned size, std::uint64_t token) override {
        if (answers()) port_.read(offset, size, token);
    }
    void reset(std::function<void()> done) override {
        if (answers()) port_.reset(std::move(done));
    }
    void enable_interrupts(bool on) override { port_.enable_interrupts(on); }
    void set_client(PortClient* client) override { port_.set_client(client); }
    Memory& memory() override { return port_.memory(); }

    Rig& rig_;
    DevicePort& port_;
    std::uint64_t left_;
};

std::string silent_after(std::uint64_t accesses) {
    CalibrateOptions options = simulated_options(100);
    options.answer_limit = 1000 * us;
    options.warm_up = 0;
    const auto rig = make_model_rig(
        scenario_of(std::string(known_times) + "\n[hosts.both.device.tracking]\n"), 1);
    SilentRig silent(*rig, accesses);
    const auto done = calibrate(silent, options);
    REQUIRE_FALSE(done);
    return done.error();
}

}  // namespace

TEST_CASE("a device that never answers is told by its first register", "[hw][calibrate]") {
    CHECK(silent_after(0) == "the device: a read of the property at 0h is not answered within 1ms");
}

TEST_CASE("a device that falls silent is told by the kind at hand", "[hw][calibrate]") {
    CHECK_THAT(silent_after(400), Catch::Contains("is not completed within 1ms") ||
                                      Catch::Contains("is not answered within 1ms"));
}
