#include "model/vfio/feature.hpp"

#include <cstdint>
#include <vector>

#include "tests/model/vfio/rig.hpp"

using namespace lmsim;
using namespace lmsim::vfio;

namespace {

const spec::Rules& ratified = spec::Rules::baseline();

FeatureCall call(Feature feature, std::uint32_t operation, std::uint32_t argsz = 4096) {
    return {argsz, static_cast<std::uint32_t>(feature) | operation, false};
}

Errno error(const DeviceState& device, const FeatureCall& what) {
    return check_feature(device, what, ratified).error;
}

Errno start(std::uint64_t page_size, const std::vector<LogRange>& ranges) {
    return check_log_start(page_size, ranges.data(), ranges.size(), ratified);
}

struct Offer {
    Feature feature;
    bool get, set;
    std::uint32_t payload;
};
constexpr Offer offers[] = {
    {Feature::MIGRATION, true, false, 8},           {Feature::MIG_DEVICE_STATE, true, true, 8},
    {Feature::DMA_LOGGING_START, false, true, 24},  {Feature::DMA_LOGGING_STOP, false, true, 0},
    {Feature::DMA_LOGGING_REPORT, true, false, 32}, {Feature::MIG_DATA_SIZE, true, false, 8},
    {Feature::MIG_PRECOPY_INFOv2, false, true, 0},
};

}  // namespace

TEST_CASE("each feature is read, set or both, and needs its payload") {
    const DeviceState device = make_device(all_mig_flags, true);
    for (const Offer& offer : offers) {
        CAPTURE(static_cast<int>(offer.feature));
        const std::uint32_t enough = feature_header_size + offer.payload;
        CHECK(payload_size(offer.feature) == offer.payload);
        for (const bool set : {false, true}) {
            const std::uint32_t operation = set ? feature_set : feature_get;
            const bool allowed = set ? offer.set : offer.get;
            const FeatureAnswer answer =
                check_feature(device, call(offer.feature, operation, enough), ratified);
            CHECK(answer.error == (allowed ? Errno::Ok : Errno::Invalid));
            CHECK(answer.execute == allowed);
            if (allowed) {
                CHECK(answer.feature == offer.feature);
                CHECK(answer.set == set);
                CHECK(error(device, call(offer.feature, operation, enough - 1)) == Errno::Invalid);
            }
            const FeatureAnswer probe =
                check_feature(device, call(offer.feature, operation | feature_probe, 8), ratified);
            CHECK(probe.error == answer.error);
            CHECK_FALSE(probe.execute);
        }
        CHECK(error(device, call(offer.feature, 0)) == Errno::Invalid);
        CHECK(error(device, call(offer.feature, feature_probe)) == Errno::Ok);
        CHECK(error(device, call(offer.feature, feature_get | feature_set)) == Errno::Invalid);
    }
    CHECK(error(device, call(Feature::MIG_DEVICE_STATE,
                             feature_get | feature_set | feature_probe)) == Errno::Ok);
}

TEST_CASE("the header comes before everything") {
    const DeviceState device = make_device(0, false);
    FeatureCall what = call(Feature::MIGRATION, feature_get);
    what.header_fault = true;
    CHECK(error(device, what) == Errno::Fault);
    for (std::uint32_t argsz = 0; argsz < feature_header_size; ++argsz) {
        CHECK(error(device, call(Feature::MIGRATION, feature_get, argsz)) == Errno::Invalid);
    }
    for (std::uint32_t bit = 19; bit < 32; ++bit) {
        CHECK(error(device, call(Feature::MIGRATION, feature_get | (1U << bit))) == Errno::Invalid);
    }
    CHECK(error(device, call(Feature::MIGRATION, feature_get)) == Errno::NotTty);
}

