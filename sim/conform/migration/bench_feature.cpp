#include <fmt/format.h>

#include <algorithm>

#include "model/vfio/feature.hpp"
#include "model/vfio/reply.hpp"
#include "sim/bridge/vfio/uapi.hpp"
#include "sim/conform/migration/bench.hpp"
#include "sim/conform/migration/guarded.hpp"

namespace lmsim::sim::conform::migration {

namespace {

using lmsim::vfio::Feature;
using lmsim::vfio::feature_get;
using lmsim::vfio::feature_header_size;
using lmsim::vfio::feature_set;
using vfio::LogRange;

constexpr std::size_t payload_room = 64;  // more than any payload has

struct FeatureStructure {
    std::uint32_t argsz;
    std::uint32_t flags;
    std::uint8_t payload[payload_room];
};

Errno error_of(long result) { return result < 0 ? static_cast<Errno>(-result) : Errno::Ok; }

Errno reply_error(DeviceState& state, const spec::Rules& rules, const Event& event) {
    Effects effects;
    lmsim::vfio::step(state, event, rules, effects);
    for (const Effect& effect : effects) {
        if (effect.kind == EffectKind::Reply) {
            return static_cast<Errno>(effect.token);
        }
    }
    return Errno::Ok;
}

Said only(Errno error) {
    Said said;
    said.error = error;
    return said;
}

/// A call whose payload cannot be read, or whose answer cannot be written.
Errno faulty(Feature feature, DeviceState& state, const spec::Rules& rules) {
    Event event = lmsim::vfio::get_state();
    switch (feature) {
        case Feature::MIGRATION:
        case Feature::MIG_DEVICE_STATE: break;
        case Feature::MIG_DATA_SIZE: event = lmsim::vfio::data_size(0); break;
        case Feature::DMA_LOGGING_START: event = lmsim::vfio::log_start(); break;
        case Feature::DMA_LOGGING_REPORT: event = lmsim::vfio::log_report(); break;
        case Feature::DMA_LOGGING_STOP:
        case Feature::MIG_PRECOPY_INFOv2: return Errno::Ok;  // they have no payload
    }
    event.fault = true;
    event.reply_fault = true;
    return reply_error(state, rules, event);
}

vfio_device_feature_dma_logging_control control_of(std::uint64_t page_size, const void* ranges,
                                                   std::uint32_t count) {
    vfio_device_feature_dma_logging_control control{};
    control.page_size = page_size;
    control.num_ranges = count;
    control.ranges = reinterpret_cast<std::uintptr_t>(ranges);
    return control;
}

template <class Payload>
FeatureStructure structure(std::uint32_t operation, Feature feature, const Payload& payload) {
    FeatureStructure call{};
    call.argsz = static_cast<std::uint32_t>(feature_header_size + sizeof(payload));
    call.flags = operation | static_cast<std::uint32_t>(feature);
    std::memcpy(call.payload, &payload, sizeof(payload));
    return call;
}

}  // namespace

void Bench::feature(const std::string& asked, std::uint32_t argsz, std::uint32_t flags,
                    Place place) {
    FeatureStructure call{};
    call.argsz = argsz;
    call.flags = flags;
    // Should it be executed although it must not be: a SET of RUNNING.
    call.payload[0] = static_cast<std::uint8_t>(MigState::RUNNING);
    const Guarded memory(&call, sizeof(call), place, feature_header_size);
    const Said device =
        only(error_of(device_.calls().ioctl(device_.fd(), VFIO_DEVICE_FEATURE, memory.data())));
    step(asked, device, [&](DeviceState& state, const spec::Rules& rules) {
        lmsim::vfio::FeatureCall header{argsz, flags, place == Place::Unreadable};
        const auto checked = lmsim::vfio::check_feature(state, header, rules);
        if (checked.error != Errno::Ok || !checked.execute) {
            return only(checked.error);
        }
        if (place == Place::Here) {
            Said said;
            said.words = "executed";
            return said;
        }
        return only(faulty(checked.feature, state, rules));
    });
}

void Bench::precopy_v2() {
    step(
        "MIG_PRECOPY_INFOv2", only(device_.enable_precopy_info_v2()),
        [](DeviceState& state, const spec::Rules& rules) {
            return only(reply_error(state, rules, lmsim::vfio::enable_precopy_info_v2()));
        },
        spec::Id::VfioPrecopyReinitOptIn);
}

void Bench::log_start(const std::string& asked, std::uint64_t page_size,
                      const std::vector<LogRange>& ranges, Place place, std::uint32_t count) {
    const bool without = count != no_count && ranges.size() < count;
    const std::uint32_t number =
        count == no_count ? static_cast<std::uint32_t>(ranges.size()) : count;
    const std::uint8_t nothing = 0;
    const Guarded nowhere(&nothing, sizeof(nothing), Place::Unreadable);
    const auto control = control_of(page_size, without ? nowhere.data() : ranges.data(), number);
    const FeatureStructure call = structure(feature_set, Feature::DMA_LOGGING_START, control);
    const Guarded memory(&call, sizeof(call), place, feature_header_size);
    const Said device =
        only(error_of(device_.calls().ioctl(device_.fd(), VFIO_DEVICE_FEATURE, memory.data())));
    step(
        asked, device,
        [&](DeviceState& state, const spec::Rules& rules) {
            Event event = lmsim::vfio::log_start();
            const bool judged = !without || number > rules.value(spec::Id::VfioLogMaxRanges);
            event.fault = place == Place::HalfThere || !judged;
            event.reply_fault = place == Place::ReadOnly;
            if (!event.fault) {
                const std::size_t known = without ? 0 : ranges.size();
                const std::size_t told = rules.on(spec::Id::VfioLogTooManyRanges) ? number : known;
                event.error = lmsim::vfio::check_log_start(page_size, ranges.data(), told, rules);
            }
            return only(reply_error(state, rules, event));
        },
        spec::Id::VfioLogActive);
}

void Bench::log_stop(const std::string& asked) {
    step(
        asked, only(device_.log_stop()),
        [](DeviceState& state, const spec::Rules& rules) {
            return only(reply_error(state, rules, lmsim::vfio::log_stop()));
        },
        spec::Id::VfioLogActive);
}

void Bench::log_report(const std::string& asked, std::uint64_t iova, std::uint64_t length,
                       std::uint64_t page_size, Place place) {
    constexpr std::size_t words = 4096;  // bits for 1 GiB of pages of 4 KiB
    std::vector<std::uint64_t> bitmap(words);
    vfio_device_feature_dma_logging_report report{};
    report.iova = iova;
    report.length = length;
    report.page_size = page_size;
    report.bitmap = reinterpret_cast<std::uintptr_t>(bitmap.data());
    const FeatureStructure call = structure(feature_get, Feature::DMA_LOGGING_REPORT, report);
    const Guarded memory(&call, sizeof(call), place, feature_header_size);
    const Said device =
        only(error_of(device_.calls().ioctl(device_.fd(), VFIO_DEVICE_FEATURE, memory.data())));
    step(
        asked, device,
        [&](DeviceState& state, const spec::Rules& rules) {
            Event event = lmsim::vfio::log_report();
            event.fault = place == Place::HalfThere;
            event.error = lmsim::vfio::check_log_report(iova, length, page_size, rules);
            return only(reply_error(state, rules, event));
        },
        spec::Id::VfioReportInactive);
}

}  // namespace lmsim::sim::conform::migration
