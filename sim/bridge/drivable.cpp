#include "sim/bridge/drivable.hpp"

#include <fmt/format.h>

namespace lmsim::sim {

namespace {

// NVMe Base 2.3, 3.1.4.1, figure 36.
constexpr unsigned mqes(std::uint64_t cap) { return cap & 0xffff; }
constexpr unsigned dstrd(std::uint64_t cap) { return cap >> 32 & 15; }
constexpr unsigned mpsmin(std::uint64_t cap) { return cap >> 48 & 15; }

}  // namespace

std::string cannot_drive(std::uint64_t cap) {
    if (cap == ~std::uint64_t{0}) {
        return "its registers read as all ones: the device is gone, or asleep";
    }
    if (mqes(cap) != 0 && dstrd(cap) == 0 && mpsmin(cap) == 0) {
        return {};
    }
    return fmt::format(
        "CAP is {:016x}h; expected queues of two entries at least (MQES 1), doorbells 4 bytes "
        "apart (DSTRD 0) and pages of 4 KiB (MPSMIN 0)",
        cap);
}

}  // namespace lmsim::sim
