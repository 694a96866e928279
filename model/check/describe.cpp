#include "model/check/describe.hpp"

#include <fmt/format.h>

#include <iterator>

#include "model/vfio/uapi.hpp"

namespace lmsim::check {
namespace {

std::string_view state_name(std::uint64_t state) {
    return state < vfio::state_count ? vfio::to_string(static_cast<vfio::MigState>(state))
                                     : "an unknown state";
}

/// What the fields add to it.
std::string details(const Observation& o) {
    switch (o.what) {
        case What::Submitted:
        case What::Posted:
        case What::Completed: return fmt::format(", queue {} command {}", o.queue, o.cid);
        case What::Abandoned:
            return o.cid == every_cid ? ", all of them"
                                      : fmt::format(", queue {} command {}", o.queue, o.cid);
        case What::Fetches: return fmt::format(", queue {}", o.queue);
        case What::QueueCreated:
        case What::QueueDeleted:
            return fmt::format(", {} {}", (o.flags & flag::is_cq) != 0 ? "CQ" : "SQ", o.queue);
        case What::StateSaved:
        case What::StateLoaded: return fmt::format(", digest {:x}", o.value);
        case What::VfioArc: return fmt::format(", to {}", state_name(o.value));
        case What::VfioState:
            return fmt::format(", {} after {}", state_name(o.value), state_name(o.value2));
        case What::SessionOpened:
        case What::SessionClosed:
        case What::SessionUsed: return fmt::format(", number {}", o.cid);
        case What::BufferGiven:
        case What::BufferTaken: return fmt::format(", number {}", o.value);
        case What::Writes: return (o.flags & flag::outside) != 0 ? ", outside of its memory" : "";
        case What::PageWritten:
        case What::PageSent: return fmt::format(", page {}", o.value);
        case What::MemoryArrived: return fmt::format(", {} pages differ", o.value);
        case What::Changed: return fmt::format(", {} blocks at {}", o.value2, o.value);
        case What::Logged:
            return o.value2 == 0 ? ", of everything"
                                 : fmt::format(", {} blocks at {}", o.value2, o.value);
        case What::CdqCreated: return fmt::format(", CDQID {}, {} entries", o.queue, o.value);
        case What::CdqPosted:
        case What::CdqTaken:
            return fmt::format(", CDQID {}, slot {}, phase {}", o.queue, o.value, o.value2);
        case What::CdqHead: return fmt::format(", CDQID {}, to {}", o.queue, o.value);
        case What::CdqDeleted: return fmt::format(", CDQID {}", o.queue);
        default: return {};
    }
}

/// Numbers of pages and buffers that a Monitor has room for.
constexpr std::uint64_t most_numbers = std::uint64_t{1} << 24;

bool is_of_a_vf(What what) {
    switch (what) {
        case What::VmRuns:
        case What::VmStops:
        case What::VmEnds:
        case What::MigrationBegins:
        case What::MigrationCompleted:
        case What::MigrationAborted:
        case What::BufferGiven:
        case What::BufferTaken:
        case What::PageWritten:
        case What::PageSent:
        case What::MemoryArrived:
        case What::CdqCreated:
        case What::CdqPosted:
        case What::CdqTaken:
        case What::CdqHead:
        case What::CdqDeleted:
        case What::Rest: return false;
        default: return true;
    }
}

}  // namespace

std::string_view expected_of(const Observation& o) {
    if (is_of_a_vf(o.what) && o.vf == no_vf) {
        return "the number of a VF";
    }
    switch (o.what) {
        case What::BufferGiven:
        case What::BufferTaken:
            return o.value == 0 || o.value > most_numbers ? "a value from 1 to 2^24" : "";
        case What::Reads:
        case What::Writes:
        case What::PageWritten:
        case What::PageSent: return o.value > most_numbers ? "a value up to 2^24" : "";
        case What::Posted: return o.value > 65536 ? "a value up to 65536" : "";
        case What::CdqCreated:
            return o.value == 0 || o.value > UINT32_MAX ? "a value from 1 to 2^32 - 1" : "";
        case What::VfioArc:
        case What::VfioState: return o.value >= vfio::state_count ? "a value from 0 to 7" : "";
        default: return "";
    }
}

std::string describe(const Observation& observation) {
    const char* side = observation.host == source ? "source" : "destination";
    const std::string whose = observation.vf == no_vf ? "" : fmt::format(" VF {}", observation.vf);
    return fmt::format("{}{}: {}{}", side, whose, to_string(observation.what),
                       details(observation));
}

}  // namespace lmsim::check
