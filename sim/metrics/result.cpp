#include "sim/metrics/result.hpp"

#include <algorithm>

#include "sim/core/units.hpp"

namespace lmsim::sim::metrics {
namespace {

std::optional<std::uint64_t> per_second(std::uint64_t amount, Ps duration) {
    if (duration <= 0) return std::nullopt;
    const auto span = static_cast<Uint128>(duration);
    return static_cast<std::uint64_t>((Uint128{amount} * 1'000'000'000'000U + span / 2) / span);
}

}  // namespace

double GuestWindow::under_way() const {
    const double stayed = static_cast<double>(commands) * static_cast<double>(mean);
    return duration == 0 ? 0 : stayed / static_cast<double>(duration);
}

std::optional<std::uint64_t> GuestWindow::iops() const { return per_second(commands, duration); }

std::optional<std::uint64_t> GuestWindow::bytes_per_s() const {
    return per_second(bytes, duration);
}

bool Result::conserved() const {
    // A command that a fault makes fail is neither lost nor done twice.
    const bool failed = commands.failed != 0 && faults.empty();
    return commands.lost == 0 && commands.duplicated == 0 && !failed &&
           conservation.suspended_activity == 0 && conservation.state_mismatch == 0 &&
           conservation.page_mismatch == 0 && conservation.media_mismatch == 0 && breaches.empty();
}

bool Result::pins_reached() const {
    return std::all_of(pins.begin(), pins.end(), [](const PinResult& pin) { return pin.reached; });
}

std::uint32_t share_ppm(Ps ps, Ps whole) {
    if (whole <= 0 || ps <= 0) return 0;
    const auto span = static_cast<Uint128>(whole);
    return static_cast<std::uint32_t>((static_cast<Uint128>(ps) * 1'000'000U + span / 2) / span);
}

std::vector<PartGroup> part_groups(const std::vector<PartTime>& parts) {
    std::vector<PartGroup> groups;
    for (const PartTime& part : parts) {
        auto group = std::find_if(groups.begin(), groups.end(), [&](const PartGroup& g) {
            return g.part == part.label.part && g.side == part.label.side;
        });
        if (group == groups.end()) {
            group = groups.insert(group, {part.label.part, part.label.side, {}, 0});
        }
        group->ps += part.ps;
        if (part.label.device != no_device) group->devices.push_back(part.label.device);
    }
    for (PartGroup& group : groups) {
        std::sort(group.devices.begin(), group.devices.end());
    }
    return groups;
}

std::vector<PartGroup> dominant_parts(const Result& result) {
    std::vector<PartGroup> groups = part_groups(result.downtime.parts);
    std::stable_sort(groups.begin(), groups.end(),
                     [](const PartGroup& a, const PartGroup& b) { return a.ps > b.ps; });
    return groups;
}

}  // namespace lmsim::sim::metrics
