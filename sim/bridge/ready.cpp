#include "sim/bridge/ready.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/bridge/device_port.hpp"

namespace lmsim::sim {

namespace {

constexpr Ps least = 10'000 * ps_per_ms;     // some say less than they need
constexpr Ps first_pause = ps_per_ms / 100;  // then ever longer
constexpr Ps longest_pause = 100 * ps_per_ms;

}  // namespace

Ps ready_timeout(std::uint64_t cap) {
    return static_cast<Ps>(cap >> reg::cap::to_shift & 0xff) * 500 * ps_per_ms;
}

std::string await_ready(const Looks& looks, const std::string& who, bool ready) {
    Ps limit = least;
    Ps pause = first_pause;
    for (Ps waited = 0;; waited += pause) {
        const std::optional<std::uint64_t> csts = looks.read(reg::CSTS, 4);
        if (!csts) {
            return who + ": a read of CSTS was not answered within 10 s";
        }
        if (ready && (*csts & reg::csts::cfs) != 0) {
            return who + ": it reports a fatal status (CSTS.CFS = 1), as a VF does that is offline";
        }
        if (ready && (*csts & reg::csts::shst) != 0) {
            return who + ": it has been shut down (CSTS.SHST); expected one that runs";
        }
        if (((*csts & reg::csts::rdy) != 0) == ready) {
            return {};
        }
        if (waited >= limit && limit == least) {
            limit = std::max(least, ready_timeout(looks.read(reg::CAP, 8).value_or(0)));
        }
        if (waited >= limit) {
            return fmt::format("{}: CSTS.RDY did not become {} within {} s", who, ready ? 1 : 0,
                               limit / (1000 * ps_per_ms));
        }
        looks.pause(pause);
        pause = std::min(2 * pause, longest_pause);
    }
}

}  // namespace lmsim::sim
