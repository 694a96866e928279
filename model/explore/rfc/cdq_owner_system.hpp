#pragma once

#include <memory>

#include "model/explore/system.hpp"
#include "model/spec/rules.hpp"

namespace lmsim::explore {

/// How much may happen in a search of what the owner of Controller Data Queues holds.
struct OwnerBounds {
    std::uint8_t creates = 2;
    std::uint8_t events = 1;  // that one-shot events bring
    std::uint8_t faults = 1;  // commands that fail or time out, resets, Suspends with DUDMQ
};

/// The kernel's side of Controller Data Queues (model/host/cdq_owner.hpp) with the programs that
/// ask for queues, a device that answers, writes and tells events whenever it may, resets, and the
/// end of the controller. Its invariants are those of model/host/lifetimes.hpp.
std::unique_ptr<System> make_cdq_owner_system(const OwnerBounds& bounds, const spec::Rules& rules);

}  // namespace lmsim::explore
