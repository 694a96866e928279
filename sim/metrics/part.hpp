#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <tuple>

#include "sim/core/event_queue.hpp"

namespace lmsim::sim::metrics {

/// What a stretch of the blackout was spent on.
enum class Part : std::uint8_t {
    Quiesce,       // to RUNNING_P2P: no new peer-to-peer access
    Drain,         // outstanding commands of a VF come to their end
    Suspend,       // the controller's own work to suspend
    TrackingTail,  // last collection of dirty RAM or of the change log (CDQ)
    StateRead,     // controller state out of the device
    Transfer,      // bytes on the migration channel that something waits for
    StateLoad,     // controller state into the device
    Resume,        // the controller fetches again
    Interrupts,    // MSI-X and doorbells work again
    Vmm,           // steps of the VMM itself
};
constexpr std::array<std::string_view, 10> part_names{
    "quiesce",  "drain",      "suspend", "tracking-tail", "state-read",
    "transfer", "state-load", "resume",  "interrupts",    "vmm",
};
constexpr std::string_view name(Part part) { return part_names[static_cast<std::size_t>(part)]; }

/// Where something happens.
enum class Side : std::uint8_t { Source, Destination, Network };
constexpr std::array<std::string_view, 3> side_names{"source", "destination", "network"};
constexpr std::string_view name(Side side) { return side_names[static_cast<std::size_t>(side)]; }

/// The index of a VF as in the scenario's vf[0]; no_device is what belongs to no VF, or to the PF.
using Device = std::int32_t;
constexpr Device no_device = -1;

/// Whom a stretch of time belongs to.
struct Label {
    Part part = Part::Vmm;
    Side side = Side::Source;
    Device device = no_device;

    friend bool operator==(const Label& a, const Label& b) {
        return a.part == b.part && a.side == b.side && a.device == b.device;
    }
    friend bool operator!=(const Label& a, const Label& b) { return !(a == b); }
    friend bool operator<(const Label& a, const Label& b) {
        return std::tie(a.part, a.side, a.device) < std::tie(b.part, b.side, b.device);
    }
};

/// A part of the downtime, in picoseconds.
struct PartTime {
    Label label;
    Ps ps = 0;

    friend bool operator==(const PartTime& a, const PartTime& b) {
        return a.label == b.label && a.ps == b.ps;
    }
};

}  // namespace lmsim::sim::metrics