TEST_CASE("a device without migration or without logging says ENOTTY") {
    const DeviceState none = make_device(0, false);
    const DeviceState mig_only = make_device(STOP_COPY_FLAG, false);
    for (const Offer& offer : offers) {
        const std::uint32_t operation = offer.get ? feature_get : feature_set;
        const bool alone = offer.feature == Feature::MIG_PRECOPY_INFOv2;
        CHECK(error(none, call(offer.feature, operation)) ==
              (alone ? Errno::Invalid : Errno::NotTty));
    }
    CHECK(error(mig_only, call(Feature::DMA_LOGGING_START, feature_set)) == Errno::NotTty);
    CHECK(error(mig_only, call(Feature::MIGRATION, feature_get)) == Errno::Ok);
    CHECK(error(mig_only, call(static_cast<Feature>(77), feature_get)) == Errno::NotTty);

    Rig rig(0, false);
    for (const Event& event :
         {set_state(1U), get_state(), data_size(1), log_start(), log_stop(), log_report()}) {
        CHECK(rig.step(event)->error == Errno::NotTty);
    }
    CHECK(rig.step(enable_precopy_info_v2())->error == Errno::Invalid);
}

TEST_CASE("MIG_PRECOPY_INFOv2 needs PRE_COPY") {
    for (const std::uint8_t flags : golden::feature_sets) {
        const bool has = (flags & PRE_COPY_FLAG) != 0;
        const Errno expected = has ? Errno::Ok : Errno::Invalid;
        CHECK(error(make_device(flags, false), call(Feature::MIG_PRECOPY_INFOv2, feature_set)) ==
              expected);
        Rig rig(flags);
        CHECK(rig.step(enable_precopy_info_v2())->error == expected);
        CHECK(rig.device.precopy_info_v2 == has);
    }
}

TEST_CASE("a driver that migrates must offer STOP_COPY") {
    for (std::uint32_t flags = 0; flags < 8; ++flags) {
        const bool good = flags == 0 || (flags & STOP_COPY_FLAG) != 0;
        CHECK(check_registration(static_cast<std::uint8_t>(flags), ratified) ==
              (good ? Errno::Ok : Errno::Invalid));
    }
}

TEST_CASE("the STOP_COPY size can be asked for in every state") {
    for (std::uint32_t number = 0; number < state_count; ++number) {
        Rig rig = Rig::in(static_cast<MigState>(number));
        CHECK(rig.step(data_size(123456789))->result == 123456789);
        Event event = data_size(1);
        event.reply_fault = true;
        CHECK(rig.step(event)->error == Errno::Fault);
    }
}

TEST_CASE("ranges of a DMA log: how many") {
    CHECK(start(4096, {}) == Errno::Invalid);
    std::vector<LogRange> ranges;
    for (std::uint64_t i = 0; i < 256; ++i) {
        ranges.push_back({i * 8192, 4096});
    }
    CHECK(start(4096, ranges) == Errno::Ok);
    ranges.push_back({1 << 30, 4096});
    CHECK(start(4096, ranges) == Errno::TooBig);
}

TEST_CASE("ranges of a DMA log: each one, at the bound and beside it") {
    constexpr std::uint64_t top = ~std::uint64_t{0};
    CHECK(start(4096, {{4096, 4096}}) == Errno::Ok);
    CHECK(start(4096, {{4097, 4096}}) == Errno::Invalid);
    CHECK(start(4096, {{4096, 4095}}) == Errno::Invalid);
    CHECK(start(8192, {{4096, 8192}}) == Errno::Invalid);
    CHECK(start(4096, {{top - 8191, 4096}}) == Errno::Ok);
    CHECK(start(4096, {{top - 4095, 4096}}) == Errno::Overflow);
    CHECK(start(4096, {{4096, top - 4095}}) == Errno::Overflow);
    // Alignment is looked at before overflow, and each range before the next.
    CHECK(start(4096, {{top - 1, 4096}}) == Errno::Invalid);
    CHECK(start(4096, {{top - 4095, 4096}, {1, 4096}}) == Errno::Overflow);
}

