#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace lmsim::sim {

/// Who tells the VMM what devices write to the guest's memory. Vmm: it knows by itself, for
/// nothing.
enum class Tracker : std::uint8_t { Vmm, Device, Iommu, Nobody };
constexpr std::array<std::string_view, 4> tracker_names{"vmm", "device", "iommu", "nobody"};

}  // namespace lmsim::sim
