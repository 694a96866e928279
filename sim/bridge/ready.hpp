#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "sim/core/event_queue.hpp"

namespace lmsim::sim {

/// CAP.TO (NVMe Base 2.3, 3.1.4.1): how long CSTS.RDY may take to follow CC.EN, 0 to 127.5 s.
Ps ready_timeout(std::uint64_t cap);

/// How a controller is looked at, and what passes the time between two looks.
struct Looks {
    /// Of a property; nothing if no answer comes.
    std::function<std::optional<std::uint64_t>(std::uint64_t property, unsigned size)> read;
    std::function<void(Ps)> pause;
};

/// Looks until CSTS.RDY is `ready`, for 10 s, or ready_timeout() where that is longer. In words
/// what is wrong with `who`.
std::string await_ready(const Looks& looks, const std::string& who, bool ready);

}  // namespace lmsim::sim