TEST_CASE("ranges of a DMA log must not overlap") {
    CHECK(start(4096, {{0, 8192}, {8192, 4096}}) == Errno::Ok);
    CHECK(start(4096, {{8192, 4096}, {0, 8192}}) == Errno::Ok);
    CHECK(start(4096, {{0, 8192}, {4096, 4096}}) == Errno::Invalid);
    CHECK(start(4096, {{4096, 4096}, {0, 8192}}) == Errno::Invalid);
    CHECK(start(4096, {{0, 4096}, {0, 4096}}) == Errno::Invalid);
    CHECK(start(4096, {{0, 4096}, {8192, 4096}, {4096, 8192}}) == Errno::Invalid);
}

TEST_CASE("the page size and range of a REPORT") {
    CHECK(check_log_report(0, 4096, 4096, ratified) == Errno::Ok);
    CHECK(check_log_report(0, 4096, 1 << 21, ratified) == Errno::Ok);
    for (const std::uint64_t size : {0U, 1U, 2048U, 4095U, 4097U, 12288U}) {
        CHECK(check_log_report(0, 4096, size, ratified) == Errno::Invalid);
    }
    CHECK(check_log_report(~std::uint64_t{0}, 1, 4096, ratified) == Errno::Overflow);
    CHECK(check_log_report(~std::uint64_t{0} - 1, 1, 4096, ratified) == Errno::Ok);
}

TEST_CASE("DMA logging is one session, in any state of the device") {
    for (const MigState state : golden::states(all_mig_flags)) {
        Rig rig = Rig::in(state);
        CHECK(rig.step(log_report())->error == Errno::Invalid);
        CHECK(rig.step(log_stop())->error == Errno::Ok);
        CHECK(rig.step(log_start(Errno::TooBig))->error == Errno::TooBig);
        CHECK_FALSE(rig.device.logging);
        CHECK(rig.step(log_start())->error == Errno::Ok);
        CHECK(rig.step(log_start())->error == Errno::Invalid);
        CHECK(rig.device.logging);
        CHECK(rig.step(log_report())->error == Errno::Ok);
        CHECK(rig.step(log_report(Errno::Overflow))->error == Errno::Overflow);
        CHECK(rig.step(log_stop())->error == Errno::Ok);
        CHECK(rig.step(log_report())->error == Errno::Invalid);
        CHECK(rig.device.state == state);
    }
}

TEST_CASE("a DMA log whose START cannot answer is stopped again") {
    Rig rig;
    Event event = log_start();
    event.reply_fault = true;
    CHECK(rig.step(event)->error == Errno::Fault);
    CHECK_FALSE(rig.device.logging);
    event.reply_fault = false;
    event.fault = true;
    CHECK(rig.step(event)->error == Errno::Fault);
    Event report = log_report();
    report.fault = true;
    CHECK(rig.step(report)->error == Errno::Fault);
}

TEST_CASE("error numbers are Linux's") {
    CHECK(to_string(Errno::Ok) == "OK");
    CHECK(to_string(Errno::Invalid) == "EINVAL");
    CHECK(to_string(static_cast<Errno>(4000)) == "E?");
    const struct {
        Errno error;
        int number;
    } rows[] = {{Errno::Io, 5},
                {Errno::TooBig, 7},
                {Errno::BadFd, 9},
                {Errno::Again, 11},
                {Errno::NoMemory, 12},
                {Errno::Fault, 14},
                {Errno::Busy, 16},
                {Errno::NoDevice, 19},
                {Errno::Invalid, 22},
                {Errno::NotTty, 25},
                {Errno::NotSeekable, 29},
                {Errno::NoMessage, 42},
                {Errno::Overflow, 75},
                {Errno::TimedOut, 110}};
    for (const auto& row : rows) {
        CHECK(static_cast<int>(row.error) == row.number);
    }
}
